"""Who is asking: opaque tokens to identities."""

from collections.abc import Callable

from dragoman.core.errors import Unauthenticated
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Identity
from dragoman.store import accounts

REMEMBERED = 2_000_000
"""How long (microseconds) an identity is believed without looking again; so a revoked token dies within that time."""
MOST = 10_000


class Accounts:
    """Knows accounts by their tokens."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str]) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self._known: dict[str, tuple[int, Identity]] = {}

    async def identify(self, secret: str) -> Identity:
        """Whose token this is. Raises Unauthenticated for anything that is not a token in force."""
        digest, now = self._digest(secret), self._clock.now()
        known = self._known.get(digest)
        if known is not None and now - known[0] < REMEMBERED:
            return known[1]
        found = await self._db.read(accounts.identify, digest=digest, at=now)
        if found is None:
            self._known.pop(digest, None)
            raise Unauthenticated("Invalid token.")
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[digest] = (now, found)
        return found
