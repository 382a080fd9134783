"""The handlers of notifications as a service: what is to be told, and to whom. What became of it is in attempts."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.notices import Delivery, DeliveryState, NewSubscription
from dragoman.core.topics import ANYTHING
from dragoman.desk.subscriptions import Followed
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.following import (
    ABOUT,
    FINDERS,
    KIND,
    WORDS,
    check_event,
    place_of,
    target_of,
    words_about,
)
from dragoman.dialects.tapis2.ids import Thing
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.lists import listed
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
_OTHERS: Mapping[str, str] = {
    Thing.POSTIT: "a postit",
    Thing.NOTIFICATION: "a notification",
    Thing.PROFILE: "somebody's profile",
}
"""What has ids, and cannot be followed."""
_KINDS = (Thing.JOB, *FINDERS, ANYTHING)


async def listing(call: Call) -> Answer:
    """One's own notifications, oldest first."""
    rows = [shown(call, one) for one in await call.desk.subscriptions.mine(call.who, DOOR)]
    return listed(call, rows, fields=FIELDS, summary=SUMMARY, links=tuple(_LINKS))


async def find(call: Call) -> Answer:
    """One notification."""
    return Answer(result=shown(call, await asked(call)))


async def create(call: Call) -> Answer:
    """Subscribe to a job, even when it has ended, a system, an app, a file, or as an admin to anything."""
    words = await _read(call)
    about = str(words["associatedUuid"])
    follow = _follow_job if about.endswith(f"-{Thing.JOB}") else _follow_thing
    try:
        alias = await follow(call, words, about)
    except NotFound:
        raise Refused(400, f"Invalid associatedUuid value. There is nothing {about} to be told of.") from None
    except Denied:
        what = "anything: that is for admins" if about == ANYTHING else about
        raise Denied(f"You do not have permission to be notified of {what}.") from None
    return Answer(result=shown(call, await call.desk.subscriptions.find(call.who, DOOR, alias)), status=201)


async def _follow_job(call: Call, words: Mapping[str, Any], about: str) -> str:
    new = _new(call, words)
    await call.desk.subscriptions.add(call.who, DOOR, about, new)
    return new.alias


async def _follow_thing(call: Call, words: Mapping[str, Any], about: str) -> str:
    target = await target_of(call, about)
    check_event(target.kind, words["event"])
    new = _new(call, words, about=words_about(call, about, target))
    await call.desk.topics.follow(call.who, DOOR, target.kind, target.name, new, path=target.path)
    return new.alias


async def update(call: Call) -> Answer:
    """Give a notification another form."""
    found = await asked(call)
    before = found.subscription.words
    words = await _read(call, {"associatedUuid": found.job or before[ABOUT]})
    if not found.job:
        check_event(before[KIND], words["event"])
    about = {} if found.job else {key: before[key] for key in WORDS}
    await call.desk.subscriptions.change(call.who, DOOR, found.subscription.alias, _new(call, words, about=about))
    return Answer(result=shown(call, await asked(call)), status=201)


async def remove(call: Call) -> Answer:
    """End a notification."""
    found = await asked(call)
    await call.desk.subscriptions.remove_one(call.who, DOOR, found.subscription.alias)
    return Answer(result=None)


async def asked(call: Call) -> Followed:
    """The notification of the address, for its owner. Raises NotFound and Denied."""
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
    if kind not in _KINDS:
        what = f"This is the id of {_OTHERS[kind]}. " if kind in _OTHERS else ""
        why = "People are notified of jobs, systems, apps and files here, each by its id, and admins by * of anything."
        raise Refused(400, f"Invalid associatedUuid value. {what}{why}")
    if len(words["url"]) > 1024 or len(words["event"]) > 32:
        raise Refused(400, "A url may have 1024 characters, and an event 32.")
    return words


def _new(call: Call, words: Mapping[str, Any], *, about: Mapping[str, Any] | None = None) -> NewSubscription:
    if why := fault(words["url"], call.settings):
        raise Refused(400, f"Invalid url value. {why}")
    policy, persistent = words.get(POLICY) or {}, str(words.get(PERSISTENT, "false")).lower()
    if not isinstance(policy, dict):
        raise Invalid.field(POLICY, why="This must be a JSON object.")
    keeps, policy = persistent in {"true", "1"}, read_policy(policy, POLICY)
    return new_subscription(words["url"], words["event"], persistent=keeps, policy=policy, about=about or {})


def about_of(found: Followed) -> str:
    """The id of what a notification is about."""
    return found.job or str(found.subscription.words[ABOUT])


_LINKS = ("self", "history", "attempts", "owner", "job", "system", "app", "file")


def shown(call: Call, found: Followed) -> Json:
    """A notification as this door shows it."""
    one, path = found.subscription, f"notifications/v2/{found.subscription.alias}"
    tried = [delivery for delivery in found.deliveries if delivery.attempts]
    last = tried[-1] if tried else None
    noun, place = ("job", f"jobs/v2/{found.job}") if found.job else place_of(one.words)
    return {
        "id": one.alias,
        "owner": found.owner,
        "url": one.targets[0].address,
        "associatedUuid": about_of(found),
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
            **({noun: place} if noun else {}),
        ),
    }


def _status(found: Followed, last: Delivery | None) -> str:
    if found.subscription.words.get(PERSISTENT):
        return "ACTIVE"
    if last is None:
        return "INACTIVE" if found.has_ended or not found.subscription.enabled else "ACTIVE"
    return {DeliveryState.DELIVERED: "COMPLETE", DeliveryState.GIVEN_UP: "FAILED"}.get(last.state, "ACTIVE")


_ONE = "notifications/v2/{notification}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="notifications/v2", handler=listing),
    Route(method="POST", path="notifications/v2", handler=create),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="POST", path=_ONE, handler=update),
    Route(method="DELETE", path=_ONE, handler=remove),
)
