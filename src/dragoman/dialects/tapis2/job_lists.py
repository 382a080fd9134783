"""The handlers of lists of jobs: newest first or sorted, and searched; by the store as far as it can.

See docs/dialects/tapis2.md#conventions.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from heapq import nlargest, nsmallest
from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.listing import Listing
from dragoman.core.search import AllOf, Op
from dragoman.core.sources import Wanted
from dragoman.core.things import Page, Whose
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.job_facts import JobFacts, facts
from dragoman.dialects.tapis2.job_sources import CREATED, KINDS, NUMBER, SHOWN, SORTED, SOURCES, compared, told
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS
from dragoman.dialects.tapis2.jobs import READ
from dragoman.dialects.tapis2.lists import order_of, shown, value_of
from dragoman.dialects.tapis2.searching import Condition, Fields, Row, holds, read_conditions
from dragoman.dialects.tapis2.write_job import SUMMARY, SUMMARY_LINKS, write_job
from dragoman.store.hosted_jobs import Listed

Pairs = list[tuple[str, str]]

_NEWEST = ((CREATED, True), (NUMBER, True))
FIELDS = Fields(
    known=(
        *("accepted", "appid", "appuuid", "archive", "archivepath", "archivesystem", "archiveonapperror", "created"),
        *("blockedcount", "ended", "id", "inputs", "laststatusmessage", "lastupdated", "maxhours", "memorypernode"),
        *("name", "nodecount", "owner", "parameters", "processorspernode", "remoteended", "remotejobid"),
        *("remoteoutcome", "remotequeue", "remotestarted", "remotesubmitted", "runtime", "schedulerjobid", "status"),
        *("submitretries", "systemid", "visible", "walltime", "workpath"),
    ),
    times=("accepted", "created", "ended", "lastupdated", "remoteended", "remotestarted", "remotesubmitted"),
    aliases={
        "executionsystem": "systemid",
        "lastmodified": "lastupdated",
        "batchqueue": "remotequeue",
        "starttime": "remotestarted",
        "endtime": "ended",
        "submittime": "remotesubmitted",
        "outputpath": "workpath",
        "localid": "remotejobid",
        "retries": "submitretries",
        "errormessage": "laststatusmessage",
    },
)


async def listing(call: Call) -> Answer:
    """Jobs, newest first."""
    return await _list(call, [])


async def search(call: Call) -> Answer:
    """Jobs by pairs of attribute and value in the path, as scripts of old ask."""
    parts = [part for part in call.param("pairs").split("/") if part]
    if len(parts) % 2:
        raise Refused(400, "Search by pairs: /jobs/v2/search/ATTRIBUTE/VALUE.")
    return await _list(call, list(zip(parts[::2], parts[1::2], strict=True)))


async def search_one(call: Call) -> Answer:
    """Jobs by one attribute and its value, as agavepy asks."""
    attribute = call.param("job")
    if not read_conditions([(attribute, "x")], FIELDS):
        raise NotFound(f"There is nothing at /jobs/v2/{attribute}/{call.param('value')}.")
    return await _list(call, [(attribute, call.param("value"))])


async def _list(call: Call, pairs: Pairs) -> Answer:
    _check_status([*pairs, *call.conditions])
    conditions = read_conditions(pairs, FIELDS)
    if len(conditions) < len(pairs):
        raise Refused(400, f"There is no attribute {pairs[0][0]} to search jobs by.")
    rows = await _rows(call, [*conditions, *read_conditions(call.conditions, FIELDS)], call.page)
    return shown(call, rows, summary=SUMMARY, links=SUMMARY_LINKS)


def _check_status(pairs: Pairs) -> None:
    for name, value in pairs:
        if name.lower() in {"status", "status.eq", "status.in", "status.neq", "status.nin"}:
            for word in value.split(","):
                if word not in DESCRIPTIONS:
                    raise Refused(400, f"Unknown job status {word}")


async def _rows(call: Call, conditions: Sequence[Condition], page: Page) -> list[Row]:
    """A page of the jobs that meet all conditions, in the order that is asked for."""
    name, falls = order_of(call, FIELDS)
    if page.limit == 0:
        return []
    now = call.desk.hosted_jobs.now
    known = [told(one, FIELDS, now) for one in conditions]
    query = AllOf(parts=(compared(SHOWN, Op.EQ, True), *(one.query for one in known if one)))
    is_exact = all(one is not None and one.is_exact for one in known)
    if is_exact and (not name or name in SORTED):
        order = ((name, falls), *_NEWEST) if name else _NEWEST
        cut = Listing(limit=page.limit, skip=page.offset, order=order)
        wanted = Wanted(sources=SOURCES, kinds=KINDS, query=query, listing=cut, part_only=True)
        found = await call.desk.hosted_jobs.list(call.who, DOOR, Whose.ALL, READ, wanted)
        if found.is_part:
            return await _written(call, found.jobs)
    wanted = Wanted(sources=SOURCES, kinds=KINDS, query=query, listing=Listing(order=_NEWEST))
    fitting = _fitting(call, wanted, conditions, now)
    most = page.offset + page.limit
    best = await (_best(fitting, most, name, falls=falls) if name else _first(fitting, most))
    return best[page.offset :]


async def _fitting(
    call: Call, wanted: Wanted, conditions: Sequence[Condition], now: int
) -> AsyncIterator[Iterable[Row]]:
    """The jobs that meet all conditions, newest first, some at a time."""
    async for some in call.desk.hosted_jobs.walk(call.who, DOOR, Whose.ALL, READ, wanted):
        rows = await _written(call, some)
        yield [row for row in rows if all(holds(one, row, FIELDS, now) for one in conditions)]


async def _first(fitting: AsyncIterator[Iterable[Row]], most: int) -> list[Row]:
    found: list[Row] = []
    async for some in fitting:
        found += some
        if len(found) >= most:
            break
    return found[:most]


async def _best(fitting: AsyncIterator[Iterable[Row]], most: int, name: str, *, falls: bool) -> list[Row]:
    """The first by their values, largest first if it ``falls``; those without a value come last."""
    best: list[tuple[tuple[bool, Any], Row]] = []
    choose = nlargest if falls else nsmallest
    async for some in fitting:
        valued = [(value_of(row, name), row) for row in some]
        keyed = [(((value is None) is not falls, value), row) for value, row in valued]
        best = choose(most, [*best, *keyed], key=lambda one: one[0])
    return [row for _, row in best]


async def _written(call: Call, jobs: Sequence[Listed]) -> list[Row]:
    """Jobs as this door shows them, with what can only be searched for beside the rest."""
    names = await call.desk.hosted_jobs.owners(jobs)
    known = [(facts(row.job, row.run, row.moves), names[row.job.owner_id]) for row in jobs]
    return [{**write_job(one, owner=owner, tenant=call.tenant, base=call.base), **_spans(one)} for one, owner in known]


def _spans(one: JobFacts) -> dict[str, Any]:
    """Seconds that it ran, and that it took in all."""
    ended, started = one.job.ended_at, one.moments.started
    return {
        "runtime": (ended - started) // 1_000_000 if ended and started else None,
        "walltime": (ended - one.job.created_at) // 1_000_000 if ended else None,
    }


async def no_trigger(_: Call) -> Answer:
    """Nobody changes the status of a job from outside."""
    raise NotFound("Jobs have no triggers any more: their status is found out by this service itself.")


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="jobs/v2", handler=listing),
    Route(method="GET", path="jobs/v2/search/{pairs:path}", handler=search),
    Route(method="GET", path="jobs/v2/trigger/{rest:path}", handler=no_trigger, open=True),
    Route(method="POST", path="jobs/v2/trigger/{rest:path}", handler=no_trigger, open=True),
)
BY_VALUE: tuple[Route, ...] = (Route(method="GET", path="jobs/v2/{job}/{value}", handler=search_one),)
"""Comes behind all that is a part of a job."""
