"""What was asked for, its runs, and all that happened to them."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import Id, metadata, new_id

job = Table(
    "job",
    metadata,
    new_id(),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("input_bytes", BigInteger, nullable=False),
    Column("output_bytes", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("runs_open", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("submitted_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("letter", Text, nullable=False),
    Column("workload", JSON, nullable=False),
    Column("subscriptions", Integer, nullable=False, server_default="0"),
    Unique("door", "alias"),
    Index("ix_job_list", "door", "owner_id", "id", "state", "name"),
    sqlite_autoincrement=True,
)
"""Lists leave out the last three columns: two may be large, and the third lies behind them. ``subscriptions`` is how
many there are to the job, so that a move knows without another query. Names are indexed: doors take at most 1,000
bytes."""

job_input = Table(
    "job_input",
    metadata,
    Column("job_id", ForeignKey("job.id"), primary_key=True),
    Column("file_id", Id, primary_key=True),
    Index("ix_job_input_file", "file_id", "job_id"),
)
"""Which files a job names; one that was removed may still be named."""

run = Table(
    "run",
    metadata,
    new_id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("left", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("exit_code", Integer),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("queue", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("key_digest", Text, nullable=False),
    Column("handle", JSON, nullable=False),
    Column("wish", Text, nullable=False),
    Column("variables", JSON, nullable=False),
    Column("output_count", Integer, nullable=False),
    Column("output_bytes", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("app_id", Id),
    Unique("job_id", "number"),
    Index("ix_run_token", "token"),
    Index("ix_run_key_digest", "key_digest"),
    sqlite_autoincrement=True,
)

event = Table(
    "event",
    metadata,
    new_id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("run_id", Id),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("now", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Unique("job_id", "seq"),
    sqlite_autoincrement=True,
)
