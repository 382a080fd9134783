"""The handlers of one job: look, stop, hide. See docs/dialects/tapis2.md#jobs."""

from functools import partial
from typing import Any

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.states import JobState, Wish
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.job_facts import VISIBLE, JobFacts, facts
from dragoman.dialects.tapis2.write_job import write_history, write_job, write_status

READ, WRITE = "READ", "WRITE"
"""The parts of a job that can be shared; who may write may read."""


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
    await call.desk.job_notes.amend(call.who, DOOR, found.job.alias, WRITE, {VISIBLE: visible})
    return Answer(result=written(call, await seen(call, WRITE, hidden=True)))


async def remove(call: Call) -> Answer:
    """Hide a job."""
    await show(call, visible=False)
    return Answer(result=None)


def has_ended(found: Seen) -> bool:
    """Whether nothing more happens to it."""
    return found.job.state is JobState.ENDED


_ONE = "jobs/v2/{job}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=_ONE, handler=find),
    Route(method="DELETE", path=_ONE, handler=remove),
    Route(method="GET", path=f"{_ONE}/status", handler=status),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    *(Route(method="POST", path=f"{_ONE}/{word}", handler=stop) for word in ("stop", "kill", "cancel")),
    Route(method="POST", path=f"{_ONE}/hide", handler=partial(show, visible=False)),
    Route(method="POST", path=f"{_ONE}/unhide", handler=partial(show, visible=True)),
)
