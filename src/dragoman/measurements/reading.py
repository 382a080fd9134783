"""Reads series and their points, some at a time, so that no transaction stays open while somebody reads slowly."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from dragoman.core.measurements import Point, Series, Wanted
from dragoman.measurements.tables import point, series

BUNCH = 5_000
"""Points that are read at once."""

_HERE = (point.c.series == bindparam("series"), point.c.at >= bindparam("start"), point.c.at < bindparam("end"))
_POINTS = (
    select(point.c.at, point.c.whole, point.c.number, point.c.text)
    .where(*_HERE)
    .order_by(point.c.at)
    .limit(bindparam("most"))
)
_NEWEST = select(point.c.at).where(*_HERE).order_by(point.c.at.desc()).limit(1).offset(bindparam("skipped"))


@dataclass(slots=True)
class Place:
    """How far a reader has come: which series, from which time on, and how many of that series it has."""

    number: int = 0
    start: int | None = None
    taken: int = 0

    def next_series(self) -> "Place":
        """The beginning of the series behind this one."""
        return Place(number=self.number + 1)


def find_series(conn: Connection, wanted: Wanted) -> list[Series]:
    """The series that are meant and that may have something in the span, by name and age."""
    asked: Select[Any] = select(series.c.id, series.c.name, series.c.meta).where(series.c.until > wanted.start)
    if wanted.name is not None:
        asked = asked.where(series.c.name == wanted.name)
    rows: Iterable[Any] = conn.execute(asked.order_by(series.c.name, series.c.id)).yield_per(BUNCH)
    metas = ((row, json.loads(row.meta)) for row in rows)
    return [Series(id=row.id, name=row.name, meta=meta) for row, meta in metas if wanted.fits(row.name, meta)]


def read_points(
    conn: Connection, asked: Sequence[Series], wanted: Wanted, place: Place
) -> tuple[list[tuple[Series, list[Point]]], Place]:
    """A bunch of points from that place on, and the place behind it."""
    bunch: list[tuple[Series, list[Point]]] = []
    room = BUNCH
    while room > 0 and place.number < len(asked):
        one = asked[place.number]
        if place.start is None:
            place = Place(number=place.number, start=_first(conn, one, wanted))
        most = room if wanted.head is None else min(room, wanted.head - place.taken)
        points = _some(conn, one, wanted, place, most)
        if points:
            bunch.append((one, points))
        room -= len(points) + 1  # a series without points costs something too
        is_over = len(points) < most or place.taken + len(points) == wanted.head
        place = (
            place.next_series()
            if is_over
            else Place(number=place.number, start=points[-1][0] + 1, taken=place.taken + len(points))
        )
    return bunch, place


def _first(conn: Connection, one: Series, wanted: Wanted) -> int:
    """From when on a series is read: only its last points, when a tail is wanted."""
    if wanted.tail is None:
        return wanted.start
    values = {"series": one.id, "start": wanted.start, "end": wanted.end, "skipped": wanted.tail - 1}
    first = conn.execute(_NEWEST, values).scalar()
    return wanted.start if first is None else int(first)


def _some(conn: Connection, one: Series, wanted: Wanted, place: Place, most: int) -> list[Point]:
    values = {"series": one.id, "start": place.start, "end": wanted.end, "most": most}
    return [
        (at, whole if whole is not None else number if number is not None else text)
        for at, whole, number, text in conn.execute(_POINTS, values)
    ]
