"""Which part of a list is wanted, and how it is shown: order, limit, skip, startAfter, select. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.search import Kind, comparable, read_value
from dragoman.core.search_words import attribute_named

LIMIT = 100
_ORDER = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:\(\s*([A-Za-z]+)\s*\))?\s*")
_SORTABLE = frozenset({Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.TIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is asked of a list."""

    limit: int = LIMIT
    """At most so many; none: 0 or less."""
    skip: int = 0
    order: tuple[tuple[str, bool], ...] = ()
    """Attributes to sort by, each with whether it is descending."""
    start_after: Any = None
    """Only what comes after this value of the first of them."""


def read_listing(*, limit: int, skip: int, order: str, start_after: str, kinds: Mapping[str, Kind]) -> Listing:
    """A listing from what was written. Raises Invalid."""
    sort = read_order(order, kinds)
    if skip < 0:
        raise Invalid.field("skip", why="It cannot be negative.")
    if not start_after:
        return Listing(limit=limit, skip=skip, order=sort)
    if not sort:
        raise Invalid.field("startAfter", why="It needs orderBy.")
    if skip > 0:
        raise Invalid.field("startAfter", why="Use either skip or startAfter.")
    value = read_value(kinds[sort[0][0]], start_after, where="startAfter")
    return Listing(limit=limit, order=sort, start_after=value)


def read_order(text: str, kinds: Mapping[str, Kind]) -> tuple[tuple[str, bool], ...]:
    """What ``attr(asc),attr2(desc)`` sorts by. Raises Invalid."""
    sort = []
    for part in text.split(",") if text.strip() else ():
        match = _ORDER.fullmatch(part)
        if match is None or (match[2] or "asc").lower() not in {"asc", "desc"}:
            raise Invalid.field("orderBy", why=f'Write attr(asc),attr2(desc). This is wrong: "{part}"')
        name = attribute_named(match[1], kinds, where="orderBy")
        if kinds[name] not in _SORTABLE:
            raise Invalid.field("orderBy", why=f"{name} has no order.")
        sort.append((name, (match[2] or "asc").lower() == "desc"))
    return tuple(sort)


def read_select(text: str, known: Mapping[str, Kind], *, summary: Sequence[str], always: Sequence[str]) -> list[str]:
    """The attributes that are wanted, in the order of ``known``. Raises Invalid."""
    wanted = set(always)
    for name in text.split(","):
        word = name.strip()
        if word == "allAttributes":
            wanted.update(known)
        elif word == "summaryAttributes":
            wanted.update(summary)
        elif word:
            wanted.add(attribute_named(word, known, where="select"))
    return [name for name in known if name in wanted]


def arrange(things: Sequence[Mapping[str, Any]], asked: Listing, kinds: Mapping[str, Kind]) -> list[Mapping[str, Any]]:
    """Sort, and cut out the wanted part. Missing values come last, and first when descending."""
    found = list(things)
    for name, falling in reversed(asked.order):
        found.sort(key=lambda thing, name=name: _key(thing.get(name), kinds[name]), reverse=falling)  # type: ignore[misc]
    if asked.start_after is not None:
        name, falling = asked.order[0]
        start = asked.start_after
        values = ((thing, comparable(kinds[name], thing.get(name))) for thing in found)
        found = [t for t, value in values if value is not None and (value < start if falling else value > start)]
    found = found[asked.skip :]
    return found[: asked.limit] if asked.limit > 0 else found


def _key(value: Any, kind: Kind) -> tuple[bool, Any]:
    return (True, 0) if value is None else (False, comparable(kind, value))
