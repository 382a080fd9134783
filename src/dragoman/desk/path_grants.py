"""Who else may reach a path: permissions and shares, given by the system's owner. Knows no host."""

from collections.abc import Sequence

from dragoman.core.errors import Denied, Invalid
from dragoman.core.paths import ancestors, located
from dragoman.core.places import PathShares
from dragoman.core.ports import Clock, Db
from dragoman.core.standing import PATH, Standing
from dragoman.core.things import Account, Identity, Verb
from dragoman.desk.spots import look
from dragoman.store import Connection, grants, places


class PathGrants:
    """Permissions and shares of paths. Every verb raises NotFound, Denied and Invalid."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def give(self, who: Identity, door: str, system: str, path: str, *, user: str, verb: Verb) -> str:
        """Let somebody read or change a path and what lies below it; the path in its one form."""
        return await self._db.write(
            _give, who, door, system, located(path), users=[user], verb=verb, at=self._clock.now()
        )

    async def take(self, who: Identity, door: str, system: str, path: str, *, user: str) -> None:
        """Take back what was given on exactly this path. Anybody may give up what they were given themselves."""
        verbs = [Verb.READ, Verb.CHANGE]
        await self._db.write(_take, who, door, system, located(path), users=[user], verbs=verbs)

    async def of(self, who: Identity, door: str, system: str, path: str, *, user: str = "") -> tuple[str, Verb | None]:
        """What somebody was given on a path or one above it; who asks when nobody is named."""
        path = located(path)
        return path, await self._db.read(_of, who, door, system, path, user=user)

    async def held(self, who: Identity, door: str, system: str, path: str) -> list[tuple[str, str, Verb]]:
        """Who was given what on a path or one above it: (account name, path, verb); empty name: everybody.

        For who may give. Raises Denied for others.
        """
        return await self._db.read(_held, who, door, system, located(path))

    async def shares(self, who: Identity, door: str, system: str, path: str) -> PathShares:
        """With whom a path is shared."""
        return await self._db.read(_shares, who, door, system, located(path))

    async def share(self, who: Identity, door: str, system: str, path: str, users: Sequence[str] | None) -> None:
        """Let people, or with None everybody, read a path and what lies below it."""
        await self._db.write(
            _give, who, door, system, located(path), users=users, verb=Verb.SHARE, at=self._clock.now()
        )

    async def unshare(self, who: Identity, door: str, system: str, path: str, users: Sequence[str] | None) -> None:
        """End the shares of exactly this path with people, or with None that with everybody.

        Anybody may end what is shared with themselves alone.
        """
        await self._db.write(_take, who, door, system, located(path), users=users, verbs=[Verb.SHARE])

    async def unshare_all(self, who: Identity, door: str, system: str, path: str, *, below: bool) -> None:
        """End every share of a path; with ``below`` also of all that lies in it."""
        await self._db.write(_unshare_all, who, door, system, located(path), below=below)


def _sharer(conn: Connection, who: Identity, door: str, system: str, path: str) -> Standing:
    seen = look(conn, who.account, door, system, path)
    if not seen.may_share:
        raise Denied(f"Only the owner of the system {system} may grant and share its paths.")
    return seen


def _named(conn: Connection, users: Sequence[str] | None) -> list[int | None]:
    """The accounts of these names, None standing for everybody. Raises Invalid that names all that do not exist."""
    if users is None:
        return [None]
    known = places.accounts_named(conn, users)
    if missing := [name for name in dict.fromkeys(users) if name not in known]:
        raise Invalid.field("users", why=f"There are no accounts of these names here: {', '.join(missing)}.")
    return [known[name].id for name in dict.fromkeys(users)]


def _give(
    conn: Connection,
    who: Identity,
    door: str,
    system: str,
    path: str,
    *,
    users: Sequence[str] | None,
    verb: Verb,
    at: int,
) -> str:
    ref = _sharer(conn, who, door, system, path).system.id
    for account_id in _named(conn, users):
        grants.give(conn, kind=PATH, ref=ref, account_id=account_id, verb=verb, path=path, at=at)
    return path


def _take(
    conn: Connection,
    who: Identity,
    door: str,
    system: str,
    path: str,
    *,
    users: Sequence[str] | None,
    verbs: Sequence[Verb],
) -> None:
    seen = look(conn, who.account, door, system, path)
    ref = seen.system.id
    leaves = set(users or ()) == {who.account.name} and not seen.may_share
    if leaves and grants.take(conn, kind=PATH, ref=ref, account_id=who.account.id, verbs=verbs, path=path):
        return
    _sharer(conn, who, door, system, path)
    for account_id in _named(conn, users):
        grants.take(conn, kind=PATH, ref=ref, account_id=account_id, verbs=verbs, path=path)


def _of(conn: Connection, who: Identity, door: str, system: str, path: str, *, user: str) -> Verb | None:
    seen, account = look(conn, who.account, door, system, path), who.account
    if user and user != account.name:
        if not seen.may_share:
            raise Denied(f"Only the owner of the system {system} may see what others may do.")
        found = places.accounts_named(conn, [user])
        account = found.get(user, Account(id=0, name=user, email="", is_admin=False))
    held = places.standing(conn, seen.system, path, account).held
    verbs = {one.verb for one in held if one.kind == PATH}
    return next((verb for verb in (Verb.CHANGE, Verb.READ) if verb in verbs), None)


def _held(conn: Connection, who: Identity, door: str, system: str, path: str) -> list[tuple[str, str, Verb]]:
    ref = _sharer(conn, who, door, system, path).system.id
    above = set(ancestors(path))
    granted = grants.list_grants(conn, kind=PATH, refs=[ref])[ref]
    return [(one.name, one.path, one.verb) for one in granted if one.path in above]


def _shares(conn: Connection, who: Identity, door: str, system: str, path: str) -> PathShares:
    seen = look(conn, who.account, door, system, path)
    if not seen.may_share:
        seen.check(Verb.READ)
    found = places.list_shares(conn, system_id=seen.system.id, path=path)
    found.sort(key=lambda share: -len(share[0]))
    everybody = next((shared for shared, name in found if name is None), None)
    return PathShares(everybody=everybody, people=tuple((name, shared) for shared, name in found if name is not None))


def _unshare_all(conn: Connection, who: Identity, door: str, system: str, path: str, *, below: bool) -> None:
    seen = _sharer(conn, who, door, system, path)
    places.remove_shares(conn, system_id=seen.system.id, path=path, below=below)
