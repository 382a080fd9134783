"""The verbs on people: who is here, what they say of themselves, and who may work on a node itself."""

from collections.abc import Mapping

from dragoman.core.errors import Denied
from dragoman.core.field import ACCESS
from dragoman.core.ports import Db
from dragoman.core.things import AccountProfile, Identity, Person
from dragoman.store import Connection, nodes, people


class People:
    """Everybody who can log in. Somebody else than an admin sees and changes nobody but themselves: Denied."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def find(self, who: Identity, name: str) -> Person:
        """Somebody. Raises NotFound, to admins only: others do not learn who is here."""
        _refuse_others(who, name)
        return await self._db.read(people.find_person, name)

    async def change_profile(self, who: Identity, name: str, changes: Mapping[str, str]) -> AccountProfile:
        """What somebody says of themselves, after these changes. Raises NotFound; Denied also for a job's own key."""
        _refuse_others(who, name)
        if who.job_id is not None:  # its keys open nodes
            raise Denied("A job's own key cannot do this.", hint="Use a token of the account.")
        return await self._db.write(people.change_profile, name, changes)

    async def developers(self, vsn: str) -> list[Person]:
        """Who may work on the node of that VSN, in any letter case, by name. Raises NotFound."""
        return await self._db.read(_developers, vsn)

    async def list(self, who: Identity) -> list[Person]:
        """Everybody, by name."""
        if not who.account.is_admin:
            raise Denied("Only admins see who is here.")
        return await self._db.read(people.list_people)


def _refuse_others(who: Identity, name: str) -> None:
    if name != who.account.name and not who.account.is_admin:
        raise Denied("Only admins see others.")


def _developers(conn: Connection, vsn: str) -> list[Person]:
    return people.people_of_node(conn, nodes.get_node(conn, vsn).id, ACCESS["develop"])
