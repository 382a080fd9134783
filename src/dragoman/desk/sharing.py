"""The verbs on rights: grant and revoke verbs to people by name, share things with some people or with everybody."""

from collections.abc import Iterable, Sequence
from typing import Any

from dragoman.core.ports import Clock, Db
from dragoman.core.registered import EVERYBODY, Kind, Need, Share
from dragoman.core.things import Identity, Verb
from dragoman.desk.rights import Thing, account_named, check, owners_of, rights_from, thing_for
from dragoman.store import Connection, audit, grants

VERBS = (Verb.READ, Verb.CHANGE, Verb.RUN)
"""What can be granted by name."""


class Sharing:
    """Rights on systems and apps."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def verbs(self, who: Identity, door: str, kind: Kind, name: str, user: str) -> list[Verb]:
        """What was granted to somebody on a thing; its owner has all. One may always ask about oneself."""
        return await self._db.read(_verbs, who, door, kind, name, user=user)

    async def grant(self, who: Identity, door: str, kind: Kind, name: str, *, user: str, verbs: Iterable[Verb]) -> None:
        """Let somebody do more with a thing of one's own. Raises NotFound, Denied and Invalid."""
        await self._db.write(_grant, who, door, kind, name, user=user, verbs=tuple(verbs), at=self._clock.now())

    async def revoke(self, who: Identity, door: str, kind: Kind, name: str, *, user: str, verbs: Iterable[Verb]) -> int:
        """Take verbs back, on a thing of one's own or from oneself; how many. Raises NotFound, Denied and Invalid."""
        verbs = tuple(verbs)
        return await self._db.write(_revoke, who, door, kind, name, user=user, verbs=verbs, at=self._clock.now())

    async def granted(self, who: Identity, door: str, kind: Kind, name: str) -> tuple[str, dict[str, frozenset[Verb]]]:
        """The name of a thing's owner, and what was granted to whom by name."""
        return await self._db.read(_granted, who, door, kind, name)

    async def settle(
        self,
        who: Identity,
        door: str,
        kind: Kind,
        name: str,
        *,
        user: str,
        verbs: Iterable[Verb],
        by: frozenset[Verb] | None = None,
    ) -> int:
        """Let somebody do exactly this with a thing; how much changed. Raises as ``grant`` does.

        Who was granted all of ``by`` may do so as well as its owner, where a door has such a role; and anybody may
        give up what they have.
        """
        more: dict[str, Any] = {"user": user, "verbs": frozenset(verbs), "by": by, "at": self._clock.now()}
        return await self._db.write(_settle, who, door, kind, name, **more)

    async def shares(self, who: Identity, door: str, kind: Kind, name: str) -> tuple[str, Sequence[Share]]:
        """The name of a thing's owner, and with whom the thing is shared."""
        return await self._db.read(_shares, who, door, kind, name)

    async def share(
        self, who: Identity, door: str, kind: Kind, name: str, *, users: Sequence[str] | None, on: bool
    ) -> None:
        """Share a thing of one's own with these accounts (None: with everybody), or stop that. Raises Invalid.

        Anybody may end what is shared with themselves alone.
        """
        await self._db.write(share, who, door, kind, name, users=users, on=on, at=self._clock.now())


def _verbs(conn: Connection, who: Identity, door: str, kind: Kind, name: str, *, user: str) -> list[Verb]:
    thing = thing_for(conn, who, door, kind, name, need=None if user == who.account.name else Need.READ)
    account = account_named(conn, user, where="userName")
    if account.id == thing.owner_id:
        return list(VERBS)
    granted = grants.list_grants(conn, kind=kind, refs=[thing.ref])[thing.ref]
    rights = rights_from(granted, Identity(account=account), owner_id=thing.owner_id)
    return [verb for verb in VERBS if verb in rights.verbs]


def _grant(
    conn: Connection, who: Identity, door: str, kind: Kind, name: str, *, user: str, verbs: Sequence[Verb], at: int
) -> None:
    thing = thing_for(conn, who, door, kind, name, need=Need.MANAGE)
    account = account_named(conn, user, where="userName")
    new = [v for v in verbs if grants.give(conn, kind=kind, ref=thing.ref, account_id=account.id, verb=v, at=at)]
    if new:
        _note(conn, who, thing, "grant", user=user, verbs=new, at=at)


