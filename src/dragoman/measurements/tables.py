"""The tables of measurements, the same on SQLite and PostgreSQL; times are nanoseconds since 1970, UTC."""

import time

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
    text,
    update,
)

from dragoman.core.errors import Conflict

LAYOUT = 2
"""The number of this arrangement of tables; another one needs a way from this one, see ``_renew``."""
_LOCK = 7_243_001
"""Of several processes that start on one PostgreSQL, one makes the tables."""

metadata = MetaData()

layout = Table("measurement_layout", metadata, Column("number", Integer, primary_key=True, autoincrement=False))

series = Table(
    "series",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False, index=True),
    Column("meta", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""``key`` is the digest of name and meta. No point of it is at ``until`` or later, so that what asks for a span passes
by the series of jobs that ended long ago."""

point = Table(
    "point",
    metadata,
    Column("series", ForeignKey("series.id"), primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("whole", BigInteger),
    Column("number", Float(53)),
    Column("text", Text),
    sqlite_with_rowid=False,
    postgresql_partition_by='RANGE ("at")',
)
"""The value is in one of the last three. A series' points lie side by side, by time; on PostgreSQL, of each day."""

mark = Table(
    "mark",
    metadata,
    Column("node", Text, primary_key=True),
    Column("outbox", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("highest", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False, server_default="0"),
)
"""The highest number that was taken of each stream of each outbox, and when the last batch of it came."""


def prepare(engine: Engine) -> None:
    """Make what is missing. Safe to run from several processes at once. Raises Conflict for a newer arrangement."""
    with engine.connect() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        else:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        metadata.create_all(conn)
        found = conn.execute(select(layout.c.number)).scalar()
        if found is None:
            conn.execute(insert(layout).values(number=LAYOUT))
        elif found > LAYOUT:
            raise Conflict("The measurements were kept by a newer program.", hint="Install that one again.")
        elif found < LAYOUT:
            _renew(conn)
        conn.commit()


def _renew(conn: Connection) -> None:
    """From the first arrangement, whose marks had no times: they count as raised now."""
    conn.exec_driver_sql('ALTER TABLE mark ADD COLUMN "at" BIGINT NOT NULL DEFAULT 0')
    conn.execute(update(mark).values(at=time.time_ns()))
    conn.execute(update(layout).values(number=LAYOUT))
