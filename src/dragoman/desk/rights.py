"""Who may do what with registered systems and apps. What one may not read is denied by name, and not hidden.

Runs inside a transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.registered import Kind, Need, Rights, Share
from dragoman.core.things import Account, App, Identity, System, Verb
from dragoman.store import Connection, accounts, apps, systems
from dragoman.store.grants import Grant, list_grants

_WORDS = {
    Need.READ: "You may not see",
    Need.CHANGE: "You may not change",
    Need.RUN: "You may not run anything with",
    Need.MANAGE: "Only its owner and admins may manage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A system, or an app with all its versions, as rights and history see it."""

    kind: Kind
    name: str
    ref: int
    """What its grants and its history refer to."""
    owner_id: int
    rights: Rights
    shares: tuple[Share, ...]
    is_deleted: bool
    rows: tuple[Any, ...]
    """The system, or the versions of the app in the order of their creation."""


def thing_for(
    conn: Connection,
    who: Identity,
    door: str,
    kind: Kind,
    name: str,
    *,
    need: Need | None = Need.READ,
    deleted: bool = False,
) -> Thing:
    """The thing, when somebody may do that with it (None: anything).

    Raises NotFound, also for a deleted one unless those are asked for, and Denied.
    """
    rows: Sequence[Any] = [found] if kind is Kind.SYSTEM and (found := systems.find_system(conn, name)) else ()
    rows = apps.list_versions(conn, name) if kind is Kind.APP else rows
    found_things = things_of(conn, who, door, kind, rows)
    if not found_things or (found_things[0].is_deleted and not deleted):
        raise NotFound(f"There is no {kind} {name}.")
    if need is not None:
        check(found_things[0], need)
    return found_things[0]


def lent_system(conn: Connection, who: Identity, door: str, name: str, *, need: Need, lender: str) -> Thing:
    """The system, when somebody may do that with it, or when the lender may. Raises NotFound and Denied."""
    thing = thing_for(conn, who, door, Kind.SYSTEM, name, need=None)
    if thing.rights.allow(need) or not lender:
        check(thing, need)
        return thing
    try:
        lending = Identity(account=accounts.find_account(conn, name=lender))
        thing_for(conn, lending, door, Kind.SYSTEM, name, need=need)
    except (Denied, NotFound):
        check(thing, need)
    return thing


def check(thing: Thing, need: Need) -> None:
    """Pass when its rights allow that. Raises Denied."""
    if not thing.rights.allow(need):
        raise Denied(f"{_WORDS[need]} the {thing.kind} {thing.name}.")


def things_of(conn: Connection, who: Identity, door: str, kind: Kind, rows: Iterable[System | App]) -> list[Thing]:
    """The things that these rows make, those of one app together, where the door shows them."""
    grouped: dict[str, list[System | App]] = {}
    for row in rows:
        if door in row.facets:
            grouped.setdefault(row.name, []).append(row)
    refs = {name: min(row.id for row in group) for name, group in grouped.items()}
    granted = list_grants(conn, kind=kind, refs=list(refs.values()))
    return [
        Thing(
            kind=kind,
            name=name,
            ref=refs[name],
            owner_id=group[0].owner_id,
            rights=rights_from(granted[refs[name]], who, owner_id=group[0].owner_id),
            shares=shares_from(granted[refs[name]]),
            is_deleted=group[0].deleted_at is not None,
            rows=tuple(group),
        )
        for name, group in grouped.items()
    ]


def rights_from(granted: Sequence[Grant], who: Identity, *, owner_id: int) -> Rights:
    """What somebody may do, by what was granted on the thing."""
    mine = {grant.verb for grant in granted if grant.account_id == who.account.id}
    return Rights(
        is_owner=owner_id == who.account.id,
        is_admin=who.account.is_admin,
        verbs=frozenset(mine - {Verb.SHARE}),
        is_shared=Verb.SHARE in mine,
        is_public=any(grant.account_id is None and grant.verb is Verb.SHARE for grant in granted),
    )


def shares_from(granted: Sequence[Grant]) -> tuple[Share, ...]:
    """With whom the thing is shared, in the order of sharing."""
    return tuple(Share(name=grant.name, at=grant.created_at) for grant in granted if grant.verb is Verb.SHARE)


def owners_of(conn: Connection, things: Iterable[Thing]) -> dict[int, Account]:
    """The owners of things, by id."""
    return accounts.find_accounts(conn, {thing.owner_id for thing in things})


def account_named(conn: Connection, name: str, *, where: str) -> Account:
    """The account of that name. Raises Invalid that says where in the request it stands."""
    try:
        return accounts.find_account(conn, name=name)
    except NotFound as problem:
        raise Invalid.field(where, why=f"There is no account {name} here.") from problem


def owner_for(conn: Connection, who: Identity, name: str) -> Account:
    """Who will own a new thing. Raises Denied when that is somebody else and no admin asks, and Invalid."""
    if not name or name == who.account.name:
        return who.account
    if not who.account.is_admin:
        raise Denied(f"Only an admin may create something for {name}.")
    return account_named(conn, name, where="owner")
