"""Systems in the field that dial in, and what they are to do."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from dragoman.store.tables.columns import metadata, new_id

node = Table(
    "node",
    metadata,
    new_id(),
    Column("vsn", Text, nullable=False),
    Column("vsn_lower", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("key_digest", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("seen_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Systems in the field that dial in, each with the digest of its one token; ``version`` rises with each change of what
it is to do."""

goal = Table(
    "goal",
    metadata,
    new_id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("job_id", ForeignKey("job.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("lifetime", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("heard_at", BigInteger),
    Column("withdrawn_at", BigInteger),
    Column("completed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("failed_at", BigInteger),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What each submit made of a job of the field, and what became of its runs."""

goal_part = Table(
    "goal_part",
    metadata,
    Column("goal_id", ForeignKey("goal.id"), primary_key=True),
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("part", JSON, nullable=False),
    Column("is_served", Boolean, nullable=False),
    Index("ix_goal_part_node", "node_id", "is_served"),
)
"""A node's share of a goal; served until the goal is withdrawn."""

heard = Table(
    "heard",
    metadata,
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("outbox", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("highest", BigInteger, nullable=False),
)
"""Up to which number what a node tells has been acted on, for each stream of each of its outboxes."""
