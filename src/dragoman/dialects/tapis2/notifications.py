"""The handlers of notifications as a service: what is to be told, to whom, and what became of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Conflict, Denied, Invalid, NotFound
from dragoman.core.notices import Delivery, DeliveryState, NewSubscription, Story
from dragoman.desk.subscriptions import Followed
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.ids import Thing
from dragoman.dialects.tapis2.job_facts import Told
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.lists import listed
from dragoman.dialects.tapis2.notices import happened, notice
from dragoman.dialects.tapis2.policies import DEFAULT, read_policy
from dragoman.dialects.tapis2.searching import Fields
from dragoman.dialects.tapis2.subscribing import PERSISTENT, POLICY, fault, new_subscription
from dragoman.dialects.tapis2.times import iso, perhaps

Json = dict[str, Any]

SUMMARY = (
    *("id", "owner", "url", "associatedUuid", "event", "responseCode", "attempts", "lastSent", "success"),
    *("persistent", "status", "lastUpdated", "created", "policy"),
)
FIELDS = Fields(known=tuple(name.lower() for name in SUMMARY), times=("lastsent", "lastupdated", "created"))
FORCED = "FORCED_ATTEMPT"
_OTHERS: Mapping[str, str] = {
    Thing.APP: "an app",
    Thing.SYSTEM: "a system",
    Thing.FILE: "a file",
    Thing.POSTIT: "a postit",
    Thing.NOTIFICATION: "a notification",
    Thing.PROFILE: "somebody's profile",
}
"""What has ids, and cannot be followed."""


async def listing(call: Call) -> Answer:
    """One's own notifications, oldest first."""
    rows = [_shown(call, one) for one in await call.desk.subscriptions.mine(call.who, DOOR)]
    return listed(call, rows, fields=FIELDS, summary=SUMMARY, links=tuple(_LINKS))


async def find(call: Call) -> Answer:
    """One notification."""
    return Answer(result=_shown(call, await _asked(call)))


async def create(call: Call) -> Answer:
    """Subscribe to a job that goes on."""
    words = await _read(call)
    new, job = _new(call, words), str(words["associatedUuid"])
    try:
        await call.desk.subscriptions.add(call.who, DOOR, job, new)
    except NotFound:
        raise Refused(400, f"Invalid associatedUuid value. There is no job {job} to be told of.") from None
    except Denied:
        raise Denied(f"You do not have permission to be notified of the job {job}.") from None
    except Conflict as problem:
        raise Refused(400, str(problem)) from None
    return Answer(result=_shown(call, await call.desk.subscriptions.find(call.who, DOOR, new.alias)), status=201)


async def update(call: Call) -> Answer:
    """Give a notification another form."""
    found = await _asked(call)
    words = await _read(call, {"associatedUuid": found.job})
    await call.desk.subscriptions.change(call.who, DOOR, found.subscription.alias, _new(call, words))
    return Answer(result=_shown(call, await _asked(call)), status=201)


async def remove(call: Call) -> Answer:
    """End a notification."""
    found = await _asked(call)
    await call.desk.subscriptions.remove_one(call.who, DOOR, found.subscription.alias)
    return Answer(result=None)


async def attempts(call: Call) -> Answer:
    """The failed deliveries that were to be kept, or one of them."""
    found = await _asked(call)
    rows = [_attempt(call, found, one) for one in _saved(found)]
    if not call.param("attempt"):
        return Answer(result=rows[call.page.offset :][: call.page.limit])
    one = next((row for row in rows if row["id"] == call.param("attempt")), None)
    if one is None:
        raise NotFound(f"There is no attempt {call.param('attempt')}.")
    return Answer(result=one)


async def forget(call: Call) -> Answer:
    """Forget failed deliveries, or one of them."""
    found, wanted = await _asked(call), call.param("attempt")
    ids = [one.id for one in _saved(found) if wanted in {"", _attempt_id(one)}]
    if wanted and not ids:
        raise NotFound(f"There is no attempt {wanted}.")
    await call.desk.subscriptions.forget(call.who, DOOR, found.subscription.alias, ids)
    return Answer(result=None)


async def fire(call: Call) -> Answer:
    """Send what there is to tell now, whatever has happened."""
    found = await _asked(call)
    job = await call.desk.hosted_jobs.find(call.who, DOOR, found.job)
    story = Story(job=job.job, run=job.run, events=job.events, now=call.desk.hosted_jobs.now)
    last = happened(story)[-1]
    told = Told(seq=last.seq, at=last.at, status=last.status, description=last.description, is_move=last.is_move)
    sent = notice(story, found.subscription, told, event=FORCED, tenant=call.tenant)
    await call.desk.subscriptions.send(call.who, DOOR, found.subscription.alias, sent)
    return Answer(result=_shown(call, await _asked(call)), status=201)


