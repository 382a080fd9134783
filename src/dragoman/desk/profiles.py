"""The verbs on scheduler profiles: everybody reads them, anybody may add one, its owner or an admin deletes it."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Denied, NotFound
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import Profile
from dragoman.core.things import Identity
from dragoman.desk.rights import owner_for
from dragoman.store import Connection, profiles


class Profiles:
    """What batch systems want around every job."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def find(self, name: str) -> Profile:
        """One profile. Raises NotFound."""
        return await self._db.read(_find, name)

    async def create(self, who: Identity, name: str, *, description: str, owner: str, spec: Mapping[str, Any]) -> None:
        """Add a profile. Raises Conflict when the name is taken, and Denied when it is to be somebody else's."""
        at = self._clock.now()
        await self._db.write(_create, who, name, description=description, owner=owner, spec=spec, at=at)

    async def remove(self, who: Identity, name: str) -> int:
        """Delete a profile. Raises NotFound and Denied."""
        return await self._db.write(_remove, who, name)

    async def list(self) -> list[Profile]:
        """All profiles, by name."""
        return await self._db.read(profiles.list_profiles)


def _find(conn: Connection, name: str) -> Profile:
    found = profiles.find_profile(conn, name)
    if found is None:
        raise NotFound(f"There is no scheduler profile {name}.")
    return found


def _create(
    conn: Connection, who: Identity, name: str, *, description: str, owner: str, spec: Mapping[str, Any], at: int
) -> None:
    owner_id = owner_for(conn, who, owner).id
    profiles.add_profile(conn, name=name, description=description, owner_id=owner_id, spec=spec, at=at)


def _remove(conn: Connection, who: Identity, name: str) -> int:
    found = _find(conn, name)
    if found.owner != who.account.name and not who.account.is_admin:
        raise Denied(f"Only {found.owner} and admins may delete the scheduler profile {name}.")
    return profiles.remove_profile(conn, name)
