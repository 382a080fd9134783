"""Conditions on things: a small tree of them, and whether a thing (a dict of attributes) meets it. Pure.

The texts that clients write are read by search_words and search_sql; an attribute that a thing has not meets nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.patterns import Pattern, fits
from dragoman.core.search_times import read_time

DIGITS = 40
"""A number is written with at most so many characters."""


class Kind(StrEnum):
    """What an attribute holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "boolean"
    TIME = "timestamp"
    """Microseconds since 1970, or ISO text."""
    TEXTS = "list of text"
    OBJECT = "object"
    """Can be selected, but not searched."""
    ANY = "anything"
    """Told from the value that is found."""


class Op(StrEnum):
    """How an attribute is compared."""

    EQ = "eq"
    NEQ = "neq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"
    LIKE = "like"
    NLIKE = "nlike"
    BETWEEN = "between"
    NBETWEEN = "nbetween"
    CONTAINS = "contains"
    NCONTAINS = "ncontains"


LISTS = frozenset({Op.IN, Op.NIN, Op.BETWEEN, Op.NBETWEEN, Op.CONTAINS, Op.NCONTAINS})
"""These take several values."""
LIKES = frozenset({Op.LIKE, Op.NLIKE})
PAIRS = frozenset({Op.BETWEEN, Op.NBETWEEN})
_ORDERED = frozenset({Op.EQ, Op.NEQ, Op.GT, Op.GTE, Op.LT, Op.LTE, Op.BETWEEN, Op.NBETWEEN})
_AMONG = frozenset({Op.IN, Op.NIN})

ALLOWED: Mapping[Kind, frozenset[Op]] = {
    Kind.TEXT: _ORDERED | _AMONG | LIKES,
    Kind.NUMBER: _ORDERED | _AMONG,
    Kind.FLAG: frozenset({Op.EQ, Op.NEQ}),
    Kind.TIME: _ORDERED,
    Kind.TEXTS: _AMONG | {Op.CONTAINS, Op.NCONTAINS},
    Kind.OBJECT: frozenset(),
    Kind.ANY: frozenset(Op),
}
"""Which comparisons each kind of attribute knows."""

_POSITIVE = {Op.NEQ: Op.EQ, Op.NIN: Op.IN, Op.NLIKE: Op.LIKE, Op.NBETWEEN: Op.BETWEEN, Op.NCONTAINS: Op.CONTAINS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison. Values are of the attribute's kind, for ``like`` one pattern."""

    attribute: str
    op: Op
    values: tuple[Any, ...]
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Holds where all of its parts do."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Holds where one of its parts does."""

    parts: "tuple[Query, ...]"


Query = Condition | AllOf | AnyOf
EVERYTHING = AllOf(parts=())


def condition(attribute: str, kind: Kind, op: Op, texts: Sequence[str | Pattern], *, where: str) -> Condition:
    """The comparison of an attribute with values as they were written. Raises Invalid."""
    if op not in ALLOWED[kind]:
        known = ", ".join(sorted(ALLOWED[kind])) or "none: it can only be selected"
        raise Invalid.field(where, why=f"{op} does not fit {attribute}, a {kind}. What does: {known}.")
    if op in PAIRS and len(texts) != 2:
        raise Invalid.field(where, why=f"{op} needs exactly two values for {attribute}, but got {len(texts)}.")
    values = tuple(one if isinstance(one, tuple) else read_value(kind, one, where=where) for one in texts)
    return Condition(attribute=attribute, op=op, values=values, kind=kind)


def read_value(kind: Kind, text: str, *, where: str) -> Any:
    """A written value as one of this kind. Raises Invalid."""
    if kind is Kind.NUMBER:
        return _number(text, where)
    if kind is Kind.FLAG:
        if text.lower() not in {"true", "false"}:
            raise Invalid.field(where, why=f'"{text}" is neither true nor false.')
        return text.lower() == "true"
    return read_time(text, where=where) if kind is Kind.TIME else text


def _number(text: str, where: str) -> int | float:
    for read in (int, float):
        try:
            value = read(text) if len(text) <= DIGITS and text.isascii() and "_" not in text else float("nan")
        except ValueError:
            continue
        if abs(value) < float("inf"):
            return value
    raise Invalid.field(where, why=f'"{text}" is not a number.')


def attributes(query: Query) -> frozenset[str]:
    """The attributes that a query looks at."""
    if isinstance(query, Condition):
        return frozenset({query.attribute})
    return frozenset[str]().union(*map(attributes, query.parts))


def holds(query: Query, thing: Mapping[str, Any]) -> bool:
    """Whether a thing meets the query."""
    if isinstance(query, AllOf):
        return all(holds(part, thing) for part in query.parts)
    if isinstance(query, AnyOf):
        return any(holds(part, thing) for part in query.parts)
    value = thing.get(query.attribute)
    if value is None:
        return False
    if query.kind is Kind.ANY:
        return _holds_any(query, value)
    positive = _POSITIVE.get(query.op, query.op)
    return _TESTS[positive](comparable(query.kind, value), query.values) is (positive is query.op)


def comparable(kind: Kind, value: Any) -> Any:
    """A thing's value as it is compared and sorted by."""
    return read_time(value, where="value") if kind is Kind.TIME and isinstance(value, str) else value


def _holds_any(query: Condition, value: Any) -> bool:
    kind = next((kind for form, kind in _KINDS if isinstance(value, form)), Kind.OBJECT)
    try:
        known = condition(query.attribute, kind, query.op, query.values, where="value")
    except Invalid:
        return False
    return holds(known, {query.attribute: value})


_KINDS = ((bool, Kind.FLAG), ((int, float), Kind.NUMBER), (str, Kind.TEXT), (list, Kind.TEXTS))


def _among(value: Any, values: Sequence[Any]) -> bool:
    return any(one in values for one in value) if isinstance(value, list) else value in values


_TESTS: Mapping[Op, Callable[[Any, Sequence[Any]], bool]] = {
    Op.EQ: lambda value, values: bool(value == values[0]),
    Op.GT: lambda value, values: bool(value > values[0]),
    Op.GTE: lambda value, values: bool(value >= values[0]),
    Op.LT: lambda value, values: bool(value < values[0]),
    Op.LTE: lambda value, values: bool(value <= values[0]),
    Op.BETWEEN: lambda value, values: bool(values[0] <= value <= values[1]),
    Op.LIKE: lambda value, values: fits(values[0], value),
    Op.IN: _among,
    Op.CONTAINS: lambda value, values: all(one in value for one in values),
}
