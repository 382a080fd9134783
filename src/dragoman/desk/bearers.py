"""Opaque tokens that people log in for: issued to a client in pairs, renewed, believed and taken back."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from dragoman.core.errors import Unauthenticated
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Account, Identity
from dragoman.desk.accounts import MOST, REMEMBERED
from dragoman.desk.remembered import Remembered
from dragoman.store import Connection, issued

SECOND = 1_000_000
ACCESS, REFRESH = "access", "refresh"
OVERLAP = 86_400 * SECOND
"""How long a refresh token goes on working after it was used: programs side by side share one cache."""
REMEMBERS = 7 * 86_400 * SECOND
"""How long an expired token is told apart from one that never was."""
DIGITS = 32
"""Hexadecimal digits of a token; an account's own have 40."""


class Expired(Unauthenticated):
    """The token was good once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What somebody gets who logs in."""

    access: str
    refresh: str
    seconds: int
    """Until the access token expires. The other one does not."""


class Bearers:
    """Tokens of each door. Only digests of them are kept."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str]) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self._known = Remembered[tuple[int | None, Identity]](lasts=REMEMBERED, most=MOST)

    async def issue(self, door: str, account: Account, client_id: str, *, seconds: int) -> Pair:
        """A pair of tokens for an account."""
        pair = _pair(seconds)
        new = self._new(door, client_id, pair)
        await self._db.write(_issue, new, account_id=account.id, at=self._clock.now())
        return pair

    async def renew(self, door: str, client_id: str, refresh: str, *, seconds: int) -> Pair:
        """A new pair for a refresh token of that client, which goes on working for OVERLAP. Raises Unauthenticated."""
        pair, old = _pair(seconds), self._digest(refresh)
        await self._db.write(_renew, old, self._new(door, client_id, pair), at=self._clock.now())
        return pair

    async def identify(self, door: str, token: str) -> Identity:
        """Whose access token this is. Raises Expired and Unauthenticated; a revoked one dies within two seconds."""
        digest, now = self._digest(token), self._clock.now()
        known = self._known.get(f"{door} {digest}", now)
        if known is None:
            found = await self._db.read(issued.find, door=door, digest=digest, kind=ACCESS)
            if found is None:
                raise Unauthenticated("The token is unknown.")
            known = found.expires_at, Identity(account=found.account)
            self._known.keep(f"{door} {digest}", now, known)
        if known[0] is not None and known[0] <= now:
            raise Expired("The token has expired.")
        return known[1]

    async def revoke(self, door: str, token: str) -> int:
        """Take a token of either kind back; how many there were."""
        now = self._clock.now()
        count = await self._db.write(issued.end, door=door, digest=self._digest(token), at=now)
        self._known.clear()
        return count

    async def forget_client(self, door: str, client_id: str) -> None:
        """End every token of a client that was given up."""
        await self._db.write(issued.end_of_client, door=door, client_id=client_id)
        self._known.clear()

    def _new(self, door: str, client_id: str, pair: Pair) -> "_New":
        access, refresh = self._digest(pair.access), self._digest(pair.refresh)
        return _New(door=door, client_id=client_id, access=access, refresh=refresh, seconds=pair.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """A pair as it is kept."""

    door: str
    client_id: str
    access: str
    refresh: str
    seconds: int


def _pair(seconds: int) -> Pair:
    return Pair(access=secrets.token_hex(DIGITS // 2), refresh=secrets.token_hex(DIGITS // 2), seconds=seconds)


def _issue(conn: Connection, new: _New, *, account_id: int, at: int) -> None:
    issued.forget(conn, before=at - REMEMBERS)
    for kind, digest, end in ((ACCESS, new.access, at + new.seconds * SECOND), (REFRESH, new.refresh, None)):
        issued.add(
            conn,
            door=new.door,
            digest=digest,
            kind=kind,
            account_id=account_id,
            client_id=new.client_id,
            expires_at=end,
            at=at,
        )


def _renew(conn: Connection, old: str, new: _New, *, at: int) -> None:
    found = issued.find(conn, door=new.door, digest=old, kind=REFRESH)
    is_over = found is not None and found.expires_at is not None and found.expires_at <= at
    if found is None or found.client_id != new.client_id or is_over:
        raise Unauthenticated("The refresh token is not in force for this client.")
    issued.end(conn, door=new.door, digest=old, at=at + OVERLAP)
    _issue(conn, new, account_id=found.account.id, at=at)
