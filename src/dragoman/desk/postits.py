"""The verbs on links that let whoever holds them fetch one path: make, see, change, remove, follow."""

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.ports import Clock, Db
from dragoman.core.postits import UNLIMITED, Postit
from dragoman.core.things import Identity, Verb
from dragoman.desk.places import Places
from dragoman.desk.spots import Opened, Spot, Spots
from dragoman.store import Connection, places, postits

SECOND = 1_000_000


class Postits:
    """Links to paths, and what they lead to."""

    def __init__(self, db: Db, clock: Clock, spots: Spots, places: Places) -> None:
        self._db, self._clock, self._spots, self._places = db, clock, spots, places

    async def create(
        self, who: Identity, door: str, system: str, path: str, *, alias: str, uses: int, seconds: int
    ) -> Postit:
        """Make a link to something that is there and that one may read. Raises NotFound, Denied and Invalid."""
        spot = await self._spots.open(who, door, system, path, Verb.READ)
        await spot.facts()
        return await self._db.write(_create, who, spot, alias=alias, uses=uses, seconds=seconds, at=self._clock.now())

    async def find(self, who: Identity, alias: str) -> Postit:
        """A link of one's own; an admin sees all. Raises NotFound and Denied."""
        return await self._db.read(_own, who, alias)

    async def list(self, who: Identity, *, everybody: bool) -> list[Postit]:
        """One's own links, oldest first; an admin may see those of everybody."""
        all_of_them = everybody and who.account.is_admin
        return await self._db.read(postits.list_postits, owner_id=None if all_of_them else who.account.id)

    async def change(
        self, who: Identity, alias: str, *, uses: int | None, seconds: int | None, expires_at: int | None
    ) -> Postit:
        """Allow another number of uses, and another end: so many seconds from now, or at a moment."""
        at = self._clock.now()
        end = expires_at if seconds is None else at + seconds * SECOND
        return await self._db.write(_change, who, alias, uses=uses, expires_at=end, at=at)

    async def remove(self, who: Identity, alias: str) -> int:
        """Delete a link; how many there were."""
        return await self._db.write(_remove, who, alias)

    async def open(self, door: str, alias: str) -> tuple[Postit, Opened]:
        """What a link leads to, as its owner sees it, for whoever holds it. Counts no use: ``use`` does.

        Raises NotFound, Invalid when it has expired or was used up, and Denied when its owner may no longer read it.
        """
        link, owner = await self._db.read(_held, alias)
        if link.expires_at <= self._clock.now() or UNLIMITED != link.allowed_uses <= link.times_used:
            raise _over(alias)
        spot = await self._spots.open(owner, door, link.system, link.path, Verb.READ)
        return link, await self._places.open_spot(spot)

    async def use(self, link: Postit) -> None:
        """Count one use, just before it is followed. Raises Invalid when it was used up or has expired meanwhile."""
        if not await self._db.write(postits.use_postit, link.id, at=self._clock.now()):
            raise _over(link.alias)


def _over(alias: str) -> Invalid:
    return Invalid.field("postitId", why=f"The link {alias} has expired, or was used as often as it may be.")


def _create(conn: Connection, who: Identity, spot: Spot, *, alias: str, uses: int, seconds: int, at: int) -> Postit:
    return postits.add_postit(
        conn,
        alias=alias,
        system_id=spot.system.id,
        path=spot.path,
        owner_id=who.account.id,
        uses=uses,
        expires_at=at + seconds * SECOND,
        at=at,
    )


def _find(conn: Connection, alias: str) -> Postit:
    found = postits.find_postit(conn, alias)
    if found is None:
        raise NotFound(f"There is no link {alias}.")
    return found


def _own(conn: Connection, who: Identity, alias: str) -> Postit:
    found = _find(conn, alias)
    if found.owner_id != who.account.id and not who.account.is_admin:
        raise Denied(f"The link {alias} is somebody else's.")
    return found


def _held(conn: Connection, alias: str) -> tuple[Postit, Identity]:
    found = _find(conn, alias)
    owner = places.get_account(conn, found.owner_id)
    if owner is None:
        raise NotFound(f"There is no link {alias}.")
    return found, Identity(account=owner)


def _change(
    conn: Connection, who: Identity, alias: str, *, uses: int | None, expires_at: int | None, at: int
) -> Postit:
    postits.change_postit(conn, _own(conn, who, alias).id, uses=uses, expires_at=expires_at, at=at)
    return _find(conn, alias)


def _remove(conn: Connection, who: Identity, alias: str) -> int:
    return postits.remove_postit(conn, _own(conn, who, alias).id)
