"""The tables of a node. Times are microseconds since 1970, UTC, but those of measurements, which are nanoseconds."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    select,
    text,
)

from dragoman.core.errors import Conflict

LAYOUT = 1
"""The number of this arrangement of tables; another one needs a way from this one."""

metadata = MetaData()

fact = Table("edge_fact", metadata, Column("name", Text, primary_key=True), Column("value", JSON, nullable=False))
"""The few things that a node knows of itself."""

goal = Table(
    "edge_goal",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("job", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", JSON, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
"""What the node is to do, as the centre said it last."""

rule = Table(
    "edge_rule",
    metadata,
    Column("job", Text, primary_key=True),
    Column("text", Text, primary_key=True),
    Column("served", BigInteger),
    Column("held", Boolean, nullable=False),
)
"""For each rule of a job the last tick that it has fired for, and whether it held when it was last looked at. It stays
when the job is submitted anew, so that no tick is served twice."""

firing = Table(
    "edge_firing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("goal", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("plugin", Text, nullable=False),
    Column("pod", Text, nullable=False, unique=True),
    Column("app", Text, nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("job_id", Integer, index=True),
    Column("queued_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Index("ix_edge_firing_success", "plugin", "outcome", "ended_at"),
    Index("ix_edge_firing_state", "state"),
    Index(
        "ix_edge_firing_active",
        "job",
        "plugin",
        unique=True,
        sqlite_where=text("state != 'ended'"),
        postgresql_where=text("state != 'ended'"),
    ),
    sqlite_autoincrement=True,
)
"""One execution of a plugin, from the moment its rule fired. A job has one of each plugin at a time."""

reading = Table(
    "edge_reading",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
    Index("ix_edge_reading_name", "name", "at"),
    Index("ix_edge_reading_at", "at"),
    sqlite_autoincrement=True,
)
"""What was measured lately on this node, for its rules."""

kept = Table(
    "edge_kept",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""What rules have set."""

outbox = Table(
    "edge_outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("record", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Index("ix_edge_outbox_stream", "stream", "number"),
    sqlite_autoincrement=True,
)
"""What the centre has not acknowledged yet; numbers rise for ever, also when rows before them are gone."""

outbox_name = Table(
    "edge_outbox_name",
    metadata,
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
)
"""Under which name the centre knows the numbers of the outbox, from that one on. Each start of the agent takes another:
a database that comes back from a backup would give numbers again that the centre knows with something else."""

parcel = Table(
    "edge_parcel",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("folder", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("filename", Text, nullable=False),
    Column("meta", JSON, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""A file to upload: its folder in the spool holds the bytes."""


log = Table(
    "edge_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("goal", Text, nullable=False),
    Column("pod", Text, nullable=False),
    Column("blob", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What an execution that has ended wrote, for the centre; the bytes are a blob of the engine's."""


def prepare(conn: Connection) -> None:
    """Make what is missing. Raises Conflict for a newer arrangement."""
    metadata.create_all(conn)
    found = conn.execute(select(fact.c.value).where(fact.c.name == "layout")).scalar()
    if found is None:
        conn.execute(insert(fact).values(name="layout", value=LAYOUT))
    elif found > LAYOUT:
        raise Conflict("The node's database was written by a newer program.", hint="Install that one again.")
