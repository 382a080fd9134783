"""The handlers of jobs: look, list, search, stop, hide. See docs/dialects/tapis2.md#jobs."""

from dataclasses import replace
from functools import partial
from typing import Any

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.listing import Listing
from dragoman.core.search import Condition, Kind, Op
from dragoman.core.sources import Source, Wanted
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Page, Whose
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.job_facts import VISIBLE, JobFacts, facts
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS
from dragoman.dialects.tapis2.lists import is_plain, listed
from dragoman.dialects.tapis2.lists import shown as plain_list
from dragoman.dialects.tapis2.searching import Fields, holds, read_conditions
from dragoman.dialects.tapis2.write_job import SUMMARY, SUMMARY_LINKS, write_history, write_job, write_status

_SOURCES = {
    "created": Source(column="job.created_at"),
    "number": Source(column="job.id"),
    "visible": Source(column="job.notes", path=(VISIBLE,)),
}
_KINDS = {"created": Kind.TIME, "number": Kind.NUMBER, "visible": Kind.FLAG}
_SHOWN = Condition(attribute="visible", op=Op.EQ, values=(True,), kind=Kind.FLAG)
_NEWEST, _EVERY = Listing(order=(("created", True), ("number", True))), Page(limit=0)
READ, WRITE = "READ", "WRITE"
"""The parts of a job that can be shared; who may write may read."""
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


async def seen(call: Call, topic: str = READ, *, hidden: bool = False) -> Seen:
    """The job in the address, for who may do that much with it. Raises NotFound and Denied."""
    uuid = call.param("job")
    try:
        found = await call.desk.hosted_jobs.find(call.who, DOOR, uuid, topic)
    except NotFound:
        raise NotFound(f"No job found with job id {uuid}.") from None
    except Denied:
        verb = "view" if topic == READ else "change"
        raise Denied(f"User does not have permission to {verb} this job") from None
    if not hidden and not told(found).is_visible:
        raise NotFound(f"Job with uuid {uuid} is not visible.")
    return found


def told(found: Seen) -> JobFacts:
    """What is known of a job."""
    return facts(found.job, found.run, found.events)


def written(call: Call, found: Seen) -> dict[str, Any]:
    """A job as this door shows it."""
    return write_job(told(found), owner=found.owner.name, tenant=call.tenant, base=call.base)


async def find(call: Call) -> Answer:
    """One job."""
    return Answer(result=written(call, await seen(call)))


async def status(call: Call) -> Answer:
    """How a job stands."""
    return Answer(result=write_status(told(await seen(call)), base=call.base))


async def history(call: Call) -> Answer:
    """What happened to a job, oldest first."""
    found = await seen(call)
    rows = write_history(told(found), owner=found.owner.name)
    return Answer(result=rows[call.page.offset :][: call.page.limit])


async def rows_of(call: Call, page: Page) -> list[dict[str, Any]]:
    """A page of the jobs that somebody may see, newest first, with what can only be searched for beside the rest."""
    listing = replace(_NEWEST, limit=page.limit, skip=page.offset)
    wanted = Wanted(sources=_SOURCES, kinds=_KINDS, query=_SHOWN, listing=listing)
    found = await call.desk.hosted_jobs.list(call.who, DOOR, Whose.ALL, READ, wanted)
    names = await call.desk.hosted_jobs.owners(found.jobs)
    known = [(facts(row.job, row.run, row.moves), names[row.job.owner_id]) for row in found.jobs]
    return [{**write_job(one, owner=owner, tenant=call.tenant, base=call.base), **_spans(one)} for one, owner in known]


def _spans(one: JobFacts) -> dict[str, Any]:
    """Seconds that it ran, and that it took in all."""
    ended, started = one.job.ended_at, one.moments.started
    return {
        "runtime": (ended - started) // 1_000_000 if ended and started else None,
        "walltime": (ended - one.job.created_at) // 1_000_000 if ended else None,
    }


async def listing(call: Call) -> Answer:
    """Jobs, newest first."""
    _check_status(call.conditions)
    if is_plain(call, FIELDS):
        return plain_list(call, await rows_of(call, call.page), summary=SUMMARY, links=SUMMARY_LINKS)
    return listed(call, await rows_of(call, _EVERY), fields=FIELDS, summary=SUMMARY, links=SUMMARY_LINKS)


