"""Who is asking: opaque tokens to identities; and who else is here."""

import secrets
from collections.abc import Callable, Sequence

from dragoman.core.errors import Denied, Unauthenticated
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Account, Identity, Page
from dragoman.desk.remembered import Remembered
from dragoman.store import accounts

REMEMBERED = 2_000_000
"""How long (microseconds) an identity is believed without looking again; so a revoked token dies within that time."""
MOST = 10_000


class Accounts:
    """Knows accounts by their tokens. ``remake`` makes an account's own token of its nonce."""

    def __init__(self, db: Db, clock: Clock, digest: Callable[[str], str], remake: Callable[[str], str]) -> None:
        self._db, self._clock, self._digest, self._remake = db, clock, digest, remake
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

    async def own_token(self, who: Identity) -> str:
        """The account's own token, made when it has none: the same until it is revoked. Raises Denied for runs."""
        _refuse_runs(who)
        there = await self._db.read(accounts.own_token, who.account.id)
        if there is not None and self._digest(self._remake(there[0])) == there[1]:
            return self._remake(there[0])
        nonce = secrets.token_hex(16)
        lost = there[1] if there else ""  # it was made with a key that the service has no longer
        digest, at = self._digest(self._remake(nonce)), self._clock.now()
        kept = await self._db.write(
            accounts.put_own_token, who.account.id, nonce=nonce, digest=digest, lost=lost, at=at
        )
        return self._remake(kept)

    async def revoke_own_token(self, who: Identity) -> None:
        """Make the account's own token worth nothing, and no other one. Raises Denied for runs."""
        _refuse_runs(who)
        digest = await self._db.write(accounts.drop_own_token, who.account.id)
        if digest is not None:
            self._known.forget(digest)

    async def find(self, name: str) -> Account:
        """Somebody who can log in here. Raises NotFound."""
        return (await self._db.read(accounts.find_login, name=name))[0]

    async def list(self, page: Page, *, name: str = "", email: str = "", parts: Sequence[str] = ()) -> list[Account]:
        """A page of everybody who can log in here, by name.

        Only who has that name, that address, and all these parts in their name; letter case counts in the first alone.
        """
        return await self._db.read(accounts.list_logins, page=page, name=name, email=email, parts=parts)


def _refuse_runs(who: Identity) -> None:
    """The key of a run ends with the run: it must not be turned into one that lasts."""
    if who.job_id is not None:
        raise Denied("A job's own key cannot do this.", hint="Use a token of the account.")
