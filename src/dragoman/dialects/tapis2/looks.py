"""What people who follow systems, apps, paths, or anything see of them, when they are told what was done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from dragoman.core.errors import Denied, NotFound
from dragoman.core.notices import Subscription
from dragoman.core.registered import EVERYBODY, Kind, Scope, SystemView
from dragoman.core.standing import PATH
from dragoman.core.things import Account, Identity
from dragoman.core.topics import ANYTHING, APP_ON_SYSTEM, CHOICE, JOB_OF_APP, JOB_ON_SYSTEM, SYSTEM_OF_APP, Noted, Topic
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.following import ABOUT, BASE, NAME
from dragoman.dialects.tapis2.hosts import is_default, is_everybodys
from dragoman.dialects.tapis2.system_words import STORAGE
from dragoman.dialects.tapis2.write_app import write_app
from dragoman.dialects.tapis2.write_file import write_item
from dragoman.dialects.tapis2.write_system import faces, write_system

Json = dict[str, Any]
Words = Mapping[str, Any]
View = TypeVar("View")

_KINDS: Mapping[str, str] = {
    JOB_ON_SYSTEM: Kind.SYSTEM,
    APP_ON_SYSTEM: Kind.SYSTEM,
    CHOICE: Kind.SYSTEM,
    JOB_OF_APP: Kind.APP,
}
"""By the kind of a note: the kind of thing it is about, where that has another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A thing as somebody who follows it sees it now."""

    noun: str
    written: Json
    uuid: str
    sees: Callable[[Noted], bool] = lambda _: True
    """Whether they are told of that."""


async def seen(desk: Desk, topic: Topic, subscription: Subscription) -> Seen:
    """The thing that a subscription is about. Raises Denied when its owner may not see it any longer."""
    return await _LOOKS[topic.kind](desk, topic, subscription.words)


async def seen_of(desk: Desk, topic: Topic, noted: Noted, *, base: str) -> Seen | None:
    """The thing that a note is about, for an admin who follows anything; None: this door knows it not."""
    kind, path = _KINDS.get(noted.kind, noted.kind), noted.item.version if noted.kind == PATH else ""
    name = await desk.topics.name_of(DOOR, kind, noted.ref)
    if not name:
        return None
    about = replace(topic, ref=noted.ref, path=path)
    words = {ABOUT: "", NAME: await _shown_as(desk, topic, name) if path else name, BASE: base}
    return replace(await _LOOKS[kind](desk, about, words), sees=lambda _: True)


async def _shown_as(desk: Desk, topic: Topic, name: str) -> str:
    """The id under which this door shows the files of a system."""
    try:
        found = faces(await desk.systems.find(Identity(account=topic.owner), DOOR, name), DOOR)
    except NotFound:
        return name
    return next((face.id for face in found if face.type == STORAGE), found[0].id)


async def _see_system(desk: Desk, topic: Topic, words: Words) -> Seen:
    who = Identity(account=topic.owner)
    gone = partial(desk.systems.list, who, DOOR, Scope.ALL, deleted=True)
    found = desk.systems.find(who, DOOR, words[NAME])
    view = await _even_deleted(found, gone, lambda one: one.system.name == words[NAME])
    if view is None:
        return _gone("system", words)
    whole, me = view.rights.is_owner or view.rights.is_admin, topic.owner.name
    written = await _written(desk, who, view, base=words[BASE])
    # Of what goes on there, others hear what they have done themselves; and what somebody chooses is nobody else's.
    return Seen(
        noun="system",
        written=written,
        uuid=written["uuid"],
        sees=lambda one: (
            one.kind == Kind.SYSTEM or (whole and one.kind != CHOICE) or (one.kind != PATH and one.item.account == me)
        ),
    )


async def system_as_seen(desk: Desk, account: Account, name: str, *, base: str) -> Json:
    """A system as somebody sees it; nothing where they may not."""
    who = Identity(account=account)
    try:
        return await _written(desk, who, await desk.systems.find(who, DOOR, name), base=base)
    except (NotFound, Denied):
        return {}


async def _written(desk: Desk, who: Identity, view: SystemView, *, base: str) -> Json:
    chosen, face = await desk.choices.of(who), faces(view, DOOR)[0]
    defaults = {"default": is_default(face, chosen), "global_default": is_everybodys(face, chosen)}
    return write_system(face, base=base, **defaults)


async def _see_app(desk: Desk, topic: Topic, words: Words) -> Seen:
    who = Identity(account=topic.owner)
    gone = partial(desk.apps.list, who, DOOR, Scope.ALL, deleted=True)
    found = desk.apps.find(who, DOOR, words[NAME])
    view = await _even_deleted(found, gone, lambda one: one.app.name == words[NAME])
    if view is None:
        return _gone("app", words)
    whole, me = view.rights.is_owner or view.rights.is_admin, topic.owner.name
    written = write_app(view, door=DOOR, base=words[BASE])
    return Seen(
        noun="app",
        written=written,
        uuid=written["uuid"],
        sees=lambda one: (
            _concerns(one, me) if one.kind == SYSTEM_OF_APP else whole or one.kind == Kind.APP or one.item.account == me
        ),
    )


def _concerns(one: Noted, me: str) -> bool:
    """Whether what was done to the system of an app is more than what somebody else may do there."""
    return one.item.detail.get("user", EVERYBODY) in {EVERYBODY, me}


async def _even_deleted(
    found: Awaitable[View], gone: Callable[[], Awaitable[Sequence[View]]], is_it: Callable[[View], bool]
) -> View | None:
    """A thing, also when it is deleted; None when it is gone for good. Raises Denied."""
    try:
        return await found
    except NotFound:
        return next((one for one in await gone() if is_it(one)), None)


async def _see_path(desk: Desk, topic: Topic, words: Words) -> Seen:
    try:
        sight = await desk.topics.sight(topic)
    except NotFound:
        return _gone("file", words)
    item = write_item(base=words[BASE], system=words[NAME], path=topic.path, owner=sight.owner)
    mine = topic.owner.name
    return Seen(
        noun="file", written=item, uuid=item["uuid"], sees=lambda one: sight.sees_all or one.item.account == mine
    )


def _gone(noun: str, words: Words) -> Seen:
    """What is left to say of a thing that is deleted."""
    written = {"id": words[NAME], "name": words[NAME], "uuid": words[ABOUT], "_links": {}}
    # Whose role it was that changed on its system cannot be weighed any longer.
    return Seen(noun=noun, written=written, uuid=words[ABOUT], sees=lambda one: one.kind != SYSTEM_OF_APP)


async def _see_anything(_: Desk, __: Topic, words: Words) -> Seen:
    """What is sent by hand for somebody who follows anything: nothing in particular."""
    return Seen(noun="notification", written={"id": ANYTHING, "uuid": ANYTHING, "_links": {}}, uuid=words[ABOUT])


_LOOKS: Mapping[str, Callable[[Desk, Topic, Words], Awaitable[Seen]]] = {
    Kind.SYSTEM: _see_system,
    Kind.APP: _see_app,
    PATH: _see_path,
    ANYTHING: _see_anything,
}
"""By the kind of topic. Each raises Denied."""
