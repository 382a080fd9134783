"""Opaque tokens that people logged in for, kept as digests."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dragoman.core.things import Account
from dragoman.store.rows import read_account
from dragoman.store.tables import account, issued_token

_FIND = (
    select(account, issued_token.c.client_id, issued_token.c.expires_at)
    .join(issued_token, issued_token.c.account_id == account.c.id)
    .where(
        issued_token.c.door == bindparam("door"),
        issued_token.c.digest == bindparam("digest"),
        issued_token.c.kind == bindparam("kind"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token: whose, for which client, until when (None: for good). Microseconds since 1970."""

    account: Account
    client_id: str
    expires_at: int | None


def find(conn: Connection, *, door: str, digest: str, kind: str) -> Issued | None:
    """The token, whether it is in force or has expired lately."""
    row = conn.execute(_FIND, {"door": door, "digest": digest, "kind": kind}).first()
    if row is None:
        return None
    return Issued(account=read_account(row), client_id=row.client_id, expires_at=row.expires_at)


def add(
    conn: Connection,
    *,
    door: str,
    digest: str,
    kind: str,
    account_id: int,
    client_id: str,
    expires_at: int | None,
    at: int,
) -> None:
    """Keep a token."""
    row = {"door": door, "digest": digest, "kind": kind, "account_id": account_id, "client_id": client_id}
    conn.execute(insert(issued_token).values(**row, created_at=at, expires_at=expires_at))


def end(conn: Connection, *, door: str, digest: str, at: int) -> int:
    """Let a token expire at a moment, unless it does so earlier; how many there were."""
    mine = (issued_token.c.door == door, issued_token.c.digest == digest)
    sooner = issued_token.c.expires_at.is_(None) | (issued_token.c.expires_at > at)
    return conn.execute(update(issued_token).where(*mine, sooner).values(expires_at=at)).rowcount


def end_of_client(conn: Connection, *, door: str, client_id: str) -> None:
    """Forget every token that was issued to a client."""
    conn.execute(delete(issued_token).where(issued_token.c.door == door, issued_token.c.client_id == client_id))


def forget(conn: Connection, *, before: int) -> None:
    """Forget the tokens that have expired before a moment."""
    conn.execute(delete(issued_token).where(issued_token.c.expires_at < before))