async def history(call: Call) -> Answer:
    """What became of what was sent lately, oldest first."""
    found = await _asked(call)
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


async def _asked(call: Call) -> Followed:
    name = call.param("notification")
    try:
        return await call.desk.subscriptions.find(call.who, DOOR, name)
    except NotFound:
        raise NotFound(f"No notification found with id {name}") from None
    except Denied:
        raise Denied("You do not have permission to view this notification") from None


async def _read(call: Call, fixed: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    sent = await call.sent()
    words = {**sent.fields, **(fixed or {})}
    for name in ("url", "event", "associatedUuid"):
        value = words.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refused(400, f"No {name} provided. A notification needs url, event and associatedUuid.")
    kind = words["associatedUuid"].rpartition("-")[2]
    if kind != Thing.JOB:
        what = f"This is the id of {_OTHERS[kind]}. " if kind in _OTHERS else ""
        raise Refused(400, f"Invalid associatedUuid value. {what}People are notified of jobs here, each by its id.")
    if len(words["url"]) > 1024 or len(words["event"]) > 32:
        raise Refused(400, "A url may have 1024 characters, and an event 32.")
    return words


def _new(call: Call, words: Mapping[str, Any]) -> NewSubscription:
    if why := fault(words["url"], call.settings):
        raise Refused(400, f"Invalid url value. {why}")
    policy, persistent = words.get(POLICY) or {}, str(words.get(PERSISTENT, "false")).lower()
    if not isinstance(policy, dict):
        raise Invalid.field(POLICY, why="This must be a JSON object.")
    return new_subscription(
        words["url"], words["event"], persistent=persistent in {"true", "1"}, policy=read_policy(policy, POLICY)
    )


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
        "associatedUuid": found.job,
        "startTime": iso(one.created_at),
        "endTime": perhaps(one.ended_at),
        "response": {"code": one.code or 0, "message": one.last_error},
        "_links": links(call.base, self=f"{path}/attempts/{uuid}", notification=path, profile=profile(found.owner)),
    }


_LINKS = ("self", "history", "attempts", "owner", "job")


def _shown(call: Call, found: Followed) -> Json:
    one, path = found.subscription, f"notifications/v2/{found.subscription.alias}"
    tried = [delivery for delivery in found.deliveries if delivery.attempts]
    last = tried[-1] if tried else None
    return {
        "id": one.alias,
        "owner": found.owner,
        "url": one.targets[0].address,
        "associatedUuid": found.job,
        "event": one.filter,
        "responseCode": last.code if last else None,
        "attempts": sum(delivery.attempts for delivery in tried),
        "lastSent": perhaps(last.ended_at or last.created_at) if last else None,
        "success": last.state is DeliveryState.DELIVERED if last else None,
        "persistent": bool(one.words.get(PERSISTENT)),
        "status": _status(found, last),
        "lastUpdated": iso(one.created_at),
        "created": iso(one.created_at),
        "policy": {**DEFAULT, **one.words.get(POLICY, {})},
        "_links": links(
            call.base,
            self=path,
            history=f"{path}/history",
            attempts=f"{path}/attempts",
            owner=profile(found.owner),
            job=f"jobs/v2/{found.job}",
        ),
    }


def _status(found: Followed, last: Delivery | None) -> str:
    if found.subscription.words.get(PERSISTENT):
        return "ACTIVE"
    if last is None:
        return "INACTIVE" if found.has_ended else "ACTIVE"
    return {DeliveryState.DELIVERED: "COMPLETE", DeliveryState.GIVEN_UP: "FAILED"}.get(last.state, "ACTIVE")


_ONE = "notifications/v2/{notification}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="notifications/v2", handler=listing),
    Route(method="POST", path="notifications/v2", handler=create),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="POST", path=_ONE, handler=update),
    Route(method="DELETE", path=_ONE, handler=remove),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    Route(method="GET", path=f"{_ONE}/attempts", handler=attempts),
    Route(method="POST", path=f"{_ONE}/attempts", handler=fire),
    Route(method="DELETE", path=f"{_ONE}/attempts", handler=forget),
    Route(method="GET", path=f"{_ONE}/attempts/{{attempt}}", handler=attempts),
    Route(method="DELETE", path=f"{_ONE}/attempts/{{attempt}}", handler=forget),
)
