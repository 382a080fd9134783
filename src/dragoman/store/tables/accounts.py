"""People, and what they show to be let in: tokens, clients, logins."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.tables.columns import metadata, new_id

account = Table(
    "account",
    metadata,
    new_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

token = Table(
    "token",
    metadata,
    new_id(),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("nonce", Text),
    sqlite_autoincrement=True,
)
"""Keys to the service, as digests. The account's own token, of which there is one, is made of the service's key and the
``nonce``, so that it can be told again."""

account_profile = Table(
    "account_profile",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("organization", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("ssh_public_keys", Text, nullable=False),
)
"""What people say of themselves, and their keys for nodes; those who say nothing have no row."""

oauth_client = Table(
    "oauth_client",
    metadata,
    new_id(),
    Column("door", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("key_digest", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("callback_url", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Unique("door", "client_id"),
    Index("ix_oauth_client_owner", "door", "owner_id"),
    sqlite_autoincrement=True,
)

revoked_token = Table(
    "revoked_token",
    metadata,
    new_id(),
    Column("jti", Text, nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Signed tokens that were taken back before their time."""

issued_token = Table(
    "issued_token",
    metadata,
    new_id(),
    Column("door", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Index("ix_issued_token_expiry", "expires_at"),
    sqlite_autoincrement=True,
)
"""Opaque tokens that people logged in for: ``kind`` is access or refresh. Good at the door that issued them."""
