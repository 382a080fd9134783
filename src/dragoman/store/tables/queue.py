"""What is to be done."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import Id, metadata, new_id

work = Table(
    "work",
    metadata,
    new_id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("owner_id", Id),
    Column("gate", Id),
    Column("holds", Id),
    Column("turn", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("note", JSON, nullable=False),
    Unique("kind", "ref"),
    Index("ix_work_due", "gate", "due_at"),
    Index("ix_work_turn", "gate", "turn"),
    Index("ix_work_owner_turn", "gate", "owner_id", "turn"),
    Index("ix_work_holds", "holds"),
    sqlite_autoincrement=True,
)
"""What is to be done. ``gate`` is a system the row waits at for a slot, in the order of ``turn``; ``holds`` is the
system whose slot it has. Finished work has no row."""
