"""What the verbs on apps do, each inside one transaction; desk.apps says what they promise."""

from collections.abc import Callable, Mapping
from typing import Any

from dragoman.core.errors import Conflict, Denied, Invalid, NotFound
from dragoman.core.notices import APP, OFF, ON
from dragoman.core.registered import LOCKED, ON_SYSTEM, AppDraft, AppView, HistoryItem, Kind, Need, Scope
from dragoman.core.sources import Wanted
from dragoman.core.things import App, Identity
from dragoman.core.topics import APP_NAME, APP_ON_SYSTEM, About
from dragoman.desk.rights import Thing, account_named, owner_for, owners_of, thing_for, things_of
from dragoman.store import Connection, accounts, app_lists, apps, audit, events, systems

Edit = Callable[[AppView], AppDraft]
"""Makes a version's new form from the one it has. Pure; raises Invalid."""


def _thing(conn: Connection, who: Identity, door: str, name: str, *, need: Need, deleted: bool = False) -> Thing:
    return thing_for(conn, who, door, Kind.APP, name, need=need, deleted=deleted)


def _version(thing: Thing, version: str) -> App:
    found: list[App] = [row for row in thing.rows if not version or row.version == version]
    if not found:
        raise NotFound(f"There is no version {version} of the app {thing.name}.")
    return found[-1]


def _view(conn: Connection, thing: Thing, app: App) -> AppView:
    owner = owners_of(conn, [thing])[thing.owner_id]
    return AppView(app=app, owner=owner, rights=thing.rights, shares=thing.shares)


def find(conn: Connection, who: Identity, door: str, name: str, version: str, *, need: Need) -> AppView:
    """See Apps.find."""
    thing = _thing(conn, who, door, name, need=need)
    return _view(conn, thing, _version(thing, version))


def list_apps(conn: Connection, who: Identity, door: str, scope: Scope, *, every: bool, deleted: bool) -> list[AppView]:
    """See Apps.list."""
    owner_id = who.account.id if scope is Scope.OWNED else None
    found = things_of(conn, who, door, Kind.APP, apps.list_all(conn, owner_id=owner_id, deleted=deleted))
    owners = owners_of(conn, found)
    return [
        AppView(app=row, owner=owners[thing.owner_id], rights=thing.rights, shares=thing.shares)
        for thing in found
        if thing.rights.fit(scope)
        for row in (thing.rows if every else thing.rows[-1:])
    ]


def search(conn: Connection, who: Identity, door: str, wanted: Wanted, *, may_cut: bool) -> tuple[list[AppView], bool]:
    """See Apps.search."""
    reader = None if who.account.is_admin else who.account.id
    found = app_lists.list_apps(conn, wanted, door=door, reader_id=reader, may_cut=may_cut)
    things = things_of(conn, who, door, Kind.APP, found.apps)
    owners = owners_of(conn, things)
    views = [
        AppView(app=one.rows[-1], owner=owners[one.owner_id], rights=one.rights, shares=one.shares) for one in things
    ]
    return views, found.is_part


def create(conn: Connection, who: Identity, door: str, draft: AppDraft, *, at: int) -> AppView:
    """See Apps.create."""
    owner_id, enabled = _owner_of_new(conn, who, door, draft)
    if draft.faults:
        raise Invalid(draft.faults)
    apps.add_version(
        conn,
        name=draft.name,
        version=draft.version,
        owner_id=owner_id,
        uuid=draft.uuid,
        facets={door: dict(draft.facet)},
        budgets=draft.budgets,
        enabled=enabled,
        at=at,
    )
    thing = _thing(conn, who, door, draft.name, need=Need.CHANGE)
    _note(conn, who, door, thing, "create", version=draft.version, detail=draft.detail, at=at)
    return _view(conn, thing, _version(thing, draft.version))


def _owner_of_new(conn: Connection, who: Identity, door: str, draft: AppDraft) -> tuple[int, bool]:
    """Who will own a new version, and whether the app is enabled: what is there already decides."""
    known = apps.list_versions(conn, draft.name)
    if not known:
        return owner_for(conn, who, draft.owner).id, draft.enabled
    if door not in known[0].facets or known[0].deleted_at is not None:
        why = "is deleted" if door in known[0].facets else "is shown at another door"
        raise Conflict(f"The id {draft.name} is taken: an app of that id {why}.", hint="Choose another id.")
    if any(one.version == draft.version for one in known):
        raise Conflict(f"There is a version {draft.version} of the app {draft.name} already.")
    thing = _thing(conn, who, door, draft.name, need=Need.CHANGE)
    return thing.owner_id, known[0].enabled


