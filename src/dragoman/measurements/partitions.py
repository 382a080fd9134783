"""Points of each day by themselves, where the database can do that: forgetting a day is then done at once."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from dragoman.core.measurements import SECOND

DAY = 86_400 * SECOND
DEEPEST = 60
"""Days back from today that are kept each by itself; what comes later than that lies together."""
_LOCK = 7_243_002
_REST = "point_rest"
_THERE = """
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.oid = 'point'::regclass
"""


def make_partitions(conn: Connection, times: Iterable[int]) -> None:
    """Make the partitions in which points of these times will lie; nothing on SQLite."""
    if conn.dialect.name != "postgresql":
        return
    days = {at // DAY for at in times}
    there = _partitions(conn)
    missing = {_name(day): day for day in days if _name(day) not in there and _is_young(day)}
    if not missing and _REST in there:
        return
    conn.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    conn.execute(text(f"CREATE TABLE IF NOT EXISTS {_REST} PARTITION OF point DEFAULT"))
    for name, day in missing.items():
        span = f"FROM ({day * DAY}) TO ({(day + 1) * DAY})"
        conn.execute(text(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF point FOR VALUES {span}"))


def drop_partitions(conn: Connection, before: int) -> None:
    """Remove the partitions of days that are wholly before that time; nothing on SQLite."""
    if conn.dialect.name != "postgresql":
        return
    last = _name(before // DAY)
    for name in sorted(_partitions(conn)):
        if name != _REST and name < last:
            conn.execute(text(f"DROP TABLE {name}"))


def _partitions(conn: Connection) -> set[str]:
    return set(conn.execute(text(_THERE)).scalars())


def _name(day: int) -> str:
    return f"point_{datetime.fromtimestamp(day * 86_400, UTC):%Y%m%d}"


def _is_young(day: int) -> bool:
    today = int(datetime.now(UTC).timestamp()) // 86_400
    return day >= today - DEEPEST
