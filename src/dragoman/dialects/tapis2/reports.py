"""Tells those who follow systems, apps and paths what was done to them: requests with the thing's JSON, and mails."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from dragoman.core.errors import Denied, NotFound
from dragoman.core.notices import EMAIL, Noted, Notice, Report, Reported, Subscription, Target, Topic
from dragoman.core.registered import Kind, Scope
from dragoman.core.standing import PATH
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.envelope import text
from dragoman.dialects.tapis2.following import ABOUT, BASE, NAME
from dragoman.dialects.tapis2.hosts import is_default, is_everybodys
from dragoman.dialects.tapis2.notices import posted, resolved
from dragoman.dialects.tapis2.subscribing import PERSISTENT
from dragoman.dialects.tapis2.thing_macros import macros
from dragoman.dialects.tapis2.write_app import write_app
from dragoman.dialects.tapis2.write_file import write_item
from dragoman.dialects.tapis2.write_history import happened, write_event
from dragoman.dialects.tapis2.write_system import faces, write_system

Json = dict[str, Any]
View = TypeVar("View")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A thing as somebody who follows it sees it now."""

    noun: str
    written: Json
    sees: Callable[[Noted], bool] = lambda _: True
    """Whether they are told of that."""


def reports(desk: Desk) -> Report:
    """How this door tells of things."""

    async def report(
        topic: Topic, subscriptions: Sequence[Subscription], noted: Sequence[Noted]
    ) -> Mapping[int, Reported] | None:
        try:
            return {one.id: _reported(topic, one, noted, await seen(desk, topic, one)) for one in subscriptions}
        except Denied:
            return None

    return report


async def seen(desk: Desk, topic: Topic, subscription: Subscription) -> Seen:
    """The thing that a subscription is about. Raises Denied when its owner may not see it any longer."""
    return await _LOOKS[topic.kind](desk, topic, subscription.words)


def _reported(topic: Topic, subscription: Subscription, noted: Sequence[Noted], thing: Seen) -> Reported:
    event = subscription.filter.upper()
    new = [one for one in noted if one.seq > subscription.told and thing.sees(one)]
    wanted = [one for one in new if event in {"*", happened(one, topic.kind)[0]}]
    once = not subscription.words.get(PERSISTENT)
    notices = [
        thing_notice(subscription, thing, write_event(one.item, happened(one, topic.kind)), seq=one.seq)
        for one in (wanted[:1] if once else wanted)
    ]
    return Reported(notices=notices, is_over=once and bool(notices))


def thing_notice(subscription: Subscription, thing: Seen, event: Json, *, seq: int) -> Notice:
    """What is sent of something that was done."""
    body = {**thing.written, "event": event}
    values = macros(thing.noun, body, event, uuid=subscription.words[ABOUT])
    target = subscription.targets[0]
    is_mail = target.method == EMAIL
    return posted(
        subscription,
        seq=seq,
        target=Target(method=target.method, address=resolved(target.address, values, encoded=not is_mail)),
        title=f"{thing.noun.capitalize()} {values['UUID']} received a {event['status']} event",
        body=_mail(thing, values, event) if is_mail else text(body, pretty=False),
    )


def _mail(thing: Seen, values: Mapping[str, str], event: Json) -> str:
    lines = {
        "Name": thing.written.get("id") or thing.written.get("path") or thing.written["name"],
        "ID": values["UUID"],
        "Owner": values["OWNER"],
        "Event": event["status"],
        "Message": event["description"],
        "Time": event["created"],
        "By": event["createdBy"],
    }
    told = "".join(f"{name}: {'' if value is None else value}\n" for name, value in lines.items())
    return f'The {thing.noun} {values["UUID"]}, "{lines["Name"]}," received a {event["status"]} event.\n\n{told}'


async def _see_system(desk: Desk, topic: Topic, words: Mapping[str, Any]) -> Seen:
    who = Identity(account=topic.owner)
    gone = partial(desk.systems.list, who, DOOR, Scope.ALL, deleted=True)
    found = desk.systems.find(who, DOOR, words[NAME])
    view = await _even_deleted(found, gone, lambda one: one.system.name == words[NAME])
    if view is None:
        return _gone("system", words)
    chosen, face = await desk.choices.of(who), faces(view, DOOR)[0]
    defaults = {"default": is_default(face, chosen), "global_default": is_everybodys(face, chosen)}
    whole = view.rights.is_owner or view.rights.is_admin
    return Seen(
        noun="system",
        written=write_system(face, base=words[BASE], **defaults),
        sees=lambda one: whole or one.kind != PATH,
    )


async def _see_app(desk: Desk, topic: Topic, words: Mapping[str, Any]) -> Seen:
    who = Identity(account=topic.owner)
    gone = partial(desk.apps.list, who, DOOR, Scope.ALL, deleted=True)
    found = desk.apps.find(who, DOOR, words[NAME])
    view = await _even_deleted(found, gone, lambda one: one.app.name == words[NAME])
    if view is None:
        return _gone("app", words)
    return Seen(noun="app", written=write_app(view, door=DOOR, base=words[BASE]))


async def _even_deleted(
    found: Awaitable[View], gone: Callable[[], Awaitable[Sequence[View]]], is_it: Callable[[View], bool]
) -> View | None:
    """A thing, also when it is deleted; None when it is gone for good. Raises Denied."""
    try:
        return await found
    except NotFound:
        return next((one for one in await gone() if is_it(one)), None)


async def _see_path(desk: Desk, topic: Topic, words: Mapping[str, Any]) -> Seen:
    try:
        sight = await desk.topics.sight(topic)
    except NotFound:
        return _gone("file", words)
    item = write_item(base=words[BASE], system=words[NAME], path=topic.path, owner=sight.owner)
    mine = topic.owner.name
    return Seen(noun="file", written=item, sees=lambda one: sight.sees_all or one.item.account == mine)


def _gone(noun: str, words: Mapping[str, Any]) -> Seen:
    """What is left to say of a thing that is deleted."""
    return Seen(noun=noun, written={"id": words[NAME], "name": words[NAME], "uuid": words[ABOUT], "_links": {}})


_LOOKS: Mapping[str, Callable[[Desk, Topic, Mapping[str, Any]], Awaitable[Seen]]] = {
    Kind.SYSTEM: _see_system,
    Kind.APP: _see_app,
    PATH: _see_path,
}
"""By the kind of topic. Each raises Denied."""
