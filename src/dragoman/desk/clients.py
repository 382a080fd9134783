"""The verbs on programs that people log in with: register, find, list, change, give up, and check their keys."""

from collections.abc import Callable, Mapping

from dragoman.core.clients import Client
from dragoman.core.errors import NotFound
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Account, Identity, Page
from dragoman.store import Connection, oauth


class Clients:
    """Clients of each door; everybody sees their own alone. Only digests of their keys are kept."""

    def __init__(
        self, db: Db, clock: Clock, digest: Callable[[str], str], made_key: Callable[[str], str] = lambda _: ""
    ) -> None:
        self._db, self._clock, self._digest = db, clock, digest
        self.made_key = made_key
        """The key to register a client with, where its owner may ask for it again: always the same for an id."""

    async def add(self, who: Identity, door: str, client_id: str, key: str, words: Mapping[str, str]) -> Client:
        """Register a client; ``words`` are callback_url, display_name and description. Raises Conflict."""
        digest, now = self._digest(key), self._clock.now()
        return await self._db.write(_add, who, door, client_id, digest=digest, words=words, at=now)

    async def find(self, who: Identity, door: str, client_id: str) -> Client:
        """One's own active client. Raises NotFound."""
        return await self._db.read(_own, who, door, client_id)

    async def list(self, who: Identity, door: str, *, inactive: bool, page: Page) -> list[Client]:
        """A page of one's own clients; with ``inactive``, those that were given up too."""
        owner_id = who.account.id
        return await self._db.read(oauth.list_clients, door=door, owner_id=owner_id, inactive=inactive, page=page)

    async def change(self, who: Identity, door: str, client_id: str, words: Mapping[str, str]) -> Client:
        """Give a client another callback_url or display_name. Raises NotFound."""
        return await self._db.write(_change, who, door, client_id, dict(words), at=self._clock.now())

    async def remove(self, who: Identity, door: str, client_id: str) -> None:
        """Give a client up; its id stays taken. Raises NotFound."""
        await self._db.write(_change, who, door, client_id, {"active": False}, at=self._clock.now())

    async def owner(self, door: str, client_id: str, key: str) -> Account | None:
        """Whose active client this is the key of; None: nobody's."""
        return await self._db.read(oauth.owner_of, door=door, client_id=client_id, key_digest=self._digest(key))

    async def fits(self, door: str, client_id: str, key: str) -> bool:
        """Whether this is the key of an active client."""
        return await self._db.read(oauth.fits, door=door, client_id=client_id, key_digest=self._digest(key))


def _add(
    conn: Connection, who: Identity, door: str, client_id: str, *, digest: str, words: Mapping[str, str], at: int
) -> Client:
    owner_id = who.account.id
    oauth.add_client(conn, door=door, client_id=client_id, key_digest=digest, owner_id=owner_id, words=words, at=at)
    return _own(conn, who, door, client_id)


def _own(conn: Connection, who: Identity, door: str, client_id: str) -> Client:
    found = oauth.own_client(conn, door=door, client_id=client_id, owner_id=who.account.id)
    if found is None or not found.active:
        raise NotFound(f"There is no client {client_id}.")
    return found


def _change(
    conn: Connection, who: Identity, door: str, client_id: str, values: dict[str, str | bool], *, at: int
) -> Client:
    before = _own(conn, who, door, client_id)
    oauth.change_client(conn, door=door, client_id=client_id, values=values, at=at)
    return before if "active" in values else _own(conn, who, door, client_id)
