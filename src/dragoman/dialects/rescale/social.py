"""The handlers of what people attach to a job: shares, tags, fields. See docs/dialects/rescale.md#social."""

from starlette.responses import Response

from dragoman.core.errors import Invalid, Unsupported
from dragoman.dialects.rescale.door import DOOR, Call
from dragoman.dialects.rescale.errors import answer
from dragoman.dialects.rescale.fields import Fields
from dragoman.dialects.rescale.read_notes import read_tag, with_tag, without_tag
from dragoman.dialects.rescale.write import write_share, write_tags


async def share(call: Call) -> Response:
    """Let a colleague see a job and its results."""
    body = Fields(await call.json())
    email = body.text("email" if "email" in body or "account" not in body else "account", required=True)
    if body.faults:
        raise Invalid(body.faults)
    other = await call.desk.jobs.share(call.who, DOOR, call.id(), email)
    return answer(write_share(other.email), 201)


async def tags(call: Call) -> Response:
    """The job's tags."""
    view = await call.desk.jobs.find(call.who, DOOR, call.id())
    return answer(write_tags(view.job.notes["tags"]))


async def add_tag(call: Call) -> Response:
    """Put a tag on a job; answers with all of its tags."""
    tag = _tag(await call.json())
    notes = await call.desk.jobs.amend(call.who, DOOR, call.id(), lambda now: {"tags": with_tag(now["tags"], tag)})
    return answer(write_tags(notes["tags"]), 201)


async def remove_tag(call: Call) -> Response:
    """Take a tag off a job; answers with the tags that are left."""
    tag = _tag(await call.json())
    notes = await call.desk.jobs.amend(call.who, DOOR, call.id(), lambda now: {"tags": without_tag(now["tags"], tag)})
    return answer(write_tags(notes["tags"]))


def _tag(asked: object) -> str:
    body = Fields(asked)
    tag = read_tag(body)
    if body.faults:
        raise Invalid(body.faults)
    return tag


async def custom_fields(call: Call) -> Response:
    """No custom fields are defined here."""
    await call.desk.jobs.find(call.who, DOOR, call.id())
    return answer({})


async def attach_storage(call: Call) -> Response:
    """Refused: a job must not run without the storage it counts on."""
    await call.desk.jobs.find(call.who, DOOR, call.id())
    raise Unsupported("Storage devices are not supported:", hint="upload the files and name them in inputFiles.")
