"""Reads who is to be told of an upload or an import, from the form that asks for it, and has them told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.config import Settings
from dragoman.core.standing import PATH
from dragoman.dialects.tapis2.door import DOOR, Call
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import FETCHED
from dragoman.dialects.tapis2.following import Target, check_event, words_about
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.policies import read_policy
from dragoman.dialects.tapis2.spots import Place
from dragoman.dialects.tapis2.subscribing import POLICY, fault, new_subscription

FIELDS = frozenset({"callbackurl", "callback", "notifications"})
"""In small letters: clients write callbackURL and callbackUrl."""
UPLOADED = "UPLOAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Somebody to be told of a file."""

    url: str
    event: str
    persistent: bool = False
    policy: Mapping[str, Any] = field(default_factory=dict)


def read_callbacks(name: str, given: Any, settings: Settings, *, end: str = FETCHED) -> list[Callback]:
    """Who a field names: an address that hears of the ``end``, or notifications as they are sent to their service.

    Raises Refused and Invalid.
    """
    if isinstance(given, str) and given.lstrip()[:1] in {"{", "["}:
        try:
            given = json.loads(given)
        except ValueError:
            raise Refused(400, f"Unable to process JSON notification object in {name}.") from None
    if not given:
        return []
    if isinstance(given, str):
        return [_checked(Callback(url=given.strip(), event=end), name, settings)]
    listed = given if isinstance(given, list) else [given]
    return [_checked(_read(one, name), name, settings) for one in listed]


def _read(given: Any, name: str) -> Callback:
    url, event = (given.get(key) if isinstance(given, dict) else None for key in ("url", "event"))
    if not (isinstance(url, str) and isinstance(event, str) and 0 < len(url) <= 1024 and 0 < len(event) <= 32):
        raise Refused(400, f"Invalid {name}: each is an object with a url and an event.")
    check_event(PATH, event)
    keeps, policy = str(given.get("persistent", False)).lower() in {"true", "1"}, given.get(POLICY) or {}
    if not isinstance(policy, dict):
        raise Refused(400, f"Invalid {name}: a {POLICY} is an object.")
    return Callback(url=url, event=event, persistent=keeps, policy=policy)


def _checked(one: Callback, name: str, settings: Settings) -> Callback:
    if why := fault(one.url, settings):
        raise Refused(400, f"Invalid {name} value. {why}")
    read_policy(one.policy, name, POLICY)
    return one


def asked(fields: Mapping[str, Any], settings: Settings) -> list[Callback]:
    """Who all the fields of a request name. Raises Refused and Invalid."""
    found = [read_callbacks(name, given, settings) for name, given in fields.items() if name.lower() in FIELDS]
    return [one for some in found for one in some]


async def follow(call: Call, place: Place, path: str, callbacks: Sequence[Callback]) -> None:
    """Have them told of what is done to a path from now on."""
    uuid = known_as(Thing.FILE, place.face.id, path)
    target = Target(kind=PATH, name=place.face.name, path=path, shown=place.face.id)
    for one in callbacks:
        policy = read_policy(one.policy, POLICY)
        words = words_about(call, uuid, target)
        new = new_subscription(one.url, one.event, persistent=one.persistent, policy=policy, about=words)
        await call.desk.topics.follow(call.who, DOOR, PATH, place.face.name, new, path=path)
