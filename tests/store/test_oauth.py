"""Clients and revoked tokens, on both databases."""

from typing import Any

import pytest

from dragoman.core.errors import Conflict
from dragoman.core.things import Account, Page
from dragoman.store import Connection, accounts, oauth
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account

WORDS = {"callback_url": "https://x/", "display_name": "X", "description": "d"}
ALL = Page(limit=100)


def keep(conn: Connection, owner: Account, client_id: str, *, door: str = "one", at: int = T0) -> None:
    oauth.add_client(conn, door=door, client_id=client_id, key_digest="k", owner_id=owner.id, words=WORDS, at=at)


@pytest.fixture
def ada(db: AnyDb) -> Account:
    return db.write_now(add_account)


def names(db: AnyDb, owner: Account, **more: Any) -> list[str]:
    how = {"door": "one", "owner_id": owner.id, "inactive": False, "page": ALL, **more}
    return [one.client_id for one in db.write_now(oauth.list_clients, **how)]


def test_a_client_is_found_as_it_was_kept(db: AnyDb, ada: Account) -> None:
    """By its owner, in its door."""
    db.write_now(keep, ada, "a")
    found = db.write_now(oauth.own_client, door="one", client_id="a", owner_id=ada.id)
    assert found is not None
    assert ("a", "ada", True, T0, T0) == (
        found.client_id,
        found.owner,
        found.active,
        found.created_at,
        found.updated_at,
    )
    assert WORDS == {key: getattr(found, key) for key in WORDS}
    assert db.write_now(oauth.own_client, door="two", client_id="a", owner_id=ada.id) is None
    assert db.write_now(oauth.own_client, door="one", client_id="a", owner_id=ada.id + 1) is None


def test_an_id_is_taken_once_in_its_door(db: AnyDb, ada: Account) -> None:
    """Also by somebody else; another door has ids of its own."""
    other = db.write_now(add_account, "bob")
    db.write_now(keep, ada, "a")
    with pytest.raises(Conflict, match="a is taken"):
        db.write_now(keep, other, "a")
    db.write_now(keep, other, "a", door="two")


def test_a_list_is_ones_own_and_has_pages(db: AnyDb, ada: Account) -> None:
    """Oldest first, without those that were given up."""
    other = db.write_now(add_account, "bob")
    for client_id in ("c", "b", "a"):
        db.write_now(keep, ada, client_id)
    db.write_now(keep, other, "x")
    db.write_now(oauth.change_client, door="one", client_id="b", values={"active": False}, at=T0 + SECOND)
    assert ["c", "a"] == names(db, ada)
    assert ["c", "b", "a"] == names(db, ada, inactive=True)
    assert ["b"] == names(db, ada, inactive=True, page=Page(limit=1, offset=1))


def test_a_key_fits_its_active_client_alone(db: AnyDb, ada: Account) -> None:
    """Neither another key, nor another door, nor when it was given up."""
    db.write_now(keep, ada, "a")
    key = {"door": "one", "client_id": "a", "key_digest": "k"}
    assert db.write_now(oauth.fits, **key)
    assert not db.write_now(oauth.fits, **{**key, "key_digest": "other"})
    assert not db.write_now(oauth.fits, **{**key, "door": "two"})
    db.write_now(oauth.change_client, door="one", client_id="a", values={"active": False}, at=T0)
    assert not db.write_now(oauth.fits, **key)


def test_a_revoked_token_stays_so_until_it_would_have_expired(db: AnyDb) -> None:
    """Then nobody believes it anyway, and it is forgotten."""
    db.write_now(oauth.revoke, jti="a", expires_at=T0 + SECOND, at=T0)
    db.write_now(oauth.revoke, jti="a", expires_at=T0 + SECOND, at=T0)
    assert db.write_now(oauth.is_revoked, jti="a")
    assert not db.write_now(oauth.is_revoked, jti="b")
    db.write_now(oauth.revoke, jti="b", expires_at=T0 + 9 * SECOND, at=T0 + 2 * SECOND)
    assert not db.write_now(oauth.is_revoked, jti="a")


def test_who_can_log_in_is_listed(db: AnyDb, ada: Account) -> None:
    """By name; an account without a password is nobody."""
    for name in ("carl", "bob"):
        new = {"name": name, "email": f"{name}@example.com", "password_hash": "hash"}
        db.write_now(accounts.add_account, **new, is_admin=False, at=T0)
    assert ["bob", "carl"] == [one.name for one in db.write_now(accounts.list_logins, page=ALL)]
    assert ["carl"] == [one.name for one in db.write_now(accounts.list_logins, page=Page(limit=5, offset=1))]
