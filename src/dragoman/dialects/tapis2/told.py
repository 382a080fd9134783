"""Conditions of a search in the store's words, as far as it compares as ``searching.holds`` does. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import isfinite

from dragoman.core.errors import Invalid
from dragoman.core.patterns import read_pattern
from dragoman.core.search import AllOf, AnyOf, Kind, Op, Query
from dragoman.core.search import Condition as Compared
from dragoman.dialects.tapis2.searching import SECOND, WILD, Condition, moments

_DENIALS = frozenset({"neq", "nin", "nlike"})
_MILLISECOND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A condition in the store's words."""

    query: Query
    is_exact: bool = True
    """It means the same; else all that meets the condition is among what is found."""


def told_plainly(
    condition: Condition, kinds: Mapping[str, Kind], *, maybe: Collection[str] = (), now: int
) -> Told | None:
    """What the store can do for a condition; None: nothing. Raises Invalid for a value that can never be compared.

    What ``maybe`` names a thing may lack: then it meets what denies something, for this door, and nothing at all for
    the store.
    """
    kind = kinds.get(condition.field)
    if kind is None or (condition.field in maybe and condition.op in _DENIALS):
        return None
    query = _READERS[kind](condition, now)
    return None if query is None else Told(query=query)


def _compared(condition: Condition, kind: Kind, op: Op, *values: object) -> Compared:
    return Compared(attribute=condition.field, op=op, values=values, kind=kind)


_OPS = {word: Op(word) for word in ("eq", "neq", "lt", "lte", "gt", "gte", "in", "nin", "between")}
_PAIR, _LISTS = 2, frozenset({"in", "nin", "between"})


def _texts(condition: Condition) -> list[str]:
    texts = condition.text.split(",") if condition.op in _LISTS else [condition.text]
    if condition.op == "between" and len(texts) != _PAIR:
        raise Invalid.field(condition.field, why="between takes two values: a,b.")
    return texts


def _text(condition: Condition, _: int) -> Query | None:
    if condition.op in {"like", "nlike"}:
        return _compared(condition, Kind.TEXT, Op(condition.op), read_pattern(condition.text, WILD))
    return _compared(condition, Kind.TEXT, _OPS[condition.op], *_texts(condition)) if condition.op in _OPS else None


def _number(condition: Condition, _: int) -> Query | None:
    if condition.op not in _OPS:
        return None
    try:
        values = [float(text) for text in _texts(condition)]
    except ValueError:
        raise Invalid.field(condition.field, why=f"{condition.text} is not a number.") from None
    return _compared(condition, Kind.NUMBER, _OPS[condition.op], *values) if all(map(isfinite, values)) else None


def _flag(condition: Condition, _: int) -> Query | None:
    word = condition.text.lower()
    if condition.op not in {"eq", "neq"}:
        return None
    if word not in {"true", "false", "1", "0"}:
        raise Invalid.field(condition.field, why=f"{condition.text} is neither true nor false.")
    return _compared(condition, Kind.FLAG, Op(condition.op), word in {"true", "1"})


def _time(condition: Condition, now: int) -> Query | None:
    """Rows hold microseconds, this door shows milliseconds, and calls the same what is of one second."""
    op = {"before": "lt", "after": "gt"}.get(condition.op, condition.op)
    if op not in _SPANS:
        return None
    given = moments(_texts(condition), condition.field, now)
    spans = [_SPANS[op](one) for one in given] if op != "between" else [(_from(given[0]), _until(given[1]))]
    return AnyOf(parts=tuple(_within(condition, *span) for span in spans))


def _within(condition: Condition, first: int | None, end: int | None) -> Query:
    ends = [] if first is None else [_compared(condition, Kind.TIME, Op.GTE, first)]
    return AllOf(parts=(*ends, *([] if end is None else [_compared(condition, Kind.TIME, Op.LT, end)])))


def _from(moment: int) -> int:
    """The first microsecond of what is shown as this moment, or later."""
    return -(-moment // _MILLISECOND) * _MILLISECOND


def _until(moment: int) -> int:
    """The first microsecond of what is shown as later than this moment."""
    return (moment // _MILLISECOND + 1) * _MILLISECOND


def _whole(length: int) -> Callable[[int], tuple[int, int]]:
    return lambda moment: (moment // length * length, (moment // length + 1) * length)


_SPANS: Mapping[str, Callable[[int], tuple[int | None, int | None]]] = {
    "lt": lambda moment: (None, _from(moment)),
    "lte": lambda moment: (None, _until(moment)),
    "gt": lambda moment: (_until(moment), None),
    "gte": lambda moment: (_from(moment), None),
    "between": lambda moment: (moment, moment),
    "eq": _whole(SECOND),
    "in": _whole(SECOND),
    "on": _whole(86_400 * SECOND),
}
"""From which microsecond on, and up to which, a row meets a comparison with a moment."""

_READERS: Mapping[Kind, Callable[[Condition, int], Query | None]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TIME: _time,
}
