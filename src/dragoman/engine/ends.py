"""Opens the two ends of a copy: an address to a login, and a path as it sees it. Checks that its owner still may."""

from dataclasses import dataclass

from dragoman.core.errors import Denied, NotFound, Unavailable
from dragoman.core.paths import ROOT, on_host, read_address, shown
from dragoman.core.ports import Login
from dragoman.core.standing import Standing
from dragoman.core.things import System, Verb
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
        self._known: dict[str, tuple[System, Login]] = {}

    async def check(self, kept: str, verb: Verb) -> None:
        """Raises Denied when the owner may not, or no longer. What a run needs was checked when it was submitted."""
        if self._transfer.run_id is None and (place := read_address(kept)):
            (await self._look(*place)).check(verb)

    async def open(self, kept: str) -> End:
        """The end with this kept address. Raises NotFound, Denied and Unavailable."""
        name, path = read_address(kept) or ("", "")
        if name not in self._known:
            self._known[name] = await self._log_in(name)
        system, login = self._known[name]
        return End(system=system, path=path, login=login)

    def forget(self) -> None:
        """A host did not answer: log in anew next time."""
        self._known.clear()

    async def _log_in(self, name: str) -> tuple[System, Login]:
        if self._world.logins is None:
            raise Unavailable("This service reaches no other hosts.")
        seen = await self._look(name, ROOT)
        return seen.system, await self._world.logins.of(seen.system, seen.account)

    async def _look(self, name: str, path: str) -> Standing:
        return await self._world.db.read(_look, name, path, self._transfer.owner_id)


def _look(conn: Connection, name: str, path: str, account_id: int) -> Standing:
    system, account = places.find_place(conn, name), places.get_account(conn, account_id)
    if system is None or account is None:
        raise NotFound(f"There is no system {name}.")
    if not system.enabled:
        raise Denied(f"The system {name} is disabled.")
    return places.standing(conn, system, path, account)