def change(conn: Connection, who: Identity, door: str, name: str, version: str, *, edit: Edit, at: int) -> AppView:
    """See Apps.change."""
    thing = _thing(conn, who, door, name, need=Need.CHANGE)
    app = _version(thing, version)
    if app.facets[door].get(LOCKED):
        raise Denied(
            f"APPLIB_UNAUTH_LOCKED The version {version} of the app {name} is locked.", hint="Unlock it first."
        )
    draft = edit(_view(conn, thing, app))
    if draft.faults:
        raise Invalid(draft.faults)
    facets = {**app.facets, door: dict(draft.facet)}
    apps.change_version(conn, app.id, facets=facets, budgets=draft.budgets, at=at)
    _note(conn, who, door, thing, "change", version=version, detail=draft.detail, at=at)
    return find(conn, who, door, name, version, need=Need.CHANGE)


def switch(conn: Connection, who: Identity, door: str, name: str, version: str, *, word: str, on: bool, at: int) -> int:
    """See Apps.switch."""
    thing = _thing(conn, who, door, name, need=Need.MANAGE)
    app = _version(thing, version)
    if bool(app.facets[door].get(word)) is on:
        return 0
    apps.change_version(conn, app.id, facets={**app.facets, door: {**app.facets[door], word: on}}, at=at)
    told = ("lock" if on else "unlock") if word == LOCKED else ("enable" if on else "disable")
    _note(conn, who, door, thing, told, version=version, at=at)
    return 1


def enable(conn: Connection, who: Identity, door: str, name: str, *, on: bool, at: int) -> int:
    """See Apps.enable."""
    thing = _thing(conn, who, door, name, need=Need.MANAGE)
    if thing.rows[0].enabled is on:
        return 0
    apps.change_versions(conn, name, {"enabled": on}, at=at)
    _note(conn, who, door, thing, "enable" if on else "disable", at=at)
    told = events.new_event(at, kind=APP, now=ON if on else OFF, reason=who.account.name)
    events.tell_live(conn, [row.id for row in thing.rows], told)
    return 1


def delete(conn: Connection, who: Identity, door: str, name: str, *, on: bool, at: int) -> int:
    """See Apps.remove and Apps.restore."""
    thing = _thing(conn, who, door, name, need=Need.MANAGE, deleted=True)
    if thing.is_deleted is on:
        return 0
    apps.change_versions(conn, name, {"deleted_at": at if on else None}, at=at)
    accounts.remove_grants(conn, kind=Kind.APP, ref=thing.ref)
    _note(conn, who, door, thing, "delete" if on else "undelete", at=at)
    return 1


def hand_over(conn: Connection, who: Identity, door: str, name: str, to: str, *, at: int) -> int:
    """See Apps.hand_over."""
    thing = _thing(conn, who, door, name, need=Need.MANAGE)
    owner = account_named(conn, to, where="userName")
    if owner.id == thing.owner_id:
        return 0
    apps.change_versions(conn, name, {"owner_id": owner.id}, at=at)
    _note(conn, who, door, thing, "change_owner", detail={"owner": to}, at=at)
    return 1


def history(conn: Connection, who: Identity, door: str, name: str) -> list[HistoryItem]:
    """See Apps.history."""
    thing = _thing(conn, who, door, name, need=Need.READ, deleted=True)
    return audit.list_history(conn, kind=Kind.APP, refs=[thing.ref])


def note_copy(conn: Connection, who: Identity, door: str, name: str, *, detail: Mapping[str, Any], at: int) -> None:
    """See Apps.note_copy."""
    _note(conn, who, door, _thing(conn, who, door, name, need=Need.READ), "copy", detail=detail, at=at)


def _note(
    conn: Connection,
    who: Identity,
    door: str,
    thing: Thing,
    operation: str,
    *,
    version: str = "",
    detail: Mapping[str, Any] | None = None,
    at: int,
) -> None:
    key: dict[str, Any] = {"kind": Kind.APP, "ref": thing.ref, "account_id": who.account.id, "version": version}
    audit.note(conn, **key, operation=operation, detail=detail or {}, at=at, also=_systems_of(conn, thing, door))


def _systems_of(conn: Connection, thing: Thing, door: str) -> list[About]:
    """The system that an app runs on: whoever follows that hears of it."""
    found = systems.find_system(conn, str(thing.rows[-1].facets[door].get(ON_SYSTEM, "")))
    return [About(kind=APP_ON_SYSTEM, ref=found.id, detail={APP_NAME: thing.name})] if found else []
