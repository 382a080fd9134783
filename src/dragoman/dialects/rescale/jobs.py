"""The handlers of jobs: list, create, find, change, delete. Each identifies, reads, asks the desk, writes.

See docs/dialects/rescale.md#jobs.
"""

from functools import partial

from starlette.responses import Response

from dragoman.core.things import FileQuery, JobView
from dragoman.dialects.rescale.door import DOOR, Call
from dragoman.dialects.rescale.errors import answer
from dragoman.dialects.rescale.ids import under_new_id
from dragoman.dialects.rescale.pages import ask
from dragoman.dialects.rescale.read import read_draft
from dragoman.dialects.rescale.read_notes import read_changes
from dragoman.dialects.rescale.read_query import read_job_query
from dragoman.dialects.rescale.write import write_file, write_job, write_listed_job
from dragoman.web.aside import aside


async def listing(call: Call) -> Response:
    """Own and shared jobs, newest first unless asked otherwise."""
    query = read_job_query(
        search=call.query("search"),
        state=call.query("state"),
        job_status=call.query("job_status"),
        ordering=call.query("ordering"),
    )
    some = partial(call.desk.jobs.list, call.who, DOOR, query, show=write_listed_job)
    return await ask(call.wanted, some, lambda row: row)


async def create(call: Call) -> Response:
    """Save a job; nothing starts before it is submitted."""
    letter, offers = await call.text(), await call.offers()
    asked = await call.parsed(letter)

    async def save(alias: str) -> JobView:
        told = {"letter": letter, "alias": alias, "origin": call.origin}
        draft = await aside(len(letter), read_draft, asked, **told, offers=offers)
        return await call.desk.jobs.create(call.who, draft)

    return await _shown(call, await under_new_id(save), 201)


async def _shown(call: Call, view: JobView, status: int = 200) -> Response:
    return await aside(len(view.job.letter), lambda: answer(write_job(view, origin=call.origin), status))


async def find(call: Call) -> Response:
    """The full job."""
    return await _shown(call, await call.desk.jobs.find(call.who, DOOR, call.id()))


async def change(call: Call) -> Response:
    """Another name, description, project, priority or tags; what the job does cannot be changed."""
    asked, alias = await call.json(), call.id()
    view = await call.desk.jobs.find(call.who, DOOR, alias)
    shown = partial(write_job, view, origin=call.origin)
    name, notes = await aside(len(view.job.letter), lambda: read_changes(asked, shown()))
    return await _shown(call, await call.desk.jobs.change(call.who, DOOR, alias, name=name, notes=notes))


async def remove(call: Call) -> Response:
    """Delete a job that does not execute, with its outputs, and with its inputs when asked."""
    with_inputs = call.query("deleteInputFiles").lower() in {"true", "1"}
    await call.desk.jobs.remove(call.who, DOOR, call.id(), with_inputs=with_inputs)
    return Response(status_code=204)


async def outputs(call: Call) -> Response:
    """The output files of all runs."""
    query = FileQuery(search=call.query("search"), job_alias=call.id())
    some = partial(call.desk.files.list, call.who, DOOR, query)
    return await ask(call.wanted, some, partial(write_file, origin=call.origin))
