"""How accounts log in to systems: set, removed and checked here, told only to those who open the connection."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from dragoman.core.errors import Broken, Conflict, Denied, Invalid, NotFound, Unavailable, Unsupported
from dragoman.core.ports import Clock, Db, Reach
from dragoman.core.registered import Kind, Need, SealedLogin
from dragoman.core.things import Account, Credential, Identity, System
from dragoman.desk.rights import account_named, check, thing_for
from dragoman.store import Connection, accounts, audit, logins, systems
from dragoman.trust import vault

Seal = Callable[[System, Account | None, Credential], SealedLogin]

CHECKED = frozenset({"linux", "s3"})
"""Kinds of systems that a login is tried on before it is stored."""


UNREACHED = (Broken, Conflict, Denied, NotFound, Unavailable, Unsupported)
"""How a host may fail to be logged in to."""


class Credentials:
    """The logins of accounts on systems, sealed under the service's own key."""

    def __init__(self, db: Db, clock: Clock, key: bytes, reach: Reach | None) -> None:
        self._db, self._clock, self._key, self._reach = db, clock, key, reach

    async def set(self, who: Identity, door: str, name: str, *, user: str, new: Credential, skip_check: bool) -> None:
        """Keep how somebody logs in to a system, in place of what was there, after trying it.

        Raises NotFound, Denied, Invalid (also when the system refuses the login) and Unavailable.
        """
        place = await self._db.read(_place, who, door, name, user)
        if place.account is None and new.login:
            raise Invalid.field("loginUser", why="On this system everybody logs in under the same name.")
        if not skip_check:
            await self.try_out(place.system, new, place.login or new.login or user)
        await self._db.write(_set, who, door, name, user=user, new=new, seal=self.seal, at=self._clock.now())

    async def remove(self, who: Identity, door: str, name: str, user: str) -> int:
        """Forget how somebody logs in; how many logins there were. Raises NotFound, Denied and Invalid."""
        return await self._db.write(_remove, who, door, name, user, at=self._clock.now())

    async def check(self, who: Identity, door: str, name: str, user: str) -> None:
        """Try what is stored. Raises NotFound when nothing is, Invalid when the system refuses it, and Unavailable."""
        place = await self._db.read(_place, who, door, name, user)
        stored = await self._db.read(logins.find_login, system_id=place.system.id, account_id=place.account_id)
        if stored is None or not stored.method:
            raise NotFound(f"There is no credential for {user} on the system {name}.")
        opened = self.unseal(place.system, place.account, stored)
        await self.try_out(place.system, opened, place.login or opened.login or user)

    async def login(self, system_id: int, account_id: int) -> tuple[System, str, Credential | None]:
        """The system, the name under which an account logs in to it, and with what, if anything. Asks nobody."""
        system, account, for_all, found = await self._db.read(_login, system_id, account_id)
        if found is None:
            return system, account.name, None
        opened = self.unseal(system, None if for_all else account, found) if found.method else None
        return system, found.login or account.name, opened

    async def try_out(self, system: System, new: Credential, login: str) -> None:
        """Log in once. Raises Invalid when that fails, and Unavailable when this house cannot reach any host.

        Where there is no secret to try, or on kinds of systems that are not tried, nothing happens.
        """
        if system.kind not in CHECKED or not any(new.secrets.values()):
            return
        reach = self.reach
        try:
            await reach.check(system, new, login)
        except UNREACHED as problem:
            why = f"The system {system.name} does not let {login} in: {problem}"
            raise Invalid.field("credential", why=why) from problem

    @property
    def reach(self) -> Reach:
        """The way to hosts. Raises Unavailable when this house has none."""
        if self._reach is None:
            raise Unavailable(
                "This service cannot log in anywhere now.", hint="To store it, skip the credential check."
            )
        return self._reach

    def seal(self, system: System, account: Account | None, new: Credential) -> SealedLogin:
        """A credential as it is stored: bound to its system, account and method."""
        plain = json.dumps(dict(new.secrets)).encode()
        sealed = vault.seal(self._key, plain, _bound_to(system, account, new.method))
        return SealedLogin(login=new.login, method=new.method, secret=sealed)

    def unseal(self, system: System, account: Account | None, stored: SealedLogin) -> Credential:
        """The credential again. Raises Broken when it belongs elsewhere."""
        plain = vault.open_sealed(self._key, stored.secret, _bound_to(system, account, stored.method))
        return Credential(login=stored.login, method=stored.method, secrets=json.loads(plain))


def _bound_to(system: System, account: Account | None, method: str) -> str:
    return "\0".join((system.uuid, account.name if account else "", method))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a login is kept."""

    system: System
    account: Account | None
    """None: it is the system's own, for everybody."""
    login: str
    """The name under which everybody logs in; empty: each under their own."""

    @property
    def account_id(self) -> int | None:
        return self.account.id if self.account else None


def _place(conn: Connection, who: Identity, door: str, name: str, user: str) -> _Place:
    """The place that a login of ``user`` has. Raises Denied when who asks may not touch it, and Invalid."""
    thing = thing_for(conn, who, door, Kind.SYSTEM, name)
    system: System = thing.rows[0]
    for_all = logins.find_login(conn, system_id=system.id, account_id=None)
    if for_all is not None:
        check(thing, Need.MANAGE)
        if user != for_all.login:
            why = f"On the system {name} everybody logs in as {for_all.login}: set the credential of that user."
            raise Invalid.field("userName", why=why)
        return _Place(system=system, account=None, login=for_all.login)
    if user != who.account.name:
        check(thing, Need.MANAGE)
    return _Place(system=system, account=account_named(conn, user, where="userName"), login="")


def _set(
    conn: Connection, who: Identity, door: str, name: str, *, user: str, new: Credential, seal: Seal, at: int
) -> None:
    place = _place(conn, who, door, name, user)
    sealed = seal(place.system, place.account, replace(new, login=place.login or new.login))
    logins.put_login(conn, system_id=place.system.id, account_id=place.account_id, sealed=sealed, at=at)
    _note(conn, who, place.system, "set_credential", user, at=at)


def _remove(conn: Connection, who: Identity, door: str, name: str, user: str, *, at: int) -> int:
    place = _place(conn, who, door, name, user)
    if place.account is None:
        stored = logins.find_login(conn, system_id=place.system.id, account_id=None)
        count = int(stored is not None and stored.method != "")
        bare = SealedLogin(login=place.login, method="", secret=b"")
        logins.put_login(conn, system_id=place.system.id, account_id=None, sealed=bare, at=at)
    else:
        count = logins.remove_login(conn, system_id=place.system.id, account_id=place.account.id)
    if count:
        _note(conn, who, place.system, "remove_credential", user, at=at)
    return count


def _note(conn: Connection, who: Identity, system: System, operation: str, user: str, *, at: int) -> None:
    detail = {"user": user}
    me = who.account.id
    audit.note(conn, kind=Kind.SYSTEM, ref=system.id, account_id=me, operation=operation, detail=detail, at=at)


def _login(conn: Connection, system_id: int, account_id: int) -> tuple[System, Account, bool, SealedLogin | None]:
    for_all, found = logins.effective_login(conn, system_id=system_id, account_id=account_id)
    account = accounts.find_accounts(conn, {account_id})[account_id]
    return systems.get_system(conn, system_id), account, for_all, found
