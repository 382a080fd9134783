"""Checks what an app refers to: its systems, its queue, its files."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from dragoman.core.errors import Denied, NotFound, Problem
from dragoman.core.registered import AppDraft
from dragoman.core.things import Verb
from dragoman.dialects.tapis2.door import DOOR, Call
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.hosts import HOUSE, find_face, storage_face
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.read_queue import queues_of
from dragoman.dialects.tapis2.system_words import CLI, EXECUTION, STORAGE
from dragoman.dialects.tapis2.write_system import Face, role_of

PUBLISHERS = frozenset({"PUBLISHER", "ADMIN", "OWNER"})


CHECKSUM, WRAPPER = "checksum", "wrapper"
"""Of a published app: the md5 of the archive that its deploymentPath names, and the wrapper that is in it."""


async def checked(call: Call, draft: AppDraft, before: Mapping[str, Any] = MappingProxyType({})) -> AppDraft:
    """The draft, with its deployment system named; ``before`` is what the app says now.

    Raises Refused, NotFound and Denied.
    """
    facet = dict(draft.facet)
    execution = await execution_system(call, str(facet["executionSystem"]))
    kind = execution.facet["executionType"]
    if kind == CLI and facet["executionType"] != CLI:
        raise Refused(400, f"Invalid executionType value. The system {execution.id} runs CLI apps only.")
    names = [queue["name"] for queue in queues_of(execution.facet)]
    if facet["defaultQueue"] and facet["defaultQueue"] not in names:
        why = f"Invalid defaultQueue value. The system {execution.id} has no queue {facet['defaultQueue']}."
        raise Refused(400, why)
    store = await _deployment_system(call, str(facet["deploymentSystem"]))
    facet["deploymentSystem"] = store.id
    if _is_same_archive(facet, before, store):
        return replace(draft, facet={**facet, **{key: before[key] for key in (CHECKSUM, WRAPPER)}})
    await _check_files(call, store, facet)
    return replace(draft, facet=facet)


def _is_same_archive(facet: Mapping[str, Any], before: Mapping[str, Any], store: Face) -> bool:
    """Whether a published app goes on with its archive. Raises Refused for another wrapper in it."""
    if not before.get(CHECKSUM) or before["deploymentSystem"] != store.id:
        return False
    if resolved(facet["deploymentPath"], store.home, field="deploymentPath") != before["deploymentPath"]:
        return False
    if facet["templatePath"] != before["templatePath"]:
        raise Refused(400, "Invalid templatePath value. What a published app consists of stays: publish another one.")
    return True


async def execution_system(call: Call, name: str) -> Face:
    """The system of that name, if apps of the caller may run there. Raises Refused and Denied."""
    try:
        face = await find_face(call, name)
    except NotFound:
        raise Refused(400, f"Invalid executionSystem value. There is no system {name}.") from None
    if face.type != EXECUTION:
        raise Refused(400, f"Invalid executionSystem value. {name} is not an execution system.")
    role = role_of(face.view.rights, is_storage=False)
    may_run = face.name == HOUSE and Verb.RUN  # everybody may bring apps along to this host
    if role not in PUBLISHERS and not may_run:
        why = f"You need the role PUBLISHER, or more, on the system {name} to register apps there."
        raise Denied(why)
    return face


async def _deployment_system(call: Call, name: str) -> Face:
    try:
        face = await storage_face(call, name)
    except NotFound:
        raise Refused(400, f"Invalid deploymentSystem value. There is no system {name}.") from None
    if face.type != STORAGE:
        why = (
            f"Invalid deploymentSystem value. {name} is not a storage system. Please specify a valid storage system id "
            "on which the assets of this application are stored."
        )
        raise Refused(400, why)
    return face


async def _check_files(call: Call, store: Face, facet: dict[str, str]) -> None:
    top = resolved(facet["deploymentPath"], store.home, field="deploymentPath")
    await _check_file(call, store, top, "deploymentPath", is_directory=True)
    for key in ("templatePath", "testPath"):
        await _check_file(call, store, resolved(facet[key].lstrip("/"), top, field=key), key, is_directory=False)


async def _check_file(call: Call, store: Face, path: str, key: str, *, is_directory: bool) -> None:
    try:
        found, _ = await call.desk.places.facts(call.who, DOOR, store.name, path, follow=True)
    except NotFound:
        raise Refused(400, f"Invalid {key} value. There is nothing at {path} on the system {store.id}.") from None
    except Problem as problem:
        why = f"Invalid {key} value. {path} on the system {store.id} cannot be read: {problem}"
        raise Refused(400, why) from problem
    if found.is_directory is not is_directory:
        what = "no directory" if is_directory else "a directory"
        raise Refused(400, f"Invalid {key} value. {path} on the system {store.id} is {what}.")
