"""Conditions, orders and parts of lists (core.search, core.listing) as SQL, as far as it means exactly the same.

What SQL would compare in another way, or take too long over, is left to whoever reads the rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Float,
    Numeric,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    text,
)

from dragoman.core.patterns import Pattern, Wild
from dragoman.core.search import AllOf, Condition, Kind, Op, Query
from dragoman.core.sources import Source, Wanted
from dragoman.store.held import expression, tables_of
from dragoman.store.tables import metadata

CONDITIONS, VALUES, RUNS = 100, 500, 2
"""At most so many conditions and values are told in SQL, and so many wild runs in a pattern: a database tries all ways
of a pattern with many."""
_LARGEST = 1 << 63
_AS_IT_IS = text("SET LOCAL jit = off")
"""PostgreSQL would compile long conditions for a second, to look at rows for half a one."""

_Clause = ColumnElement[bool]


class Search:
    """One wanted list on one connection."""

    def __init__(self, conn: Connection, wanted: Wanted) -> None:
        if conn.dialect.name == "postgresql":
            conn.execute(_AS_IT_IS)
        self._is_sqlite, self._wanted = conn.dialect.name == "sqlite", wanted
        self._told: dict[str, ColumnElement[Any]] = {}

    @property
    def looks_at(self) -> frozenset[str]:
        """The tables that what was told so far looks at."""
        return tables_of(self._told.values())

    def conditions(self) -> tuple[list[_Clause], bool]:
        """What of the query can be told in SQL, and whether that is all of it."""
        query = self._wanted.query
        if not _is_small(query):
            return [], False
        parts = query.parts if isinstance(query, AllOf) else (query,)
        clauses = [self._clause(part) for part in parts]
        return [one for one in clauses if one is not None], all(one is not None for one in clauses)

    def order(self) -> list[ColumnElement[Any]] | None:
        """The order that is asked for, missing values last, and first where it is falling; None: not in SQL."""
        found: list[ColumnElement[Any]] = []
        for name, falling in self._wanted.listing.order:
            held = self._expression(name)
            if held is None:
                return None
            found += [held.is_(None).desc(), held.desc()] if falling else [held.is_(None), held]
        return found

    def after(self) -> list[_Clause]:
        """What comes after the value that the list is to start after. Only where ``order`` has an answer."""
        listing = self._wanted.listing
        if listing.start_after is None:
            return []
        name, falling = listing.order[0]
        return [self._compared(name, Op.LT if falling else Op.GT, (listing.start_after,))]

    def _clause(self, query: Query) -> _Clause | None:
        if isinstance(query, Condition):
            return self._condition(query)
        parts = [self._clause(part) for part in query.parts]
        if any(one is None for one in parts):
            return None
        join = and_ if isinstance(query, AllOf) else or_
        return join(literal(value=isinstance(query, AllOf), type_=Boolean), *(one for one in parts if one is not None))

    def _condition(self, asked: Condition) -> _Clause | None:
        source = self._wanted.sources.get(asked.attribute)
        if asked.kind is Kind.TEXTS and isinstance(source, Source):
            return self._in_list(asked, source)
        if asked.kind not in _COMPARED or self._expression(asked.attribute) is None:
            return None
        if asked.op in {Op.LIKE, Op.NLIKE}:
            return self._like(asked) if asked.values[0].count(Wild.RUN) <= RUNS else None
        if any(isinstance(one, int | float) and abs(one) >= _LARGEST for one in asked.values):
            return None
        return self._compared(asked.attribute, asked.op, asked.values)

    def _in_list(self, asked: Condition, source: Source) -> _Clause:
        """A list within JSON, which is always there."""
        table, _, column = source.column.partition(".")
        held = metadata.tables[table].c[column]
        if self._is_sqlite:
            items = func.json_each(held, "".join(f".{key}" for key in ("$", *source.path))[1:]).table_valued("value")
        else:
            items = func.json_array_elements_text(held[source.path]).table_valued("value")
        some = [asked.values] if asked.op in {Op.IN, Op.NIN} else [(one,) for one in asked.values]
        found = and_(*(select(literal(1)).where(items.c.value.in_(values)).exists() for values in some))
        return found if asked.op in {Op.IN, Op.CONTAINS} else ~found

    def _compared(self, name: str, op: Op, values: Sequence[Any]) -> _Clause:
        held = self._told[name]
        told = [self._told_value(one) for one in values]
        return _COMPARISONS[op](held, told)

    def _told_value(self, value: Any) -> ColumnElement[Any]:
        """Where one of several values is of floating point, PostgreSQL would round all the others: so none is."""
        if isinstance(value, float) and not self._is_sqlite:
            return literal(Decimal(value), Numeric())
        return literal(value, _value_type(value))

    def _like(self, asked: Condition) -> _Clause:
        held, pattern = self._told[asked.attribute], asked.values[0]
        if self._is_sqlite:
            fits: _Clause = held.op("GLOB", is_comparison=True)(_as_glob(pattern))
        else:
            fits = held.like(_as_like(pattern), escape="\\")
        return fits if asked.op is Op.LIKE else and_(held.is_not(None), ~fits)

    def _expression(self, name: str) -> ColumnElement[Any] | None:
        source, kind = self._wanted.sources.get(name), self._wanted.kinds.get(name)
        if source is None or kind is None or kind not in _COMPARED:
            return None
        if name not in self._told:
            self._told[name] = expression(source, kind, is_sqlite=self._is_sqlite)
        return self._told[name]


_COMPARED = frozenset({Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.TIME})

_COMPARISONS: Mapping[Op, Callable[[ColumnElement[Any], list[Any]], _Clause]] = {
    Op.EQ: lambda held, told: held == told[0],
    Op.NEQ: lambda held, told: held != told[0],
    Op.GT: lambda held, told: held > told[0],
    Op.GTE: lambda held, told: held >= told[0],
    Op.LT: lambda held, told: held < told[0],
    Op.LTE: lambda held, told: held <= told[0],
    Op.IN: lambda held, told: held.in_(told),
    Op.NIN: lambda held, told: held.not_in(told),
    Op.BETWEEN: lambda held, told: and_(held >= told[0], held <= told[1]),
    Op.NBETWEEN: lambda held, told: or_(held < told[0], held > told[1]),
}


def _value_type(value: Any) -> Any:
    if isinstance(value, bool):
        return Boolean()
    return BigInteger() if isinstance(value, int) else Float() if isinstance(value, float) else Text()


def _is_small(query: Query) -> bool:
    found = list(_all_in(query))
    return len(found) <= CONDITIONS and sum(len(one.values) for one in found) <= VALUES


def _all_in(query: Query) -> Iterable[Condition]:
    if isinstance(query, Condition):
        yield query
    else:
        for part in query.parts:
            yield from _all_in(part)


def _as_glob(pattern: Pattern) -> str:
    wild = {Wild.RUN: "*", Wild.ONE: "?"}
    return "".join(wild[one] if isinstance(one, Wild) else f"[{one}]" if one in "*?[" else one for one in pattern)


def _as_like(pattern: Pattern) -> str:
    wild = {Wild.RUN: "%", Wild.ONE: "_"}
    return "".join(wild[one] if isinstance(one, Wild) else f"\\{one}" if one in "%_\\" else one for one in pattern)
