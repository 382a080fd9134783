"""Opens the two ends of a copy: an address to a login, and a path as it sees it. Checks that its owner still may."""

from dataclasses import dataclass

from dragoman.core.errors import Denied, NotFound, Unavailable
from dragoman.core.paths import on_host, read_address, shown
from dragoman.core.ports import Login
from dragoman.core.things import Account, System, Verb
from dragoman.core.transfers import Transfer
from dragoman.engine.world import World
from dragoman.store import Connection, places


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A path on a system, and the login that reaches it."""

    system: System
    path: str
    login: Login

    @property
    def host_path(self) -> str:
        """The path as the login sees it."""
        return on_host(self.system.root, self.path)

    def __str__(self) -> str:
        return shown(f"{self.system.name}{self.path}")


class Ends:
    """The places that one transfer reaches, as its owner."""

    def __init__(self, world: World, transfer: Transfer) -> None:
        self._world, self._transfer = world, transfer
        self._systems: dict[tuple[str, int], tuple[System, Account]] = {}
        self._logins: dict[tuple[str, int], Login] = {}

    async def check(self, kept: str, verb: Verb) -> None:
        """Raises Denied when the owner may not, or no longer. What a run needs was checked when it was submitted."""
        place = read_address(kept)
        if self._transfer.run_id is None and place is not None:
            system, account = await self._system(place[0], self._transfer.owner_id)
            if system.owner_id != account.id:
                (await self._world.db.read(places.standing, system, place[1], account)).check(verb)

    async def open(self, kept: str, account_id: int | None = None) -> End:
        """The end with this kept address, as an account of ours. Raises NotFound, Denied and Unavailable."""
        name, path = read_address(kept) or ("", "")
        key = name, account_id or self._transfer.owner_id
        system, account = await self._system(*key)
        if key not in self._logins:
            if self._world.logins is None:
                raise Unavailable("This service reaches no other hosts.")
            self._logins[key] = await self._world.logins.of(system, account)
        return End(system=system, path=path, login=self._logins[key])

    def forget(self) -> None:
        """A host did not answer: log in anew next time."""
        self._logins.clear()

    async def _system(self, name: str, account_id: int) -> tuple[System, Account]:
        key = name, account_id
        if key not in self._systems:
            self._systems[key] = await self._world.db.read(_look, name, account_id)
        return self._systems[key]


def _look(conn: Connection, name: str, account_id: int) -> tuple[System, Account]:
    system, account = places.find_place(conn, name), places.get_account(conn, account_id)
    if system is None or account is None:
        raise NotFound(f"There is no system {name}.")
    if not system.enabled:
        raise Denied(f"The system {name} is disabled.")
    return system, account
