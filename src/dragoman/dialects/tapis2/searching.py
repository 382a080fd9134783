"""Conditions of a search as they stand in an address: ``field[.op]=value``, all of which must hold. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.patterns import Wild, fits, read_pattern
from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex
from dragoman.core.search_times import read_time

SECOND = 1_000_000
_DAY = 86_400 * SECOND
WILD = {"*": Wild.RUN, "^": Wild.RUN}
_AGO = re.compile(r"(?:-?(\d{1,4}) |last |an? )(second|minute|hour|day|week|month|year)s?( ago)?", re.IGNORECASE)
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_629_746, "year": 31556952}
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")

Test = Callable[[Any, Sequence[Any]], bool]
Row = Mapping[str, Any]

_LISTS = frozenset({"in", "nin", "between"})
_TEXT_ONLY = frozenset({"like", "nlike", "rlike"})
_SAME = {"before": "lt", "after": "gt"}
_POSITIVE = {"neq": "eq", "nin": "in", "nlike": "like"}
_TESTS: Mapping[str, Test] = {
    "eq": lambda value, given: bool(value == given[0]),
    "lt": lambda value, given: bool(value < given[0]),
    "lte": lambda value, given: bool(value <= given[0]),
    "gt": lambda value, given: bool(value > given[0]),
    "gte": lambda value, given: bool(value >= given[0]),
    "in": lambda value, given: value in given,
    "between": lambda value, given: bool(given[0] <= value <= given[1]),
    "on": lambda value, given: bool(given[0] // _DAY == value // _DAY),
}
OPS = frozenset({*_TESTS, *_SAME, *_POSITIVE, *_TEXT_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison, as it was written."""

    field: str
    """A dotted name in small letters."""
    op: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a kind of thing can be searched by."""

    known: Collection[str]
    """Names of its attributes, in small letters."""
    times: Collection[str] = ()
    """Those that are moments."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names for them."""


def read_conditions(pairs: Sequence[tuple[str, str]], fields: Fields) -> list[Condition]:
    """The conditions of an address. Raises Invalid for a comparison that is not known, or of an unknown field.

    A parameter that is neither a field nor compares anything is none of ours.
    """
    found = []
    for name, text in pairs:
        head, dot, last = name.lower().rpartition(".")
        field, op = (head, last) if dot and last in OPS else (name.lower(), "eq")
        top, _, rest = field.partition(".")
        top = fields.aliases.get(top, top)
        if top in fields.known:
            found.append(Condition(field=f"{top}.{rest}".rstrip("."), op=op, text=text))
        elif dot:
            raise Invalid.field(name, why=f"There is no such field to search by. There is: {_listed(fields.known)}.")
    return found


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def holds(condition: Condition, row: Row, fields: Fields, now: int) -> bool:
    """Whether a thing meets a condition. Raises Invalid for a value that cannot be compared with its."""
    values = _values(row, condition.field.split("."))
    is_time = condition.field in fields.times
    op = _SAME.get(condition.op, condition.op)
    positive = _POSITIVE.get(op, op)
    met = any(_meets(value, positive, condition, is_time=is_time, now=now) for value in values if value is not None)
    return met is (positive == op)


def _values(thing: Any, names: Sequence[str]) -> list[Any]:
    """All there is under a name, through objects and lists."""
    if isinstance(thing, list):
        return [value for one in thing for value in _values(one, names)]
    if not names:
        return [thing]
    if not isinstance(thing, Mapping):
        return []
    return [
        value for key, inner in thing.items() if str(key).lower() == names[0] for value in _values(inner, names[1:])
    ]


def _meets(value: Any, op: str, condition: Condition, *, is_time: bool, now: int) -> bool:
    if op == "like":
        return fits(read_pattern(condition.text, WILD), str(value))
    if op == "rlike":
        try:
            return regex(condition.text)(str(value))
        except BadPattern as fault:
            raise Invalid.field(condition.field, why=f"{fault}.") from fault
    texts = condition.text.split(",") if op in _LISTS else [condition.text]
    if op == "between" and len(texts) != 2:
        raise Invalid.field(condition.field, why="between takes two values: a,b.")
    if is_time or op == "on":
        return _meets_time(value, op, moments(texts, condition.field, now))
    return _TESTS[op](value, [_like(value, text, condition.field) for text in texts])


def _meets_time(value: Any, op: str, given: Sequence[int]) -> bool:
    moment = read_time(value, where="value") if isinstance(value, str) else int(value)
    if op in {"eq", "in"}:
        return moment // SECOND in {one // SECOND for one in given}
    return _TESTS[op](moment, given)


def _like(value: Any, text: str, field: str) -> Any:
    """What was written, as the kind of thing that the value is."""
    if isinstance(value, bool):
        if text.lower() not in {"true", "false", "1", "0"}:
            raise Invalid.field(field, why=f"{text} is neither true nor false.")
        return text.lower() in {"true", "1"}
    if isinstance(value, int | float):
        try:
            return float(text)
        except ValueError:
            raise Invalid.field(field, why=f"{text} is not a number.") from None
    return text


def moments(texts: Sequence[str], field: str, now: int) -> list[int]:
    """What was written, in microseconds since 1970. Raises Invalid."""
    return [read_moment(text, field, now) for text in texts]


def read_moment(text: str, field: str, now: int) -> int:
    """A moment as people write one: ISO 8601, seconds since 1970, ``yesterday``, ``2 days ago``. Raises Invalid."""
    word = text.strip()
    if _EPOCH.fullmatch(word):
        return int(word) * SECOND if len(word) == 10 else int(word) * 1000
    if word.lower() in _DAYS:
        day = datetime.fromtimestamp(now // SECOND, UTC) + timedelta(days=_DAYS[word.lower()])
        return int(day.replace(hour=0, minute=0, second=0).timestamp()) * SECOND
    if word.lower() == "now":
        return now
    if ago := _AGO.fullmatch(word):
        return now - int(ago[1] or 1) * _UNITS[ago[2].lower()] * SECOND
    try:
        return read_time(word, where=field)
    except Invalid:
        raise Invalid({(): [f"Illegal date format for {field}: {word}"]}) from None
