"""Fills a stopped service's measurements with points of many series, through the room's own tables."""

import time
from pathlib import Path

from sqlalchemy import Connection, select

from dragoman.core.measurements import SECOND, Measurement
from dragoman.measurements import prepare, tables
from dragoman.measurements.appending import put
from dragoman.store.sqlite import SqliteDb

NODES = [f"N{number:03}" for number in range(100)]
NAMES = [f"{kind}.n{number}" for kind, count in (("env", 7), ("sys", 3)) for number in range(count)]
STEP = 30
"""Seconds between two points of a series."""


def stock_points(data: Path, count: int) -> int:
    """``count`` points, as many in each series; the time of the newest one in nanoseconds."""
    newest = time.time_ns() // SECOND * SECOND
    each = count // (len(NODES) * len(NAMES))
    metas = [
        {"vsn": node, "node": f"{number:016x}", "host": "core", "zone": "core"} for number, node in enumerate(NODES)
    ]
    series = [Measurement(newest, name, 0.0, meta) for name in NAMES for meta in metas]

    def fill(conn: Connection) -> None:
        put(conn, series, {})
        for (key,) in conn.execute(select(tables.series.c.id)).all():
            rows = [(key, newest - place * STEP * SECOND, None, place * 0.25, None) for place in range(each, 0, -1)]
            conn.exec_driver_sql('INSERT INTO point (series, "at", whole, number, text) VALUES (?, ?, ?, ?, ?)', rows)

    db = SqliteDb(str(data / "measurements.db"), prepare=prepare)
    try:
        db.write_now(fill)
    finally:
        db.close()
    return newest
