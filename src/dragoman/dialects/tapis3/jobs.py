"""The handlers of jobs: look, list, search, cancel, hide. See docs/dialects/tapis3.md#jobs."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.notices import Trouble
from dragoman.core.search import Query
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Page, Whose
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis3 import job_sources
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.errors import Refused
from dragoman.dialects.tapis3.history import tell, tell_troubles, write_history
from dragoman.dialects.tapis3.job_facts import VISIBLE, JobFacts, facts
from dragoman.dialects.tapis3.queries import (
    Asked,
    Table,
    answer_list,
    answer_part,
    query_in_address,
    query_in_body,
    read_asked,
)
from dragoman.dialects.tapis3.write_job import JOB_ATTRIBUTES, LISTED, write_job, write_status
from dragoman.dialects.tapis3.write_transfer import write_job_summary
from dragoman.web.aside import aside

TABLE = Table(kinds=JOB_ATTRIBUTES, summary=LISTED, always=("uuid",))
SIZE = 4096
"""Bytes that a job is taken for when it is weighed how long a list takes."""
HISTORY, RESUBMIT, OUTPUT = "JOB_HISTORY", "JOB_RESUBMIT_REQUEST", "JOB_OUTPUT"
"""The parts of a job that can be shared."""
_LISTS: Mapping[str, Whose] = {"MY_JOBS": Whose.MINE, "SHARED_JOBS": Whose.SHARED, "ALL_JOBS": Whose.ALL}


async def seen(call: Call, topic: str = "", *, hidden: bool = True) -> Seen:
    """The job in the address, for who may see that much of it; ``hidden``: also when lists do not show it."""
    uuid = call.param("jobUuid")
    try:
        found = await call.desk.hosted_jobs.find(call.who, DOOR, uuid, topic)
    except (Denied, NotFound) as problem:
        raise out_of_sight(problem, uuid) from problem
    if not hidden and not told(found).is_visible:
        raise Refused(404, f"JOBS_JOB_NOT_VISIBLE The job {uuid} is hidden.", result={"name": uuid})
    return found


def out_of_sight(problem: Denied | NotFound, uuid: str) -> Refused:
    """What somebody is told about a job that is not theirs, or not there."""
    if isinstance(problem, NotFound):
        return Refused(404, f"TAPIS_NOT_FOUND {problem}", result={"name": uuid})
    return Refused(401, f"JOBS_MISMATCHED_OWNER {problem}")


def told(found: Seen) -> JobFacts:
    """What is known of a job."""
    return facts(found.job, found.run, found.events)


def shown(found: Seen) -> dict[str, Any]:
    """All attributes of a job."""
    return write_job(told(found), {one.transfer.tag: one.transfer.alias for one in reversed(found.transfers)})


async def find(call: Call) -> Response:
    """A job."""
    return answer(shown(await seen(call, HISTORY)), "JOBS_RETRIEVED The job was retrieved.")


async def status(call: Call) -> Response:
    """How a job stands."""
    found = await seen(call, HISTORY, hidden=False)
    return answer(write_status(told(found)), "JOBS_STATUS_RETRIEVED The status of the job was retrieved.")


async def history(call: Call) -> Response:
    """What happened to a job, oldest first."""
    found = await seen(call, HISTORY, hidden=False)
    moved = {one.transfer.alias: write_job_summary(one) for one in found.transfers}
    happened = [*tell(told(found), found.events), *tell_troubles(told(found), await _troubles(call, found))]
    events = write_history(sorted(happened, key=lambda one: one.at), moved)
    page = read_page(call)
    return answer(events[page.offset :][: page.limit], "JOBS_HISTORY_RETRIEVED The history of the job was retrieved.")


async def _troubles(call: Call, found: Seen) -> list[Trouble]:
    """The receivers that notices did not reach: addresses are for the owner, and nobody else that sees the history."""
    me = call.who.account
    mine = found.owner.id == me.id or me.is_admin
    return await call.desk.subscriptions.troubles(call.who, DOOR, found.job.alias) if mine else []


def read_page(call: Call) -> Page:
    """A part of a list by ``limit`` (none: 0 or less) and ``skip``. Raises Invalid."""
    limit, skip = call.number("limit", 100), call.number("skip", 0)
    if skip < 0:
        raise Invalid.field("skip", why="It cannot be negative.")
    return Page(limit=limit if limit > 0 else 1 << 40, offset=skip)


async def listing(call: Call) -> Response:
    """Jobs as lists show them."""
    return await _list(call, None, "JOBS_LIST_RETRIEVED")


async def search(call: Call) -> Response:
    """Jobs that fit the parameters of the address."""
    return await _list(call, query_in_address(call, TABLE), "JOBS_SEARCH_RESULT_LIST_RETRIEVED")


async def search_sql(call: Call) -> Response:
    """Jobs that fit the conditions of the body."""
    return await _list(call, await query_in_body(call, TABLE), "JOBS_SEARCH_RESULT_LIST_RETRIEVED")


async def _list(call: Call, query: Query | None, word: str) -> Response:
    kind = call.query("listType") or "MY_JOBS"
    if kind.upper() not in _LISTS:
        raise Invalid.field("listType", why=f'There is no "{kind}". There is: {", ".join(_LISTS)}.')
    asked = read_asked(call, TABLE, query)
    found = await call.desk.hosted_jobs.list(call.who, DOOR, _LISTS[kind.upper()], HISTORY, job_sources.wanted(asked))
    known = ((facts(row.job, row.run, row.moves), row.transfers) for row in found.jobs)
    return await aside(len(found.jobs) * SIZE, _answer, asked, known, word, found.total if found.is_part else None)


def _answer(
    asked: Asked, known: Iterable[tuple[JobFacts, Mapping[str, str]]], word: str, total: int | None
) -> Response:
    """The wanted part of jobs and their transfers; with a ``total`` they are that part already."""
    rows = [write_job(one, transfers) for one, transfers in known if one.is_visible]
    word = word if rows else "JOBS_SEARCH_NO_JOBS_FOUND"
    return answer_list(asked, rows, TABLE, word) if total is None else answer_part(asked, rows, word, total)


async def cancel(call: Call) -> Response:
    """Ask for a job's end; it comes soon."""
    found = await seen(call)
    uuid = found.job.alias
    if found.job.state is JobState.ENDED:
        word = told(found).shown.status
        raise Refused(409, f"JOBS_JOB_IN_TERMINAL_STATE The job {uuid} is {word}.", result={"name": uuid})
    await call.desk.jobs.wish(call.who, DOOR, uuid, Wish.KILL)
    message = f"JOBS_JOB_CANCEL_ACCEPTED The cancellation of the job {uuid} was accepted."
    return answer({"message": message}, message)


