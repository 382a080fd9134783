"""Who may do what on which thing, and who did what."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.pathtext import PathText
from dragoman.store.tables.columns import Id, metadata, new_id

grants = Table(
    "grants",
    metadata,
    new_id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("account_id", ForeignKey("account.id")),
    Column("verb", Text, nullable=False),
    Column("path", PathText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Unique("kind", "ref", "account_id", "verb", "path"),
    Index("ix_grants_account", "account_id", "kind", "ref"),
    sqlite_autoincrement=True,
)
"""Who may do what on which thing (``kind`` and ``ref``), below ``path`` where the thing has paths. Without an account:
everybody may."""

audit = Table(
    "audit",
    metadata,
    new_id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("version", PathText, nullable=False),
    Column("account_id", Id),
    Column("operation", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_audit_thing", "kind", "ref", "id"),
    sqlite_autoincrement=True,
)
"""What was done to systems and apps, by whom, in order."""
