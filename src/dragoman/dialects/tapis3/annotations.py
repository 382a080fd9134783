"""The handlers that change what people note about a job, its tags and notes, also after its end."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.job_facts import ATTRIBUTES
from dragoman.dialects.tapis3.job_fields import Faults, Json, read_shape
from dragoman.dialects.tapis3.job_shapes import ANNOTATIONS
from dragoman.dialects.tapis3.jobs import out_of_sight


async def replace(call: Call) -> Response:
    """Give a job other tags, other notes, or both."""
    return await _annotate(call, merges=False)


async def merge(call: Call) -> Response:
    """Add tags to those of a job, and keys to its notes."""
    return await _annotate(call, merges=True)


async def _annotate(call: Call, *, merges: bool) -> Response:
    uuid, new = call.param("jobUuid"), _read(await call.json())

    def changed(notes: Mapping[str, Any]) -> dict[str, Any]:
        attributes = notes[ATTRIBUTES]
        return {ATTRIBUTES: {**attributes, **(_merged(attributes, new) if merges else _sorted(new))}}

    try:
        job = await call.desk.job_notes.revise(call.who, DOOR, uuid, changed)
    except (Denied, NotFound) as problem:
        raise out_of_sight(problem, uuid) from problem
    told = job.notes[ATTRIBUTES]
    result = {"id": job.id, "uuid": job.alias, "tags": told["tags"], "notes": told["notes"]}
    word = "patched" if merges else "updated"
    return answer(result, f"JOBS_JOB_ANNOTATION_UPDATED The annotations of the job {uuid} were {word}.")


def _read(body: Mapping[str, Any]) -> Json:
    faults = Faults()
    found = read_shape(body, ANNOTATIONS, (), faults)
    faults.tell()
    if not found:
        raise Invalid({(): ["Give tags, notes, or both."]})
    return found


def _merged(old: Mapping[str, Any], new: Json) -> Json:
    """Raises Invalid when the job has too much of them now."""
    both = {**new}
    if "tags" in new:
        both["tags"] = [*{*old["tags"], *new["tags"]}]
    if "notes" in new:
        both["notes"] = {**old["notes"], **new["notes"]}
    return _sorted(_read(both))


def _sorted(new: Json) -> Json:
    return {**new, "tags": sorted(new["tags"])} if "tags" in new else new


ROUTES: tuple[Route, ...] = (
    Route(method="PUT", path="jobs/{jobUuid}/annotations", handler=replace),
    Route(method="PATCH", path="jobs/{jobUuid}/annotations", handler=merge),
)
