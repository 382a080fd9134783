"""Files in the blob store, and links and ids to paths on systems."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.pathtext import PathText
from dragoman.store.tables.columns import Id, metadata, new_id

file = Table(
    "file",
    metadata,
    new_id(),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("relative_path", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha512", Text, nullable=False),
    Column("blob", Text, nullable=False),
    Column("is_text", Boolean, nullable=False),
    Column("job_id", Id),
    Column("run_id", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Unique("door", "alias"),
    Index("ix_file_owner", "door", "owner_id", "id"),
    Index("ix_file_job", "job_id", "run_id"),
    sqlite_autoincrement=True,
)

postit = Table(
    "postit",
    metadata,
    new_id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("path", PathText, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("allowed_uses", Integer, nullable=False),
    Column("times_used", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_postit_owner", "owner_id", "id"),
    sqlite_autoincrement=True,
)
"""A link that lets whoever holds it fetch one path, so many times, so long."""

known_path = Table(
    "known_path",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("path", PathText, nullable=False),
)
"""What the ids of paths that a door has shown mean: they cannot be computed back."""
