"""Deletes what is older than anybody wants to know, some at a time."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, func, select

from dragoman.measurements.partitions import drop_partitions
from dragoman.measurements.tables import mark, point, series

SERIES = 200
"""Series that are shortened at once."""
POINTS = 50_000
"""Points that are deleted at once."""


def forget(conn: Connection, before: int, after: int, name: str | None) -> int | None:
    """Delete what was measured before that time in some series above the id ``after``; the last one; None: no more.

    Of all series, or of those of one name.
    """
    meant = [] if name is None else [series.c.name == name]
    if name is None:
        drop_partitions(conn, before)
    next_ones = select(series.c.id).where(series.c.id > after, *meant).order_by(series.c.id).limit(SERIES)
    ids = conn.execute(next_ones).scalars().all()
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
        conn.execute(delete(series).where(series.c.until <= before, *meant, ~has_points))
    return last


def left(conn: Connection, before: int, most: int) -> list[tuple[str, str]]:
    """See core.ports.Measurements."""
    heard = select(mark.c.node, mark.c.outbox, func.max(mark.c.at).label("at")).group_by(mark.c.node, mark.c.outbox)
    one, later = heard.subquery("one"), heard.subquery("later")
    has_later = exists().where(later.c.node == one.c.node, later.c.at > one.c.at)
    found = select(one.c.node, one.c.outbox).where(one.c.at < before, has_later).limit(most)
    return [(row.node, row.outbox) for row in conn.execute(found)]


def forget_marks(conn: Connection, before: int, outboxes: Sequence[tuple[str, str]]) -> None:
    """See core.ports.Measurements."""
    for node, outbox in outboxes:
        conn.execute(delete(mark).where(mark.c.node == node, mark.c.outbox == outbox, mark.c.at < before))
