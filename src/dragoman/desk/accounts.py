"""Who is asking: opaque tokens to identities; and who else is here."""

from collections.abc import Callable

from dragoman.core.errors import Unauthenticated
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Account, Identity, Page
from dragoman.desk.remembered import Remembered
from dragoman.store import accounts

REMEMBERED = 2_000_000
"""How long (microseconds) an identity is believed without looking again; so a revoked token dies within that time."""
MOST = 10_000


class Accounts:
    """Knows accounts by their tokens."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str]) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self._known = Remembered[Identity](lasts=REMEMBERED, most=MOST)

    async def identify(self, secret: str) -> Identity:
        """Whose token this is. Raises Unauthenticated for anything that is not a token in force."""
        digest, now = self._digest(secret), self._clock.now()
        known = self._known.get(digest, now)
        if known is not None:
            return known
        found = await self._db.read(accounts.identify, digest=digest, at=now)
        if found is None:
            self._known.forget(digest)
            raise Unauthenticated("Invalid token.")
        self._known.keep(digest, now, found)
        return found

    async def joined_at(self, account: Account) -> int:
        """When somebody was added, in microseconds since 1970."""
        return await self._db.read(accounts.joined_at, account.id)

    async def revoke(self, secret: str) -> None:
        """Make a token worth nothing. Raises Unauthenticated when it is none, or ends by itself with its run."""
        digest = self._digest(secret)
        removed = await self._db.write(accounts.remove_token, digest=digest)
        self._known.forget(digest)
        if not removed:
            raise Unauthenticated("Invalid token.")

    async def find(self, name: str) -> Account:
        """Somebody who can log in here. Raises NotFound."""
        return (await self._db.read(accounts.find_login, name=name))[0]

    async def list(self, page: Page) -> list[Account]:
        """A page of everybody who can log in here, by name."""
        return await self._db.read(accounts.list_logins, page=page)
