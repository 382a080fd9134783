"""What holds an attribute of a thing (core.sources), as an SQL expression, within a query about such things."""

from collections.abc import Iterable, Mapping
from functools import reduce, singledispatch
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Numeric, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.sql.visitors import iterate

from dragoman.core.search import Kind
from dragoman.core.sources import (
    Choice,
    Fixed,
    Held,
    Is,
    IsPublic,
    Joined,
    LastMove,
    MoveCount,
    Moves,
    Source,
    TransferOf,
    Written,
)
from dragoman.core.things import Verb
from dragoman.store.json_text import WithoutBlanks
from dragoman.store.tables import event, grants, job, metadata, run, transfer

_Told = ColumnElement[Any]


def expression(held: Held, kind: Kind, *, is_sqlite: bool) -> _Told:
    """Its value as it is compared and sorted by: texts by their code points, times in microseconds."""
    told = _told(held, kind)
    return told if kind is not Kind.TEXT or is_sqlite else told.collate("C")


def tables_of(told: Iterable[_Told]) -> frozenset[str]:
    """The names of all tables that some expressions look at."""
    found = (one for each in told for one in iterate(each))
    return frozenset(str(one.table.name) for one in found if isinstance(one, Column))


@singledispatch
def _told(held: Held, _: Kind) -> _Told:
    raise TypeError(held)


@_told.register
def _(held: Source, kind: Kind) -> _Told:
    return _called(_lies(held, kind), held.words)


@_told.register
def _(held: Written, _: Kind) -> _Told:
    table, _dot, column = held.column.partition(".")
    return WithoutBlanks(cast(metadata.tables[table].c[column][held.path], Text))


@_told.register
def _(held: LastMove, _: Kind) -> _Told:
    last = select(event.c[held.column]).where(or_(*map(_is, held.among))).order_by(event.c.seq.desc()).limit(1)
    told = last.correlate(job).scalar_subquery()
    return case(_words(held.words), value=told, else_=None) if held.words else told


@_told.register
def _(held: MoveCount, _: Kind) -> _Told:
    return select(func.count()).select_from(event).where(_is(held.of)).correlate(job).scalar_subquery()


@_told.register
def _(held: TransferOf, _: Kind) -> _Told:
    first = select(transfer.c.alias).where(transfer.c.run_id == run.c.id, transfer.c.tag == held.tag)
    return first.order_by(transfer.c.id).limit(1).correlate(run).scalar_subquery()


@_told.register
def _(held: IsPublic, _: Kind) -> _Told:
    thing = metadata.tables[held.kind]
    fits = (grants.c.kind == held.kind, grants.c.ref == thing.c.id, grants.c.verb == Verb.SHARE.value)
    return select(literal(1)).where(*fits, grants.c.account_id.is_(None)).correlate(thing).exists()


@_told.register
def _(held: Fixed, kind: Kind) -> _Told:
    return literal(held.value, Text() if kind is Kind.TEXT else BigInteger())


@_told.register
def _(held: Joined, _: Kind) -> _Told:
    return reduce(ColumnElement.concat, (_told(one, Kind.TEXT) for one in held.parts))


@_told.register
def _(held: Choice, kind: Kind) -> _Told:
    cases = [(and_(*map(_holds, conditions)), _told(one, kind)) for conditions, one in held.cases]
    return case(*cases, else_=_told(held.otherwise, kind))


def _lies(source: Source, kind: Kind) -> _Told:
    table, _, column = source.column.partition(".")
    held: _Told = metadata.tables[table].c[column]
    if source.path:
        inside = metadata.tables[table].c[column][source.path]
        held = inside.as_boolean() if kind is Kind.FLAG else inside.as_string()
        held = cast(held, Numeric(20, 0)) if kind is Kind.NUMBER else held
    is_text = kind is not Kind.TEXT or (isinstance(held.type, Text) and not source.path)
    return held if is_text else cast(held, Text)  # JSON may hold a number where a text is shown


def _called(held: _Told, words: Mapping[str, str | None]) -> _Told:
    return case(_words(words), value=held, else_=held) if words else held


def _words(words: Mapping[str, str | None]) -> dict[str, str | None]:
    return {str(key): word for key, word in words.items()}


def _is(moves: Moves) -> ColumnElement[bool]:
    fits = [event.c.job_id == job.c.id, event.c.kind == "move", event.c.run_id.is_not(None)]
    fits += [event.c.now.in_(moves.now), event.c.was.not_in(moves.but)]
    return and_(*fits, *([event.c.was.in_(moves.was)] if moves.was else []))


def _holds(one: Is) -> ColumnElement[bool]:
    held = _told(one.held, Kind.TEXT)
    return held.not_in(one.values) if one.other else held.in_(one.values)
