"""How people log in: passwords checked, signed tokens made, believed and taken back. Knows the claims exp and jti."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from dragoman.core.errors import NotFound, Unauthenticated
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Account, Identity
from dragoman.desk.accounts import MOST, REMEMBERED
from dragoman.desk.remembered import Remembered
from dragoman.store import Connection, accounts, oauth
from dragoman.trust import jwt
from dragoman.trust.passwords import verify_password

AT_ONCE = 2
"""Passwords that are checked at the same moment; each takes 64 MiB and a core for a fifth of a second."""
_MICRO = 1_000_000

Claims = Mapping[str, Any]


class Logins:
    """Passwords and signed tokens of this house."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str], keys: jwt.KeyPair) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self.keys = keys
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._known = Remembered[tuple[int, Identity]](lasts=REMEMBERED, most=MOST)

    @property
    def now(self) -> int:
        """Whole seconds since 1970, as signed tokens tell the time."""
        return self._clock.now() // _MICRO

    async def check_password(self, name: str, password: str) -> Account:
        """The account whose name and password these are. Raises Unauthenticated, after the same time for any reason."""
        account, stored = await self._db.read(_login, name)
        async with self._turns:
            fits = await asyncio.to_thread(verify_password, password, stored)
        if account is None or not fits:
            raise Unauthenticated("Invalid username/password combination.")
        return account

    def sign(self, claims: Claims) -> str:
        """A signed token; ``exp`` (seconds since 1970) and ``jti`` must be among the claims."""
        return jwt.sign(self.keys, claims)

    async def read(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours that is in force. Raises Unauthenticated."""
        claims = self._verified(token)
        if await self._db.read(oauth.is_revoked, jti=claims["jti"]):
            raise _revoked()
        return claims

    async def identify(self, door: str, token: str, name_in: Callable[[Claims], str]) -> Identity:
        """Who asks at a door with a signed token; ``name_in`` finds the account's name in its claims, or raises.

        Raises Unauthenticated. A token that another process takes back dies within two seconds.
        """
        key, now = f"{door} {self._digest(token)}", self._clock.now()
        known = self._known.get(key, now)
        if known is not None and now < known[0]:
            return known[1]
        claims = self._verified(token)
        found = await self._db.read(_holder, name_in(claims), jti=claims["jti"])
        self._known.keep(key, now, (int(claims["exp"] * _MICRO), found))
        return found

    async def revoke(self, token: str) -> str:
        """Take a token back before its time; its jti. Raises Unauthenticated for one that is not in force."""
        claims = self._verified(token)
        jti, expires_at = str(claims["jti"]), int(claims["exp"] * _MICRO)
        await self._db.write(oauth.revoke, jti=jti, expires_at=expires_at, at=self._clock.now())
        self._known.clear()
        return jti

    def _verified(self, token: str) -> dict[str, Any]:
        return jwt.verify(self.keys, token, at=self._clock.now() / _MICRO)


def _login(conn: Connection, name: str) -> tuple[Account | None, str | None]:
    try:
        return accounts.find_login(conn, name=name)
    except NotFound:
        return None, None


def _holder(conn: Connection, name: str, *, jti: str) -> Identity:
    if oauth.is_revoked(conn, jti=jti):
        raise _revoked()
    account, _ = _login(conn, name)
    if account is None:
        raise Unauthenticated("The account of this token is gone.")
    return Identity(account=account)


def _revoked() -> Unauthenticated:
    return Unauthenticated("The token was revoked.")
