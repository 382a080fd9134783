"""Measurements: what was measured, when, under which name and with which meta; what may be one. Pure.

Times of measurements are nanoseconds since 1970, UTC: the one place where microseconds are too coarse.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Value = int | float | str
"""What is measured: a number or a text."""
Point = tuple[int, Value]
"""When, and what."""

SECOND = 1_000_000_000
EARLIEST = 946_706_400_000_000_000
"""Times before this are seconds or milliseconds that somebody took for nanoseconds."""
MOST_AHEAD = 24 * 3600 * SECOND
"""A clock that is further ahead than this is wrong."""

NAME_CHARACTERS = 128
META_KEYS = 32
KEY_CHARACTERS = 64
META_CHARACTERS = 256
TEXT_CHARACTERS = 65_536

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_KEY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing that was measured."""

    at: int
    name: str
    value: Value
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All measurements of one name with the same meta."""

    id: int
    name: str
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Measurements as a node hands them over: numbered by the outbox in which they lay, in order."""

    node: str
    outbox: str
    """Which outbox of that node numbered them: another one, with numbers of its own, after it lost the first."""
    stream: str
    """What is numbered and acknowledged by itself."""
    highest: int
    """The number of the last one, kept or not."""
    taken_at: int
    """When it came, by our clock."""
    measurements: Sequence[tuple[int, Measurement]]
    """Each with its number, rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a batch."""

    before: int
    """The highest number that had been taken before it."""
    highest: int
    """The highest number that is taken now: nothing up to it needs to be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which measurements are asked for: ``start`` belongs to it, ``end`` does not."""

    start: int
    end: int
    name: str | None = None
    """Exactly this name; None: any that passes ``fits``."""
    fits: Callable[[str, Mapping[str, str]], bool] = lambda _name, _meta: True
    """Whether a series is meant, by name and meta."""
    head: int | None = None
    """Only the first so many of each series."""
    tail: int | None = None
    """Only the last so many of each series."""


def meta_text(meta: Mapping[str, str]) -> str:
    """The one way to write a meta: two are the same when their texts are."""
    return json.dumps(meta, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def is_name(text: object) -> bool:
    """Whether it may name a measurement: parts of small letters, digits and underscores, joined by dots."""
    return isinstance(text, str) and len(text) <= NAME_CHARACTERS and _NAME.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether a meta may have this key."""
    return len(text) <= KEY_CHARACTERS and _KEY.fullmatch(text) is not None


def name_fault(name: object) -> str:
    """Why this is no name; empty when it is one."""
    if is_name(name):
        return ""
    return f"A name has parts of a-z, 0-9 and _, joined by dots, and at most {NAME_CHARACTERS} characters."


def value_fault(value: object) -> str:
    """Why this cannot have been measured; empty when it can."""
    if isinstance(value, str):
        if len(value) > TEXT_CHARACTERS:
            return f"A text has at most {TEXT_CHARACTERS} characters."
        return "A text has no null characters and no lone surrogates." if _UNPRINTABLE.search(value) else ""
    if isinstance(value, int | float) and not _is_finite(value):
        return "A number must be finite."
    return "" if isinstance(value, int | float) else "A value is a number or a text."


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that is larger than any float
        return False


def meta_fault(meta: object) -> str:
    """Why this is no meta; empty when it is one."""
    if not isinstance(meta, dict) or len(meta) > META_KEYS:
        return f"Meta is an object with at most {META_KEYS} keys."
    for key, value in meta.items():
        if not is_key(key):
            return f"A key of meta has letters, digits and _, no digit first, at most {KEY_CHARACTERS} characters."
        if not isinstance(value, str) or len(value) > META_CHARACTERS or _UNPRINTABLE.search(value):
            return f"meta.{key} must be a text of at most {META_CHARACTERS} characters."
    return ""


def time_fault(at: object, *, now: int) -> str:
    """Why nothing can have been measured then; empty when it can. A clock may be some hours wrong."""
    if isinstance(at, bool) or not isinstance(at, int):
        return "A time is an integer: nanoseconds since 1970."
    if at < EARLIEST:
        return "A time is in nanoseconds since 1970; this one is before the year 2000."
    return "This time is more than a day ahead: set the clock." if at > now + MOST_AHEAD else ""


def tidy(value: Value) -> Value:
    """A value as it is kept: truth as 1 or 0, integers of more than 64 bits as the nearest float."""
    if isinstance(value, int):
        return int(value) if -(1 << 63) <= value < 1 << 63 else float(value)
    return value
