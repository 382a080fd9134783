"""Logging in: a password makes a token, and a signed token is believed while it is in force, at its door."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Account
from dragoman.desk.accounts import REMEMBERED
from dragoman.desk.logins import Logins
from dragoman.store import accounts, oauth
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.passwords import hash_password
from dragoman.trust.tokens import digest
from tests.databases import sqlite_at
from tests.keys import signing_keys
from tests.store.things import SECOND, T0

pytestmark = pytest.mark.anyio


class SetClock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> int:
        return self.at


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    opened = sqlite_at(tmp_path / "test.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def logins(db: SqliteDb, clock: SetClock) -> Logins:
    return Logins(db, clock, digest, signing_keys())


def keep(db: SqliteDb, name: str = "ada", password: str = "pw") -> Account:
    stored = hash_password(password) if password else ""
    new = {"name": name, "email": f"{name}@example.com", "password_hash": stored}
    return db.write_now(accounts.add_account, **new, is_admin=False, at=T0)


def name_in(claims: Any) -> str:
    """How a door finds the name."""
    if claims.get("kind") != "access":
        raise Unauthenticated("Not this kind.")
    return str(claims["name"])


def signed(logins: Logins, **more: Any) -> str:
    claims = {"jti": "j", "exp": T0 // SECOND + 60, "name": "ada", "kind": "access", **more}
    return logins.sign(claims)


async def is_believed(logins: Logins, token: str, door: str = "one") -> bool:
    try:
        await logins.identify(door, token, name_in)
    except Unauthenticated:
        return False
    return True


async def test_a_password_is_its_accounts(db: SqliteDb, logins: Logins) -> None:
    """Many at once are checked one after another, a few at a time, and all get their answer."""
    ada = keep(db)
    assert [ada] * 4 == await asyncio.gather(*(logins.check_password("ada", "pw") for _ in range(4)))


@pytest.mark.parametrize(("name", "password"), [("ada", "x"), ("ada", ""), ("Ada", "pw"), ("bob", "pw"), ("house", "")])
async def test_anything_else_is_nobodys(db: SqliteDb, logins: Logins, name: str, password: str) -> None:
    """It is told in the same words, whatever was wrong; an account without a password cannot be entered."""
    keep(db)
    keep(db, "house", "")
    with pytest.raises(Unauthenticated, match=r"^Invalid username/password combination\.$"):
        await logins.check_password(name, password)


async def test_a_signed_token_tells_who_asks(db: SqliteDb, logins: Logins) -> None:
    """While the account is there."""
    ada, token = keep(db), signed(logins)
    assert ada == (await logins.identify("one", token, name_in)).account
    assert ada == (await logins.identify("one", token, name_in)).account
    assert not await is_believed(logins, signed(logins, name="bob"))
    assert not await is_believed(logins, signed(logins, kind="refresh"))
    assert not await is_believed(logins, "x")


async def test_a_token_ends_on_its_second(db: SqliteDb, clock: SetClock, logins: Logins) -> None:
    """Also when it was used a moment before."""
    keep(db)
    token = signed(logins)
    clock.at = T0 + 60 * SECOND - 1
    assert await is_believed(logins, token)
    clock.at += 1
    assert not await is_believed(logins, token)


async def test_a_door_believes_nothing_because_another_does(db: SqliteDb, logins: Logins) -> None:
    """What is remembered of a token is remembered for one door."""
    keep(db)
    token = signed(logins)
    assert await is_believed(logins, token)

    def elsewhere(_: Any) -> str:
        raise Unauthenticated("Not at this door.")

    with pytest.raises(Unauthenticated, match="Not at this door"):
        await logins.identify("two", token, elsewhere)


async def test_a_revoked_token_dies_at_once(db: SqliteDb, logins: Logins) -> None:
    """Nothing can be done with it, and others are as good as before."""
    keep(db)
    token, other = signed(logins), signed(logins, jti="k")
    assert await is_believed(logins, token)
    assert "j" == await logins.revoke(token)
    assert not await is_believed(logins, token)
    with pytest.raises(Unauthenticated, match="revoked"):
        await logins.read(token)
    assert await is_believed(logins, other)
    assert "k" == (await logins.read(other))["jti"]


async def test_a_token_revoked_elsewhere_dies_soon(db: SqliteDb, clock: SetClock, logins: Logins) -> None:
    """Another process has done it: within two seconds this one knows."""
    keep(db)
    token = signed(logins)
    assert await is_believed(logins, token)
    db.write_now(oauth.revoke, jti="j", expires_at=T0 + 60 * SECOND, at=T0)
    clock.at = T0 + REMEMBERED
    assert not await is_believed(logins, token)
