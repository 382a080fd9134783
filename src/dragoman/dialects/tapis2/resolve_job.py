"""Finds out everything about a job before it is stored: its app and systems, its values, its places."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Denied, Invalid, LoginRefused, NotFound, Problem, Unavailable
from dragoman.core.hosted import Place, Source
from dragoman.core.paths import WEB, address, below, kept
from dragoman.core.patience import within
from dragoman.core.registered import AppView, Need
from dragoman.core.things import Verb
from dragoman.desk.transfers import Touch
from dragoman.dialects.tapis2.addresses import own_name, read_agave, read_path, scheme_of
from dragoman.dialects.tapis2.apps import app_named, runnable
from dragoman.dialects.tapis2.door import DOOR, Asking
from dragoman.dialects.tapis2.errors import Refused, told
from dragoman.dialects.tapis2.hosts import find_face, storage_face
from dragoman.dialects.tapis2.job_values import check_input, check_parameter, resolve_fields
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.read_job import Asked
from dragoman.dialects.tapis2.system_words import STORAGE
from dragoman.dialects.tapis2.write_system import Face

PATIENCE = 10.0
"""Seconds that a host may keep a submit waiting for the directory of its archive."""
_SCHEMES = (*WEB, "agave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a job gives to its app."""

    inputs: Mapping[str, list[str]]
    parameters: Mapping[str, list[Any]]


async def app_for(call: Asking, name: str) -> AppView:
    """The app of a job. Raises Refused in the words that clients show, and Denied."""
    try:
        await app_named(call, name)
    except (NotFound, Denied) as problem:
        if isinstance(problem, Denied):
            why = f"Permission denied. You do not have permission to use the requeste app, {name}"
            raise Denied(why) from None
        raise Refused(400, f"No app found matching {name} for {call.me}") from None
    return await runnable(call, name)


def values_of(asked: Asked, facet: Mapping[str, Any]) -> Values:
    """The inputs and parameters, by the rules of the app. Raises Refused."""
    inputs = resolve_fields(
        facet["inputs"], {**asked.others, **asked.inputs}, missing="No input specified for {name}", check=check_input
    )
    parameters = resolve_fields(
        facet["parameters"],
        {**asked.others, **asked.parameters},
        missing="No input parameter specified for {name}",
        check=check_parameter,
    )
    return Values(inputs=inputs, parameters=parameters)


async def execution_face(call: Asking, asked: Asked, facet: Mapping[str, Any]) -> Face:
    """The system that the job runs on. Raises Refused and Denied."""
    name = str(facet["executionSystem"])
    if asked.execution_system and asked.execution_system != name:
        why = (
            "Invalid execution system. Apps are registered to run on a specific execution system. If specified, the "
            f"execution system must match the execution system in the app description: {name}."
        )
        raise Refused(400, why)
    try:
        return await find_face(call, name, need=Need.RUN)
    except NotFound:
        raise Refused(400, f"The execution system {name} of the app is gone.") from None
    except Denied:
        raise Denied(f"You do not have permission to run jobs on the execution system {name}.") from None


async def archive_face(call: Asking, asked: Asked) -> Face:
    """The system that takes the outputs. Raises Refused."""
    name = asked.archive_system
    try:
        face = await storage_face(call, name)
    except (NotFound, Denied):
        if name:
            raise Refused(400, f"No storage system found matching {name} for {call.me}") from None
        why = (
            "Invalid archiveSystem. No archiveSystem was provided and you have no public or private default storage "
            "system configured. Name one, or set a default."
        )
        raise Refused(400, why) from None
    if face.type != STORAGE:
        raise Refused(400, f"No storage system found matching {name} for {call.me}")
    if not face.view.system.enabled:
        raise Refused(400, f"Invalid archiveSystem. The system {face.id} is disabled.")
    return face


async def make_archive(call: Asking, face: Face, path: str) -> None:
    """Have the directory that takes the outputs. Raises Denied when they may not be put there, and Refused.

    A host that does not answer is no fault of the request: the job waits for it.
    """
    touch = Touch(where=("archivePath",), kept=kept(f"agave://{face.name}{path}"), verb=Verb.CHANGE)
    try:
        await call.desk.transfers.check_touched(call.who, DOOR, [touch])
    except Denied:
        raise Denied(f"User does not have permission to access the provided archive path {path}") from None
    with suppress(Unavailable):
        await within(PATIENCE, _make_archive(call, face, path), f"The system {face.id}")


async def _make_archive(call: Asking, face: Face, path: str) -> None:
    try:
        found, _ = await call.desk.places.facts(call.who, DOOR, face.name, path, follow=True)
    except NotFound:
        await _make_directory(call, face, path)
    else:
        if not found.is_directory:
            raise Refused(400, "Archive path is not a folder")


async def _make_directory(call: Asking, face: Face, path: str) -> None:
    try:
        await call.desk.places.make_directory(call.who, DOOR, face.name, path)
    except (Unavailable, LoginRefused):
        raise
    except Problem as problem:
        raise Refused(400, f"Unable to create job archive directory {path}: {told(problem)}") from problem


async def sources_of(call: Asking, values: Values, directory: str, system_id: int) -> tuple[Source, ...]:
    """What is to be brought into the directory of a job for its inputs. Raises Refused, Denied and Invalid."""
    found: list[Source] = []
    for name, texts in values.inputs.items():
        for text in texts:
            uri = await _uri(call, name, text)
            await _check_input(call, name, text, uri)
            target = Place(system_id=system_id, path=below(directory, own_name(text)))
            found.append(Source(uri=uri, target=target))
    return tuple(found)


async def _uri(call: Asking, name: str, text: str) -> str:
    """Where an input is to be had, as this house keeps addresses."""
    scheme = scheme_of(text)
    if not scheme:
        face = await storage_face(call, "")
        return address(face.name, resolved(read_path(text), face.home, field=name))
    if scheme not in _SCHEMES:
        why = (
            f"Invalid value for {name}. URI with the {scheme} scheme are not currently supported. "
            "Please use one of http, https, or agave."
        )
        raise Refused(400, why)
    if scheme in WEB:
        return text
    system, path = read_agave(text)
    try:
        face = await find_face(call, system)
    except NotFound:
        raise Refused(400, f"Invalid value for {name}. There is no system {system}.") from None
    return address(face.name, resolved(path, face.home, field=name))


async def _check_input(call: Asking, name: str, text: str, uri: str) -> None:
    try:
        await call.desk.transfers.check_touched(call.who, DOOR, [Touch(where=(name,), kept=kept(uri), verb=Verb.READ)])
    except Denied:
        why = f"You do not have permission to access this the input file or directory at {text}"
        raise Denied(why) from None
    except Invalid as problem:
        raise Refused(400, f"Invalid value for {name}. {told(problem)}") from None
