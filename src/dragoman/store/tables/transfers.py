"""Copies of files between places."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from dragoman.store.tables.columns import Id, metadata, new_id

transfer = Table(
    "transfer",
    metadata,
    new_id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("run_id", Id),
    Column("tag", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("ix_transfer_owner", "owner_id", "id"),
    Index("ix_transfer_run", "run_id"),
    sqlite_autoincrement=True,
)
"""A copy of files between places, done in the background; ``run_id`` when it belongs to a run."""

transfer_part = Table(
    "transfer_part",
    metadata,
    new_id(),
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    Column("parent_id", Id),
    Column("alias", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("optional", Boolean, nullable=False),
    Column("is_directory", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("moved_bytes", BigInteger, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("account_id", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("ix_transfer_part_transfer", "transfer_id", "parent_id", "id"),
    sqlite_autoincrement=True,
)
"""What was asked for (no parent), and below it one row for each file that was found."""
