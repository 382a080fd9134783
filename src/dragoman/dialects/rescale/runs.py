"""The handlers of runs: list, find, stop, and a look into a run in progress. See docs/dialects/rescale.md#runs."""

from functools import partial

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound
from dragoman.core.job import Run
from dragoman.core.states import Wish
from dragoman.core.things import FileQuery, Page
from dragoman.dialects.rescale.door import DOOR, Call
from dragoman.dialects.rescale.errors import answer
from dragoman.dialects.rescale.fields import NO_NUMBER, text_fault
from dragoman.dialects.rescale.pages import ask
from dragoman.dialects.rescale.write import write_file
from dragoman.dialects.rescale.write_live import write_path, write_run, write_tail
from dragoman.web.aside import aside

MOST_LINES = 100_000
PATH_BYTES = 200
"""About as many has an entry of a directory."""


async def listing(call: Call) -> Response:
    """All runs, once one of them has started."""
    alias = call.id()

    async def some(page: Page) -> tuple[int, list[Run]]:
        count, found = await call.desk.jobs.runs(call.who, DOOR, alias, page)
        return (count, found) if any(run.started_at is not None for run in found) else (0, [])

    return await ask(call.wanted, some, write_run)


async def find(call: Call) -> Response:
    """One run."""
    return answer(write_run(await call.desk.jobs.run(call.who, DOOR, call.id(), call.number)))


async def stop(call: Call) -> Response:
    """End one run gracefully; its outputs are kept."""
    await call.desk.jobs.wish_run(call.who, DOOR, call.id(), call.number, Wish.STOP)
    return answer({})


async def outputs(call: Call) -> Response:
    """The output files of one run, by path."""
    run = await call.desk.jobs.run(call.who, DOOR, call.id(), call.number)
    query = FileQuery(search=call.query("search"), job_alias=call.id(), run_number=run.number)
    some = partial(call.desk.files.list, call.who, DOOR, query)
    return await ask(call.wanted, some, partial(write_file, origin=call.origin))


async def directory_contents(call: Call) -> Response:
    """The files of a run in progress."""
    alias, number = call.id(), call.number
    found = await call.desk.live.files(call.who, DOOR, alias, number)
    return await aside(len(found) * PATH_BYTES, lambda: answer([write_path(alias, number, one.path) for one in found]))


async def tail(call: Call) -> Response:
    """A file of a run in progress: its last lines when so many are asked for, else all of it."""
    alias, number, path = call.id(), call.number, check_path(call.request.path_params["path"])
    wanted = call.query("lines")
    last = read_count(wanted) if wanted else None
    content = await call.desk.live.read(call.who, DOOR, alias, number, path, last_lines=last)
    if last is None:
        return Response(content, media_type="application/octet-stream")
    return await aside(len(content), lambda: answer(write_tail(alias, path, content)))


def check_path(path: str) -> str:
    """The path, when a file of a run can have it. Raises NotFound."""
    if text_fault(path) or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise NotFound("Not found.")
    return path


def read_count(text: str) -> int:
    """How many lines are asked for, at most MOST_LINES. Raises Invalid."""
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text)):
        raise Invalid.field("lines", why=NO_NUMBER)
    return min(int(text), MOST_LINES)
