"""The handlers of jobs: create, edit, list, detail, remove, template. See docs/dialects/sage.md#jobs."""

from starlette.responses import Response

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.field import FieldJob
from dragoman.core.rules.fault import quoted
from dragoman.dialects.sage.document import Document, from_notes
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import EVERYWHERE, JSON, Refused
from dragoman.dialects.sage.fields import BadDocument
from dragoman.dialects.sage.gojson import encode
from dragoman.dialects.sage.pages import page
from dragoman.dialects.sage.read_job import DOOR, checked_name, draft_of, read_document
from dragoman.dialects.sage.states import CREATED, DRAFTED, REMOVED, SUSPENDED
from dragoman.dialects.sage.template import template
from dragoman.dialects.sage.write_job import write_job, write_listed_job
from dragoman.dialects.sage.yaml_tree import BadYaml
from dragoman.web.aside import aside


async def read(call: Call) -> tuple[Document, str]:
    """The document of the body, and its text. Raises Refused."""
    body = await call.body()
    try:
        return await aside(len(body), read_document, body), body.decode("utf-8", "replace")
    except (BadYaml, BadDocument) as error:
        raise Refused(str(error)) from error


def unknown(alias: str) -> Refused:
    """There is no such job."""
    return Refused(f"Job ID {quoted(alias[:100])} does not exist")


def number(alias: str | None) -> str:
    """The id of a job. Raises Refused for none, and for what can be none."""
    if not alias:
        raise Refused("job_id is required")
    if not (alias.isascii() and alias.isdigit() and len(alias) < 19):
        raise unknown(alias)
    return alias


def not_yours(call: Call) -> Refused:
    """The job belongs to somebody else, and may not be edited or submitted by the one who asks."""
    user = call.who.account.name
    if call.is_true("override"):
        return Refused(f"User {user} does not have permission to override to the job")
    return Refused(f"User {user} does not have access to the job")


async def create(call: Call) -> Response:
    """Store what the body describes, unchecked."""
    document, letter = await read(call)
    return await _created(call, document, letter)


async def create_named(call: Call) -> Response:
    """Store a job that has nothing but a name."""
    name = call.query("name")
    if name is None:
        raise Refused("name field is required")
    try:
        return await _created(call, checked_name(Document(name=name)), "")
    except BadDocument as error:
        raise Refused(str(error)) from error


async def _created(call: Call, document: Document, letter: str) -> Response:
    job = await call.desk.field_jobs.create(call.who, draft_of(document, letter))
    return call.told(job_id=job.alias, job_name=job.name, **{call.profile.word: CREATED})


async def edit(call: Call) -> Response:
    """Make a job what the body describes; what that does not mention is lost."""
    alias = number(call.query("id"))
    document, letter = await read(call)
    draft = draft_of(document, letter, is_edited=True)
    try:
        await call.desk.field_jobs.edit(call.who, alias, draft, override=call.is_true("override"))
    except NotFound as problem:
        raise unknown(alias) from problem
    except Denied as problem:
        raise not_yours(call) from problem
    return call.told(job_id=alias, **{call.profile.word: DRAFTED})


async def listing(call: Call) -> Response:
    """All jobs, or one's own with a token, by id; removed ones too. Pages begin with the newest."""
    mine = call.caller.account if call.caller else None
    if call.profile.is_closed and call.who.account.is_admin:
        mine = None
    views = await call.desk.field_jobs.list(DOOR, mine, page(call))
    text = await aside(
        len(views) << 10,
        lambda: encode(
            {
                view.job.alias: write_listed_job(view, call.profile)
                for view in sorted(views, key=lambda view: view.job.alias)
            },
            call.profile,
        ),
    )
    return Response(text.encode(), 200, {**EVERYWHERE, "Content-Type": JSON})


async def _view(call: Call) -> FieldJob:
    alias = number(call.param("id"))
    try:
        return await call.desk.field_jobs.find(DOOR, alias)
    except NotFound as problem:
        raise unknown(alias) from problem


async def view(call: Call) -> FieldJob:
    """The job of the path; in the oldest profile for its owner alone. Raises Refused."""
    found = await _view(call)
    if call.profile.is_closed and call.who.account.id != found.owner.id and not call.who.account.is_admin:
        raise Refused(f"User {call.who.account.name} does not have permission to view the job {found.job.alias}")
    return found


async def status(call: Call) -> Response:
    """A job in detail."""
    return call.answer(write_job(await view(call), call.profile))


async def remove(call: Call) -> Response:
    """Suspend or remove a job. One that runs is kept, unless it is forced: that is told with status 200."""
    alias, jobs = number(call.param("id")), call.desk.field_jobs
    override = call.is_true("override")
    try:
        if call.is_true("suspend"):
            await jobs.suspend(call.who, DOOR, alias, override=override)
            return call.told(job_id=alias, **{call.profile.word: SUSPENDED})
        await jobs.remove(call.who, DOOR, alias, force=call.is_true("force"), override=override)
    except NotFound as problem:
        raise unknown(alias) from problem
    except Denied as problem:
        raise Refused(call.profile.not_owner.format(user=call.who.account.name, id=alias)) from problem
    except Conflict:
        what = "as it is in running state. Suspend it first or specify force=true"
        return call.told(error=f"Failed to remove job {quoted(alias)} {what}", job_id=alias)
    return call.told(job_id=alias, **{call.profile.word: REMOVED})


async def as_file(call: Call) -> Response:
    """A job as a file from which it can be made again. It is YAML, whatever its content type says."""
    text = template(from_notes((await _view(call)).job.notes))
    return Response(text.encode(), 200, {**EVERYWHERE, "Content-Type": JSON})