async def hide(call: Call) -> Response:
    """Leave an ended job out of lists."""
    return await _show(call, visible=False)


async def unhide(call: Call) -> Response:
    """Show an ended job in lists again."""
    return await _show(call, visible=True)


async def _show(call: Call, *, visible: bool) -> Response:
    found = await seen(call)
    uuid = found.job.alias
    if found.job.state is not JobState.ENDED:
        word = told(found).shown.status
        raise Refused(409, f"JOBS_JOB_NOT_TERMINATED The job {uuid} is {word}.", result={"name": uuid})
    was = told(found).is_visible
    await call.desk.job_notes.note(call.who, DOOR, uuid, VISIBLE, visible)
    word = "UNCHANGED" if was is visible else "CHANGED"
    message = f"JOBS_JOB_{word}_VISIBILITY The job {uuid} is {'shown' if visible else 'hidden'}."
    return answer({"message": message}, message)


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="jobs/list", handler=listing),
    Route(method="GET", path="jobs/search", handler=search),
    Route(method="POST", path="jobs/search", handler=search_sql),
    Route(method="GET", path="jobs/{jobUuid}", handler=find),
    Route(method="GET", path="jobs/{jobUuid}/status", handler=status),
    Route(method="GET", path="jobs/{jobUuid}/history", handler=history),
    Route(method="POST", path="jobs/{jobUuid}/cancel", handler=cancel),
    Route(method="POST", path="jobs/{jobUuid}/hide", handler=hide),
    Route(method="POST", path="jobs/{jobUuid}/unhide", handler=unhide),
)