def _revoke(
    conn: Connection, who: Identity, door: str, kind: Kind, name: str, *, user: str, verbs: Sequence[Verb], at: int
) -> int:
    thing = thing_for(conn, who, door, kind, name, need=None if user == who.account.name else Need.MANAGE)
    account = account_named(conn, user, where="userName")
    count = grants.take(conn, kind=kind, ref=thing.ref, account_id=account.id, verbs=verbs)
    if count:
        _note(conn, who, thing, "revoke", user=user, verbs=verbs, at=at)
    return count


def _granted(
    conn: Connection, who: Identity, door: str, kind: Kind, name: str
) -> tuple[str, dict[str, frozenset[Verb]]]:
    thing = thing_for(conn, who, door, kind, name)
    found: dict[str, frozenset[Verb]] = {}
    for one in grants.list_grants(conn, kind=kind, refs=[thing.ref])[thing.ref]:
        if one.account_id is not None and one.verb is not Verb.SHARE:
            found[one.name] = found.get(one.name, frozenset()) | {one.verb}
    return owners_of(conn, [thing])[thing.owner_id].name, found


def _settle(
    conn: Connection,
    who: Identity,
    door: str,
    kind: Kind,
    name: str,
    *,
    user: str,
    verbs: frozenset[Verb],
    by: frozenset[Verb] | None,
    at: int,
) -> int:
    thing = thing_for(conn, who, door, kind, name)
    has_some = any(
        one.account_id == who.account.id and one.verb is not Verb.SHARE
        for one in grants.list_grants(conn, kind=kind, refs=[thing.ref])[thing.ref]
    )
    gives_up = has_some and not verbs and user == who.account.name
    if not gives_up and (by is None or not by <= thing.rights.verbs):
        check(thing, Need.MANAGE)
    account = account_named(conn, user, where="username")
    key: dict[str, Any] = {"kind": kind, "ref": thing.ref, "account_id": account.id}
    gone = [verb for verb in Verb if verb not in {*verbs, Verb.SHARE}]
    taken = grants.take(conn, **key, verbs=gone)
    new = [verb for verb in sorted(verbs) if grants.give(conn, **key, verb=verb, at=at)]
    if new:
        _note(conn, who, thing, "grant", user=user, verbs=sorted(verbs), at=at)
    elif taken:
        _note(conn, who, thing, "revoke", user=user, verbs=gone, at=at)
    return taken + len(new)


def _shares(conn: Connection, who: Identity, door: str, kind: Kind, name: str) -> tuple[str, Sequence[Share]]:
    thing = thing_for(conn, who, door, kind, name)
    return owners_of(conn, [thing])[thing.owner_id].name, thing.shares


def share(
    conn: Connection, who: Identity, door: str, kind: Kind, name: str, *, users: Sequence[str] | None, on: bool, at: int
) -> None:
    """See Sharing.share."""
    leaves = not on and set(users or ()) == {who.account.name}
    thing = thing_for(conn, who, door, kind, name, need=None if leaves else Need.MANAGE)
    key: dict[str, Any] = {"kind": kind, "ref": thing.ref}
    if leaves and not any(one.name == who.account.name for one in thing.shares):
        check(thing, Need.MANAGE)
    ids = [None] if users is None else [account_named(conn, user, where="users").id for user in users]
    for account_id in ids:
        if on:
            grants.give(conn, **key, account_id=account_id, verb=Verb.SHARE, at=at)
        else:
            grants.take(conn, **key, account_id=account_id, verbs=[Verb.SHARE])
    told = EVERYBODY if users is None else ", ".join(users)
    _note(conn, who, thing, "share" if on else "unshare", user=told, at=at)


def _note(
    conn: Connection, who: Identity, thing: Thing, operation: str, *, user: str, verbs: Sequence[Verb] = (), at: int
) -> None:
    detail = {"user": user, **({"verbs": list(verbs)} if verbs else {})}
    me = who.account.id
    audit.note(conn, kind=thing.kind, ref=thing.ref, account_id=me, operation=operation, detail=detail, at=at)
