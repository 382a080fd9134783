"""Reads which thing people want to be told of, by its id, and how a notification names it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dragoman.core.errors import NotFound
from dragoman.core.registered import Kind, Scope
from dragoman.core.standing import PATH
from dragoman.core.topics import ANYTHING
from dragoman.dialects.tapis2.app_lists import app_known_as
from dragoman.dialects.tapis2.door import DOOR, Call
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import BELOW, EVENTS, is_known
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.system_words import TWIN
from dragoman.dialects.tapis2.write_file import in_address

_NAME = re.compile(r"\*|[A-Za-z][A-Za-z0-9_]*")
ABOUT, KIND, NAME, PLACE, BASE = "about", "kind", "name", "path", "base"
WORDS = (ABOUT, KIND, NAME, PLACE, BASE)
"""Words of a subscription to a thing: its id, what it is, where, and by which address of ours it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What somebody wants to be told of."""

    kind: str
    name: str
    """Of the system or the app, in this house."""
    path: str = ""
    shown: str = ""
    """Its id at this door, where that is another."""


async def target_of(call: Call, uuid: str) -> Target:
    """What an id names; ``*`` is anything. Raises NotFound, also for what one may not see."""
    if uuid == ANYTHING:
        return Target(kind=ANYTHING, name="")
    return await FINDERS[Thing(uuid.rpartition("-")[2])](call, uuid)


async def _system(call: Call, uuid: str) -> Target:
    views = await call.desk.systems.list(call.who, DOOR, Scope.ALL)
    names = (one.system.name for one in views if f"{one.system.uuid}-{Thing.SYSTEM}" == uuid)
    return Target(kind=Kind.SYSTEM, name=_found(next(names, "")))


async def _app(call: Call, uuid: str) -> Target:
    view = await app_known_as(call, uuid)
    return Target(kind=Kind.APP, name=_found(view.app.name if view else ""))


async def _path(call: Call, uuid: str) -> Target:
    name, path = await call.desk.topics.path_known_as(uuid)
    is_twin = known_as(Thing.FILE, name, path) != uuid
    return Target(kind=PATH, name=name, path=path, shown=name + TWIN if is_twin else "")


def _found(name: str) -> str:
    if not name:
        raise NotFound("There is nothing of this id.")
    return name


FINDERS: Mapping[str, Callable[[Call, str], Awaitable[Target]]] = {
    Thing.SYSTEM: _system,
    Thing.APP: _app,
    Thing.FILE: _path,
}
"""By the last three digits of an id."""


def words_about(call: Call, uuid: str, target: Target) -> dict[str, Any]:
    """What a subscription keeps of its thing."""
    return {ABOUT: uuid, KIND: str(target.kind), NAME: target.shown or target.name, PLACE: target.path, BASE: call.base}


def check_event(kind: str, event: str) -> None:
    """Raise Refused for what nobody is ever told of such a thing."""
    if kind == ANYTHING:
        if not _NAME.fullmatch(event):
            raise Refused(400, f"Invalid event value {event}. Use letters, digits and underscores, or * for all.")
        return
    if not is_known(kind, event):
        known = EVENTS[kind]
        plain = [word for word in known if kind != Kind.SYSTEM or not word.startswith(BELOW)]
        more = f", and of its files with {BELOW} before the word" if len(plain) < len(known) else ""
        told = f"{', '.join(plain)}{more}, or * for all"
        raise Refused(400, f"Invalid event value {event}. What is told of a {_NOUNS[kind]}: {told}.")


def place_of(words: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the link to a thing, and where it leads; anything is nowhere in particular."""
    if words[KIND] == ANYTHING:
        return "", ""
    noun, name = _NOUNS[words[KIND]], quote(words[NAME], safe="")
    if words[KIND] == PATH:
        return noun, f"files/v2/media/system/{name}/{in_address(words[PLACE])}"
    return noun, f"{noun}s/v2/{name}"


_NOUNS: Mapping[str, str] = {Kind.SYSTEM: "system", Kind.APP: "app", PATH: "file"}
