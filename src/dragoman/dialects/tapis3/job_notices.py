"""The handlers by which people hear of jobs: subscribe, list, unsubscribe, and send word."""

from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.states import JobState
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer, list_metadata
from dragoman.dialects.tapis3.errors import Refused
from dragoman.dialects.tapis3.ids import JOB
from dragoman.dialects.tapis3.job_fields import NAME, Faults, Shape, read_shape, text
from dragoman.dialects.tapis3.jobs import HISTORY, out_of_sight, read_page, seen, told
from dragoman.dialects.tapis3.read_job import read_subscription
from dragoman.dialects.tapis3.subscriptions import check_targets, new_subscription, write_subscription

_EVENT = Shape(fields={"eventData": text(1, 16_384), "eventDetail": text(1, 64, form=NAME)}, required=("eventData",))


async def subscribe(call: Call) -> Response:
    """Subscribe to a job that goes on."""
    found, words = await seen(call), read_subscription(await call.json())
    _check_goes_on(found)
    check_targets([words], call.settings, ())
    job = found.job.alias
    new = new_subscription(words, owner=call.who.account.name, tenant=call.tenant, job=job)
    try:
        await call.desk.subscriptions.add(call.who, DOOR, job, new)
    except Conflict as problem:
        raise Refused(400, str(problem)) from problem
    url = f"{call.origin}/v3/jobs/subscribe/{new.alias}"
    return answer({"url": url}, f"NOTIFICATIONS_SUBSCRIPTION_CREATED The job {job} has a new subscription.")


async def listing(call: Call) -> Response:
    """The subscriptions to a job."""
    found, page = await seen(call), read_page(call)
    there = await call.desk.subscriptions.list(call.who, DOOR, found.job.alias)
    owner, job = found.owner.name, found.job.alias
    troubles = await call.desk.subscriptions.troubles(call.who, DOOR, job)
    rows = [write_subscription(one, owner=owner, tenant=call.tenant, job=job, troubles=troubles) for one in there]
    rows = rows[page.offset :][: page.limit]
    metadata = list_metadata(len(rows), limit=call.number("limit", 100), skip=page.offset)
    return answer(rows, "JOBS_SUBSCRIPTIONS_RETRIEVED The subscriptions were retrieved.", metadata=metadata)


async def unsubscribe(call: Call) -> Response:
    """End one subscription, or all of a job."""
    uuid = call.param("jobUuid")
    try:
        changes = await _unsubscribe(call, uuid)
    except (Denied, NotFound) as problem:
        raise out_of_sight(problem, uuid) from problem
    return answer({"changes": changes}, f"JOBS_SUBSCRIPTIONS_DELETED {changes} subscriptions were removed.")


async def _unsubscribe(call: Call, uuid: str) -> int:
    try:
        return await call.desk.subscriptions.remove(call.who, DOOR, uuid)
    except NotFound:
        if uuid.endswith(f"-{JOB}"):
            raise
        return await call.desk.subscriptions.remove_one(call.who, DOOR, uuid)


async def send_event(call: Call) -> Response:
    """Tell the subscribers of a job that goes on what somebody has to say."""
    found, body, faults = await seen(call, HISTORY), await call.json(), Faults()
    read: dict[str, Any] = read_shape(body, _EVENT, (), faults)
    faults.tell()
    _check_goes_on(found)
    job, heading = found.job.alias, read.get("eventDetail", "DEFAULT")
    try:
        await call.desk.subscriptions.say(call.who, DOOR, job, topic=HISTORY, heading=heading, text=read["eventData"])
    except Conflict as problem:
        raise Refused(400, str(problem)) from problem
    return answer(None, f"JOBS_USER_EVENT_SENT The event was sent to the subscribers of the job {job}.")


def _check_goes_on(found: Seen) -> None:
    if found.job.state is JobState.ENDED:
        uuid, word = found.job.alias, told(found).shown.status
        raise Refused(400, f"JOBS_JOB_IN_TERMINAL_STATE The job {uuid} is {word}.", result={"name": uuid})


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="jobs/subscribe/{jobUuid}", handler=subscribe),
    Route(method="GET", path="jobs/subscribe/{jobUuid}", handler=listing),
    Route(method="DELETE", path="jobs/subscribe/{jobUuid}", handler=unsubscribe),
    Route(method="POST", path="jobs/{jobUuid}/sendEvent", handler=send_event),
)
