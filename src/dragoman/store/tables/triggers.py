"""Which events start jobs, and the jobs that they were to start."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import metadata, new_id

standing_trigger = Table(
    "standing_trigger",
    metadata,
    new_id(),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Which events start which stored job; ``skipped`` counts those that did not because of its rate."""

trigger_start = Table(
    "trigger_start",
    metadata,
    new_id(),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("job", Text, nullable=False),
    Column("variables", JSON, nullable=False),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("fault", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Unique("source", "event"),
    Index("ix_trigger_start_source", "source", "created_at"),
    sqlite_autoincrement=True,
)
"""Each job that was to be started because of an event: one for each trigger or rule (``source``) and ``event``.
``alias`` is the new job's, chosen before it is made; ``fault`` says why there is none."""
