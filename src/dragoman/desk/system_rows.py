"""What the verbs on systems share: views, references, a system's own login, its children. Runs in a transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.core.errors import Invalid, Path
from dragoman.core.registered import PARENT, Kind, Need, SealedLogin, SystemDraft, SystemView
from dragoman.core.retelling import Teller, retold
from dragoman.core.things import Account, Identity, System
from dragoman.desk.rights import Thing, owners_of, things_of
from dragoman.store import Connection, audit, logins, profiles, systems

PATHS = "path"
"""The kind of grants on paths of systems."""


def view_system(conn: Connection, who: Identity, thing: Thing) -> SystemView:
    """One system as somebody sees it."""
    _, login = logins.effective_login(conn, system_id=thing.ref, account_id=who.account.id)
    return _view(who, thing, owners_of(conn, [thing]), {} if login is None else {thing.ref: login})


def view_systems(conn: Connection, who: Identity, found: Iterable[Thing]) -> list[SystemView]:
    """Systems as somebody sees them."""
    found = list(found)
    owners, known = owners_of(conn, found), logins.effective_logins(conn, account_id=who.account.id)
    return [_view(who, thing, owners, known) for thing in found]


def _view(who: Identity, thing: Thing, owners: Mapping[int, Account], known: Mapping[int, SealedLogin]) -> SystemView:
    login = known.get(thing.ref)
    return SystemView(
        system=thing.rows[0],
        owner=owners[thing.owner_id],
        rights=thing.rights,
        shares=thing.shares,
        login=(login.login if login else "") or who.account.name,
        has_credential=login is not None and login.method != "",
    )


def complain(conn: Connection, who: Identity, door: str, draft: SystemDraft, *, root: str) -> None:
    """Raise Invalid with all that is wrong with a draft, and with what it refers to; pass when nothing is."""
    faults: dict[Path, list[str]] = {path: list(said) for path, said in draft.faults.items()}
    if draft.profile and profiles.find_profile(conn, draft.profile) is None:
        why = f"There is no scheduler profile {draft.profile}."
        faults.setdefault(("batchSchedulerProfile",), []).append(why)
    if draft.transfer_node and (why := _unfit_node(conn, who, door, draft.transfer_node, root)):
        faults.setdefault(("dtnSystemId",), []).append(why)
    if faults:
        raise Invalid(faults)


def _unfit_node(conn: Connection, who: Identity, door: str, name: str, root: str) -> str:
    node = systems.find_system(conn, name)
    things = things_of(conn, who, door, Kind.SYSTEM, [node] if node else [])
    if node is None or not things or things[0].is_deleted or not things[0].rights.allow(Need.READ):
        return f"There is no system {name} that you may see."
    return "" if node.root == root else f"The system {name} has another rootDir: {node.root}."


def settle_login(conn: Connection, system: System, login: str, sealed: SealedLogin | None, *, at: int) -> None:
    """Bring the login that a system has for everybody in line with its name for it; empty: there is none."""
    there = logins.find_login(conn, system_id=system.id, account_id=None)
    if not login:
        logins.remove_login(conn, system_id=system.id, account_id=None)
    elif sealed is not None or there is None or there.login != login:
        new = sealed or SealedLogin(login=login, method="", secret=b"")
        logins.put_login(conn, system_id=system.id, account_id=None, sealed=new, at=at)


def tell_others(conn: Connection, system_id: int, door: str, tellers: Mapping[str, Teller], *, at: int) -> None:
    """Have other doors show a system as this one says it is now."""
    facets = retold(tellers, door, systems.get_system(conn, system_id))
    systems.change_system(conn, system_id, {"facets": facets}, at=at)


def children_of(conn: Connection, door: str, system: System, *, deleted: bool = False) -> list[System]:
    """The systems that are what they are through this one."""
    known = systems.list_systems(conn, deleted=deleted) if door in system.facets else []
    return [one for one in known if one.facets.get(door, {}).get(PARENT) == system.name]


def unborn(draft: SystemDraft) -> System:
    """A system as it would be, for a first look at its host."""
    values = {name: draft.values[name] for name in ("description", "shell", "scheduler", "slots", "uuid")}
    place = {name: draft.values[name] for name in ("kind", "host", "port", "root")}
    return System(id=0, name=draft.name, owner_id=0, facets={}, **values, **place)


def note(
    conn: Connection, who: Identity, system: System, operation: str, detail: Mapping[str, Any], *, at: int
) -> None:
    """Write down what was done to a system."""
    me = who.account.id
    audit.note(conn, kind=Kind.SYSTEM, ref=system.id, account_id=me, operation=operation, detail=detail, at=at)
