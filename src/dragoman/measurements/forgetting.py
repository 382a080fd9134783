"""Deletes what is older than anybody wants to know, some at a time."""

from sqlalchemy import Connection, delete, select

from dragoman.measurements.partitions import drop_partitions
from dragoman.measurements.tables import point, series

SERIES = 200
"""Series that are shortened at once."""
POINTS = 50_000
"""Points that are deleted at once."""


def forget(conn: Connection, before: int, after: int) -> int | None:
    """Delete what was measured before that time in some series above the id ``after``; the last one; None: no more."""
    drop_partitions(conn, before)
    ids = conn.execute(select(series.c.id).where(series.c.id > after).order_by(series.c.id).limit(SERIES)).scalars()
    last: int | None = None
    left = POINTS
    for series_id in ids:
        old = select(point.c.at).where(point.c.series == series_id, point.c.at < before).order_by(point.c.at)
        times = conn.execute(old.limit(left)).scalars().all()
        if times:
            conn.execute(delete(point).where(point.c.series == series_id, point.c.at <= times[-1]))
        left -= len(times)
        if left <= 0:
            return int(series_id) - 1  # this one may have more
        last = series_id
    if last is None:
        has_points = select(point.c.at).where(point.c.series == series.c.id).exists()
        conn.execute(delete(series).where(series.c.until <= before, ~has_points))
    return last
