"""Opens a path on a system for somebody: checks that they may, then logs in as they do. Outside any transaction."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from typing import TypeVar

from dragoman.core.errors import Invalid, NotFound, Unavailable
from dragoman.core.paths import located, on_host, shown
from dragoman.core.patience import Patient, within
from dragoman.core.places import Found
from dragoman.core.ports import Db, Facts, Login, Logins
from dragoman.core.standing import Standing
from dragoman.core.things import Account, Identity, System, Verb
from dragoman.desk.walks import Test, nothing, walk
from dragoman.store import Connection, places

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a host may keep somebody waiting for an answer, or for the next bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A path on a system, and the login that reaches it."""

    system: System
    path: str
    login: Login

    def on_host(self, path: str | None = None) -> str:
        """Where this path, or another one of the system, lies as the login sees it."""
        return on_host(self.system.root, self.path if path is None else path)

    def __str__(self) -> str:
        return shown(f"{self.system.name}{self.path}")

    async def wait(self, doing: Awaitable[T]) -> T:
        """What the host answers. Raises Unavailable when it takes too long."""
        return await within(PATIENCE, doing, f"The system {self.system.name}")

    async def facts(self, path: str | None = None, *, follow: bool = True) -> Facts:
        """What there is at the path. Raises NotFound."""
        return await self.wait(self.login.facts(self.on_host(path), follow=follow))

    async def entries(self, path: str) -> list[Facts]:
        """What a directory holds."""
        return await self.wait(self.login.entries(self.on_host(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Something that was found, ready to be read."""

    found: Found
    spot: Spot

    def read(self, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces, each of which comes in time."""
        return self.read_at(self.found.path, offset=offset, length=length)

    def read_at(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file in the directory that was opened."""
        pieces = self.spot.login.read(self.spot.on_host(path), offset=offset, length=length)
        return Patient(PATIENCE, pieces, f"The system {self.spot.system.name}")

    def tree(self, *, without: Test = nothing) -> AsyncIterator[Found]:
        """All files and directories in it but for those ``without``, links to files followed; parents first."""
        return walk(self.spot, follow=True, without=without)


class Spots:
    """Opens paths for people."""

    def __init__(self, db: Db, logins: Logins | None) -> None:
        self._db, self._logins = db, logins

    async def standing(self, who: Identity, door: str, system: str, path: str, *, field: str = "path") -> Standing:
        """How somebody stands before a path. Raises NotFound, and Invalid for a bad path or a disabled system."""
        return await self._db.read(look, who.account, door, system, located(path, field=field))

    async def open(self, who: Identity, door: str, system: str, path: str, verb: Verb, *, lender: str = "") -> Spot:
        """The path, for somebody who may do that to it, or when a lender of rights may.

        Raises NotFound, Denied, Invalid and Unavailable.
        """
        seen = await self.standing(who, door, system, path)
        is_lent: bool = bool(lender) and await self._db.read(may_lend, lender, seen, verb)
        if not is_lent:
            seen.check(verb)
        return await self.enter(seen)

    async def open_shared(self, door: str, system: str, path: str) -> Spot:
        """The path, as the owner of its system reaches it, where everybody may read it. Raises NotFound."""
        return await self.enter(await self._db.read(_shared, door, system, located(path)))

    async def enter(self, seen: Standing) -> Spot:
        """Log in to where a path is, once it is known that somebody may. Raises Denied and Unavailable."""
        if self._logins is None:
            raise Unavailable("This service reaches no other hosts.")
        opening = self._logins.of(seen.system, seen.account)
        login = await within(PATIENCE, opening, f"The system {seen.system.name}")
        return Spot(system=seen.system, path=seen.path, login=login)


def look(conn: Connection, account: Account, door: str, name: str, path: str) -> Standing:
    """How an account stands before a path of a system that this door shows. Raises NotFound and Invalid."""
    return places.standing(conn, open_system(conn, door, name), path, account)


def _shared(conn: Connection, door: str, name: str, path: str) -> Standing:
    system = open_system(conn, door, name)
    for_all = any(who is None for _, who in places.list_shares(conn, system_id=system.id, path=path))
    owner = places.get_account(conn, system.owner_id)
    if not for_all or owner is None:
        raise NotFound(f"There is nothing at {shown(path)} that everybody may read.")
    return Standing(system=system, account=owner, path=path, held=(), own_login=True)


def may_lend(conn: Connection, lender: str, seen: Standing, verb: Verb) -> bool:
    """Whether the account of this name may do that to the path that somebody stands before."""
    found = places.accounts_named(conn, [lender]).get(lender)
    return found is not None and places.standing(conn, seen.system, seen.path, found).may(verb)


def open_system(conn: Connection, door: str, name: str) -> System:
    """A system that this door shows. Raises NotFound, and Invalid for one that is switched off."""
    system = places.find_place(conn, name)
    if system is None or door not in system.facets:
        raise NotFound(f"There is no system {name}.")
    if not system.enabled:
        raise Invalid.field("systemId", why=f"The system {name} is disabled.")
    return system
