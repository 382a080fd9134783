"""Opens the two ends of a copy: an address to a login, and a path as it sees it. Checks that its owner still may."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dragoman.core.errors import Denied, NotFound, Unavailable
from dragoman.core.hosted import Place
from dragoman.core.launch import is_ours
from dragoman.core.paths import on_host, read_address, shown
from dragoman.core.ports import Login
from dragoman.core.things import Account, System, Verb
from dragoman.core.transfers import ARCHIVE, Transfer
from dragoman.engine.world import World
from dragoman.store import Connection, jobs, moves, places


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


def kept_mode(mode: int | None, source: End, target: End) -> int | None:
    """The permission bits for a copy, where it is to be given any: a program stays one."""
    if mode is None or not mode & 0o111 or {source.system.kind, target.system.kind} != {"linux"}:
        return None
    return mode & 0o777 | 0o600


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

    async def hides(self, source: End) -> Callable[[str], bool]:
        """Which paths at a source are the house's own, and nothing to keep of a run."""
        of = self._transfer
        work = await self._world.db.read(_work, of.run_id) if of.run_id is not None and of.tag == ARCHIVE else None
        is_there = work is not None and work.system_id == source.system.id
        return partial(is_ours, work=work.path) if work is not None and is_there else lambda _: False

    def forget(self) -> None:
        """A host did not answer: log in anew next time."""
        self._logins.clear()

    async def _system(self, name: str, account_id: int) -> tuple[System, Account]:
        key = name, account_id
        if key not in self._systems:
            self._systems[key] = await self._world.db.read(_look, name, account_id)
        return self._systems[key]


def _work(conn: Connection, run_id: int) -> Place | None:
    run = moves.get_run(conn, run_id)
    hosted = jobs.get_job(conn, run.job_id).workload.hosted if run else None
    return hosted.work if hosted else None


def _look(conn: Connection, name: str, account_id: int) -> tuple[System, Account]:
    system, account = places.find_place(conn, name), places.get_account(conn, account_id)
    if system is None or account is None:
        raise NotFound(f"There is no system {name}.")
    if not system.enabled:
        raise Denied(f"The system {name} is disabled.")
    return system, account
