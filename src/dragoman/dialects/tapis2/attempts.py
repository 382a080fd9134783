"""The handlers of what became of notifications: failed deliveries that were kept, lately sent ones, tries by hand."""

from collections.abc import Sequence
from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.notices import Delivery, DeliveryState, Notice, Story
from dragoman.desk.subscriptions import Followed
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.ids import Thing
from dragoman.dialects.tapis2.job_happenings import happened
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.looks import seen
from dragoman.dialects.tapis2.notices import notice
from dragoman.dialects.tapis2.notifications import about_of, asked, shown
from dragoman.dialects.tapis2.reports import TRUE_ID, thing_notice
from dragoman.dialects.tapis2.subscribing import POLICY
from dragoman.dialects.tapis2.times import iso, perhaps

Json = dict[str, Any]

FORCED = "FORCED_ATTEMPT"


async def attempts(call: Call) -> Answer:
    """The failed deliveries that were to be kept, or one of them."""
    found = await asked(call)
    rows = [_attempt(call, found, one) for one in _saved(found)]
    if not call.param("attempt"):
        return Answer(result=rows[call.page.offset :][: call.page.limit])
    one = next((row for row in rows if row["id"] == call.param("attempt")), None)
    if one is None:
        raise NotFound(f"There is no attempt {call.param('attempt')}.")
    return Answer(result=one)


async def forget(call: Call) -> Answer:
    """Forget failed deliveries, or one of them."""
    found, wanted = await asked(call), call.param("attempt")
    ids = [one.id for one in _saved(found) if wanted in {"", _attempt_id(one)}]
    if wanted and not ids:
        raise NotFound(f"There is no attempt {wanted}.")
    await call.desk.subscriptions.forget(call.who, DOOR, found.subscription.alias, ids)
    return Answer(result=None)


async def fire(call: Call) -> Answer:
    """Send what there is to tell now, whatever has happened."""
    found = await asked(call)
    sent = await (_of_job if found.job else _of_thing)(call, found)
    await call.desk.subscriptions.send(call.who, DOOR, found.subscription.alias, sent)
    return Answer(result=shown(call, await asked(call)), status=201)


async def _of_job(call: Call, found: Followed) -> Notice:
    job = await call.desk.hosted_jobs.find(call.who, DOOR, found.job)
    story = Story(job=job.job, run=job.run, events=job.events, now=call.desk.hosted_jobs.now)
    return notice(story, found.subscription, happened(story)[-1], event=FORCED, tenant=call.tenant)


async def _of_thing(call: Call, found: Followed) -> Notice:
    thing = await seen(call.desk, await call.desk.topics.get(found.subscription.about), found.subscription)
    when, who = iso(call.desk.hosted_jobs.now), call.me
    event = {"status": FORCED, "created": when, "createdBy": who, "description": "This was sent by hand"}
    return thing_notice(found.subscription, thing, event, seq=0)


async def history(call: Call) -> Answer:
    """What became of what was sent lately, oldest first."""
    found = await asked(call)
    words = {DeliveryState.DELIVERED: "SUCCESS", DeliveryState.GIVEN_UP: "FAILURE", DeliveryState.WAITING: "SEND_ERROR"}
    rows = [
        {
            "status": words[one.state],
            "created": iso(one.ended_at or one.created_at),
            "createdBy": found.owner,
            "description": one.last_error or one.title,
        }
        for one in found.deliveries
        if one.attempts
    ]
    first = {"status": "CREATED", "created": iso(found.subscription.created_at), "createdBy": found.owner}
    return Answer(result=[{**first, "description": "This notification was created"}, *rows])


def _saved(found: Followed) -> Sequence[Delivery]:
    if not found.subscription.words.get(POLICY, {}).get("saveOnFailure"):
        return ()
    return [one for one in found.deliveries if one.state is DeliveryState.GIVEN_UP and one.attempts]


def _attempt_id(one: Delivery) -> str:
    return one.headers.get("X-Agave-Delivery") or f"{one.id}-{Thing.ATTEMPT}"


def _attempt(call: Call, found: Followed, one: Delivery) -> Json:
    path = f"notifications/v2/{found.subscription.alias}"
    uuid = _attempt_id(one)
    return {
        "id": uuid,
        "url": one.target.address,
        "event": found.subscription.filter,
        "associatedUuid": one.headers.get(TRUE_ID) or about_of(found),
        "startTime": iso(one.created_at),
        "endTime": perhaps(one.ended_at),
        "response": {"code": one.code or 0, "message": one.last_error},
        "_links": links(call.base, self=f"{path}/attempts/{uuid}", notification=path, profile=profile(found.owner)),
    }


_ONE = "notifications/v2/{notification}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    Route(method="GET", path=f"{_ONE}/attempts", handler=attempts),
    Route(method="POST", path=f"{_ONE}/attempts", handler=fire),
    Route(method="DELETE", path=f"{_ONE}/attempts", handler=forget),
    Route(method="GET", path=f"{_ONE}/attempts/{{attempt}}", handler=attempts),
    Route(method="DELETE", path=f"{_ONE}/attempts/{{attempt}}", handler=forget),
)
