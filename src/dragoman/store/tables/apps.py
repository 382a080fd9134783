"""Templates of workloads."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import metadata, new_id

app = Table(
    "app",
    metadata,
    new_id(),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("environment", JSON, nullable=False),
    Column("facets", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("uuid", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    Column("deleted_at", BigInteger),
    Column("budgets", JSON(none_as_null=True)),
    Unique("namespace", "name", "version", "revision"),
    sqlite_autoincrement=True,
)
"""``budgets`` says how many runs of a version a system, and an owner there, may have at once (quotas.Budgets)."""