def _check_status(pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        if name.lower() in {"status", "status.eq", "status.in", "status.neq", "status.nin"}:
            for word in value.split(","):
                if word not in DESCRIPTIONS:
                    raise Refused(400, f"Unknown job status {word}")


async def search(call: Call) -> Answer:
    """Jobs by pairs of attribute and value in the path, as scripts of old ask."""
    parts = [part for part in call.param("pairs").split("/") if part]
    pairs = list(zip(parts[::2], [*parts[1::2], ""], strict=False))
    if len(parts) % 2:
        raise Refused(400, "Search by pairs: /jobs/v2/search/ATTRIBUTE/VALUE.")
    return await _with_pairs(call, pairs)


async def search_one(call: Call) -> Answer:
    """Jobs by one attribute and its value, as agavepy asks."""
    attribute = call.param("job")
    if not read_conditions([(attribute, "x")], FIELDS):
        raise NotFound(f"There is nothing at /jobs/v2/{attribute}/{call.param('value')}.")
    return await _with_pairs(call, [(attribute, call.param("value"))])


async def _with_pairs(call: Call, pairs: list[tuple[str, str]]) -> Answer:
    _check_status(pairs)
    conditions, now = read_conditions(pairs, FIELDS), call.desk.hosted_jobs.now
    if len(conditions) < len(pairs):
        raise Refused(400, f"There is no attribute {pairs[0][0]} to search jobs by.")
    rows = [row for row in await rows_of(call, _EVERY) if all(holds(one, row, FIELDS, now) for one in conditions)]
    return listed(call, rows, fields=FIELDS, summary=SUMMARY, links=SUMMARY_LINKS)


async def stop(call: Call) -> Answer:
    """Ask for a job's end; it comes soon."""
    found = await seen(call, WRITE)
    uuid = found.job.alias
    try:
        await call.desk.hosted_jobs.stop(call.who, DOOR, uuid, WRITE, Wish.KILL)
    except Conflict:
        raise Refused(400, f"Job {uuid} is not running: its status is {told(found).status}.") from None
    return Answer(result=written(call, await seen(call, WRITE)))


async def show(call: Call, *, visible: bool) -> Answer:
    """Hide a job, or show it again."""
    found = await seen(call, WRITE, hidden=True)
    await call.desk.hosted_jobs.amend(call.who, DOOR, found.job.alias, WRITE, {VISIBLE: visible})
    return Answer(result=written(call, await seen(call, WRITE, hidden=True)))


async def remove(call: Call) -> Answer:
    """Hide a job."""
    await show(call, visible=False)
    return Answer(result=None)


async def no_trigger(_: Call) -> Answer:
    """Nobody changes the status of a job from outside."""
    raise NotFound("Jobs have no triggers any more: their status is found out by this service itself.")


def has_ended(found: Seen) -> bool:
    """Whether nothing more happens to it."""
    return found.job.state is JobState.ENDED


_ONE = "jobs/v2/{job}"

LISTS: tuple[Route, ...] = (
    Route(method="GET", path="jobs/v2", handler=listing),
    Route(method="GET", path="jobs/v2/search/{pairs:path}", handler=search),
    Route(method="GET", path="jobs/v2/trigger/{rest:path}", handler=no_trigger, open=True),
    Route(method="POST", path="jobs/v2/trigger/{rest:path}", handler=no_trigger, open=True),
)
ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=_ONE, handler=find),
    Route(method="DELETE", path=_ONE, handler=remove),
    Route(method="GET", path=f"{_ONE}/status", handler=status),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    *(Route(method="POST", path=f"{_ONE}/{word}", handler=stop) for word in ("stop", "kill", "cancel")),
    Route(method="POST", path=f"{_ONE}/hide", handler=partial(show, visible=False)),
    Route(method="POST", path=f"{_ONE}/unhide", handler=partial(show, visible=True)),
    Route(method="GET", path=f"{_ONE}/{{value}}", handler=search_one),
)
