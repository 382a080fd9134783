"""Where work is done and files lie, and how one logs in there."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import metadata, new_id

system = Table(
    "system",
    metadata,
    new_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("shell", Text, nullable=False),
    Column("scheduler", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("facets", JSON, nullable=False),
    Column("kind", Text, nullable=False, server_default="linux"),
    Column("host", Text, nullable=False, server_default=""),
    Column("port", Integer, nullable=False, server_default="0"),
    Column("root", Text, nullable=False, server_default=""),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("uuid", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    Column("deleted_at", BigInteger),
    Column("budgets", JSON),
    sqlite_autoincrement=True,
)
"""``kind`` is linux or s3 (``host`` is then its endpoint); ``root`` is the directory that paths are relative to;
``budgets`` says how many runs an owner or a queue may have at once (quotas.Budgets)."""

credential = Table(
    "credential",
    metadata,
    new_id(),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("account_id", ForeignKey("account.id")),
    Column("login", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Unique("system_id", "account_id"),
    sqlite_autoincrement=True,
)
"""How an account logs in to a system; ``secret`` is sealed (trust.vault). Without an account: the login of the system
itself."""

known_host = Table(
    "known_host",
    metadata,
    new_id(),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Unique("host", "port"),
    sqlite_autoincrement=True,
)
"""The keys that hosts showed when they were first met."""

chosen_system = Table(
    "chosen_system",
    metadata,
    new_id(),
    Column("account_id", ForeignKey("account.id")),
    Column("purpose", Text, nullable=False),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Index("ix_chosen_system_account", "account_id", "purpose"),
    sqlite_autoincrement=True,
)
"""The system that somebody wants for a purpose where a request names none. Without an account: everybody's."""

scheduler_profile = Table(
    "scheduler_profile",
    metadata,
    new_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""What a batch system wants around every job: modules to load, options to leave out."""
