"""What was measured lately on the node, and what its rules have set. Times of readings are nanoseconds."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from dragoman.core.measurements import Measurement
from dragoman.core.rules import Point
from dragoman.store.edge.tables import kept, reading

MOST_POINTS = 100_000


def add_readings(conn: Connection, measurements: Sequence[Measurement]) -> None:
    """Remember these for a while."""
    if measurements:
        rows = [{"name": one.name, "at": one.at, "value": one.value, "meta": dict(one.meta)} for one in measurements]
        conn.execute(insert(reading), rows)


def find_points(conn: Connection, name: str, *, since: int, until: int, meta: Mapping[str, str]) -> list[Point]:
    """The values of a measurement in that span (nanoseconds, both ends count), oldest first; times in microseconds."""
    query = (
        select(reading.c.at, reading.c.value, reading.c.meta)
        .where(reading.c.name == name, reading.c.at >= since, reading.c.at <= until)
        .order_by(reading.c.at.desc(), reading.c.id.desc())
        .limit(MOST_POINTS)
    )
    rows = conn.execute(query).all()
    wanted = meta.items()
    return [Point(row.at // 1000, row.value) for row in reversed(rows) if wanted <= row.meta.items()]


def forget_readings(conn: Connection, *, before: int, most: int) -> None:
    """Forget what is older than that, and the oldest of more than ``most``."""
    conn.execute(delete(reading).where(reading.c.at < before))
    last = conn.execute(select(func.max(reading.c.id))).scalar() or 0
    conn.execute(delete(reading).where(reading.c.id <= last - most))


def keep_value(conn: Connection, key: str, value: Any, *, at: int) -> None:
    """Set a value under a key."""
    new = upsert(kept).values(key=key, value=value, at=at)
    conn.execute(new.on_conflict_do_update(index_elements=["key"], set_={"value": value, "at": at}))


def kept_values(conn: Connection) -> dict[str, Any]:
    """Everything that was set, by key."""
    return {row.key: row.value for row in conn.execute(select(kept))}
