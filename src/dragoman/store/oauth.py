"""Programs that people log in with, and signed tokens that were taken back."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.clients import Client
from dragoman.core.errors import Conflict
from dragoman.core.things import Account, Page
from dragoman.store.rows import read_account
from dragoman.store.tables import account, oauth_client, revoked_token

_CLIENTS = select(oauth_client, account.c.name.label("owner")).join(account, account.c.id == oauth_client.c.owner_id)


def add_client(
    conn: Connection, *, door: str, client_id: str, key_digest: str, owner_id: int, words: Mapping[str, str], at: int
) -> None:
    """Register a client; ``words`` are callback_url, display_name and description.

    Raises Conflict when the id is taken in its door, also by one that is no longer active.
    """
    row = {
        "door": door,
        "client_id": client_id,
        "key_digest": key_digest,
        "owner_id": owner_id,
        **words,
        "active": True,
        "created_at": at,
        "updated_at": at,
    }
    try:
        conn.execute(insert(oauth_client).values(row))
    except IntegrityError as error:
        raise Conflict(f"The client_id {client_id} is taken.") from error


def own_client(conn: Connection, *, door: str, client_id: str, owner_id: int) -> Client | None:
    """An account's own client, active or not."""
    where = (oauth_client.c.door == door, oauth_client.c.client_id == client_id, oauth_client.c.owner_id == owner_id)
    row = conn.execute(_CLIENTS.where(*where)).first()
    return None if row is None else _read(row)


def list_clients(conn: Connection, *, door: str, owner_id: int, inactive: bool, page: Page) -> list[Client]:
    """A page of an account's own clients, oldest first; with ``inactive``, those that were given up too."""
    where = [oauth_client.c.door == door, oauth_client.c.owner_id == owner_id]
    if not inactive:
        where.append(oauth_client.c.active.is_(True))
    rows = conn.execute(_CLIENTS.where(*where).order_by(oauth_client.c.id).limit(page.limit).offset(page.offset))
    return [_read(row) for row in rows]


def owner_of(conn: Connection, *, door: str, client_id: str, key_digest: str) -> Account | None:
    """Whose active client this is the key of."""
    which = select(account).join(oauth_client, oauth_client.c.owner_id == account.c.id)
    row = conn.execute(which.where(*_in_force(door, client_id, key_digest))).first()
    return None if row is None else read_account(row)


def fits(conn: Connection, *, door: str, client_id: str, key_digest: str) -> bool:
    """Whether this is the key of an active client."""
    where = _in_force(door, client_id, key_digest)
    return conn.execute(select(oauth_client.c.id).where(*where)).first() is not None


def _in_force(door: str, client_id: str, key_digest: str) -> tuple[ColumnElement[bool], ...]:
    return (
        oauth_client.c.door == door,
        oauth_client.c.client_id == client_id,
        oauth_client.c.key_digest == key_digest,
        oauth_client.c.active.is_(True),
    )


def change_client(conn: Connection, *, door: str, client_id: str, values: dict[str, Any], at: int) -> None:
    """Change some columns of a client."""
    where = (oauth_client.c.door == door, oauth_client.c.client_id == client_id)
    conn.execute(update(oauth_client).where(*where).values(**values, updated_at=at))


def revoke(conn: Connection, *, jti: str, expires_at: int, at: int) -> None:
    """Take a signed token back; doing it again changes nothing. Those that have expired meanwhile are forgotten."""
    conn.execute(delete(revoked_token).where(revoked_token.c.expires_at < at))
    if not is_revoked(conn, jti=jti):
        with suppress(IntegrityError):  # another process has just done it
            conn.execute(insert(revoked_token).values(jti=jti, expires_at=expires_at))


def is_revoked(conn: Connection, *, jti: str) -> bool:
    """Whether a signed token was taken back."""
    return conn.execute(select(revoked_token.c.id).where(revoked_token.c.jti == jti)).first() is not None


def _read(row: Any) -> Client:
    names = ("client_id", "owner", "callback_url", "display_name", "description", "active", "created_at", "updated_at")
    return Client(**{name: getattr(row, name) for name in names})
