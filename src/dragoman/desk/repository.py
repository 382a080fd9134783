"""The verbs on the code repository: which apps somebody may see, and adding, changing and sharing them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.field import AppKey
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import Kind, Rights
from dragoman.core.things import Account, App, Identity, Verb
from dragoman.desk.rights import account_named, rights_from
from dragoman.store import Connection, accounts, grants, repository
from dragoman.store.grants import Grant

FROZEN = "frozen"
"""The word in an app's facet that the desk reads: it can be neither replaced nor deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryApp:
    """One version of an app as somebody sees it."""

    app: App
    owner: Account
    rights: Rights
    granted: Sequence[Grant]


class Repository:
    """Apps that are found under a namespace, a name and a version."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def list(
        self, who: Identity | None, door: str, *, namespace: str = "", name: str = ""
    ) -> list[RepositoryApp]:
        """What somebody may see: what is public, their own, and what was shared with them."""
        return await self._db.read(_list, who, door, namespace=namespace, name=name)

    async def find(self, who: Identity | None, door: str, key: AppKey) -> RepositoryApp:
        """One version. Raises NotFound, also when somebody may not see it."""
        return await self._db.read(_find, who, door, key)

    async def put(
        self, who: Identity, door: str, key: AppKey, facet: Mapping[str, Any], *, force: bool = False
    ) -> RepositoryApp:
        """Add a version; one that is there is replaced by force alone. Raises Denied and Conflict."""
        return await self._db.write(_put, who, door, key, facet, force=force, at=self._clock.now())

    async def freeze(self, who: Identity, door: str, key: AppKey, *, on: bool) -> RepositoryApp:
        """Have a version stay as it is, or not any longer. Raises NotFound and Denied."""
        return await self._db.write(_freeze, who, door, key, on=on, at=self._clock.now())

    async def delete(self, who: Identity, door: str, key: AppKey) -> None:
        """Delete a version. Raises NotFound, Denied, and Conflict for a frozen one."""
        await self._db.write(_delete, who, door, key, at=self._clock.now())

    async def share(
        self, who: Identity, door: str, namespace: str, name: str, *, grantee: str, verb: Verb, path: str, on: bool
    ) -> int:
        """Grant all versions of an app to somebody (empty: everybody), or take that back; how many that changed."""
        at = self._clock.now()
        return await self._db.write(
            _share, who, door, (namespace, name), grantee=grantee, verb=verb, path=path, on=on, at=at
        )


def visible_apps(conn: Connection, who: Identity, door: str, keys: Collection[AppKey]) -> dict[AppKey, App]:
    """Those of these apps that exist and that somebody may see. Runs inside a transaction."""
    found = repository.find_apps(conn, keys)
    seen = {(view.app.namespace, view.app.name) for view in _views(conn, who, door, list(found.values()))}
    return {key: app for key, app in found.items() if (key.namespace, key.name) in seen}


def _views(conn: Connection, who: Identity | None, door: str, apps: Collection[App]) -> list[RepositoryApp]:
    here = [app for app in apps if door in app.facets]
    refs = repository.refs(conn, {(app.namespace, app.name) for app in here})
    granted = grants.list_grants(conn, kind=Kind.APP, refs=sorted(refs.values()))
    owners = accounts.find_accounts(conn, {app.owner_id for app in here})
    found = []
    for app in here:
        mine = granted[refs[app.namespace, app.name]]
        rights = _rights(mine, who, app)
        if rights.is_owner or rights.is_public or rights.is_admin or rights.is_shared or rights.verbs:
            found.append(RepositoryApp(app=app, owner=owners[app.owner_id], rights=rights, granted=mine))
    return found


def _rights(granted: Sequence[Grant], who: Identity | None, app: App) -> Rights:
    if who is not None:
        return rights_from(granted, who, owner_id=app.owner_id)
    is_public = any(grant.account_id is None and grant.verb is Verb.SHARE for grant in granted)
    return Rights(is_owner=False, is_public=is_public)


def _list(conn: Connection, who: Identity | None, door: str, *, namespace: str, name: str) -> list[RepositoryApp]:
    return _views(conn, who, door, repository.list_apps(conn, namespace=namespace, name=name))


def _find(conn: Connection, who: Identity | None, door: str, key: AppKey) -> RepositoryApp:
    views = _views(conn, who, door, list(repository.find_apps(conn, [key]).values()))
    if not views:
        raise NotFound("App not found")
    return views[0]


def _changeable(conn: Connection, who: Identity, door: str, key: AppKey) -> RepositoryApp:
    view = _find(conn, who, door, key)
    if not _may_change(view.rights):
        raise Denied("Not authorized.")
    return view


def _may_change(rights: Rights) -> bool:
    return rights.is_owner or rights.is_admin or not rights.verbs.isdisjoint({Verb.CHANGE, Verb.OWN})


def _put(
    conn: Connection, who: Identity, door: str, key: AppKey, facet: Mapping[str, Any], *, force: bool, at: int
) -> RepositoryApp:
    there = repository.find_apps(conn, [key], deleted=True).get(key)
    _check_place(conn, who, door, key)
    if there is not None and there.deleted_at is None:
        if there.facets.get(door, {}).get(FROZEN):
            raise Conflict(f"{key} is frozen.", hint="PUT it with frozen=0 before you change or delete it.")
        if not force:
            raise Conflict(f"{key} already exists.", hint="Submit it with force=true to replace it.")
    facets = {**(there.facets if there else {}), door: dict(facet)}
    repository.put_app(conn, key, owner_id=who.account.id, uuid=str(uuid4()), facets=facets, at=at)
    return _find(conn, who, door, key)


def _check_place(conn: Connection, who: Identity, door: str, key: AppKey) -> None:
    """A namespace is its first app's owner's, and everybody has one of their own name; in it, grants count too."""
    if key.namespace == who.account.name or who.account.is_admin:
        return
    siblings = _views(conn, who, door, repository.list_apps(conn, namespace=key.namespace, name=key.name))
    if any(_may_change(view.rights) for view in siblings):
        return
    owner = repository.first_owner(conn, key.namespace)
    if owner == who.account.id or (owner is None and not accounts.is_name(conn, key.namespace)):
        return
    raise Denied("Not authorized.")


def _freeze(conn: Connection, who: Identity, door: str, key: AppKey, *, on: bool, at: int) -> RepositoryApp:
    app = _changeable(conn, who, door, key).app
    facets = {**app.facets, door: {**app.facets[door], FROZEN: on}}
    repository.put_app(conn, key, owner_id=app.owner_id, uuid=app.uuid, facets=facets, at=at)
    return _find(conn, who, door, key)


def _delete(conn: Connection, who: Identity, door: str, key: AppKey, *, at: int) -> None:
    view = _changeable(conn, who, door, key)
    if view.app.facets[door].get(FROZEN):
        raise Conflict(f"{key} is frozen.", hint="PUT it with frozen=0 before you change or delete it.")
    repository.delete_app(conn, view.app.id, at=at)


def _share(
    conn: Connection,
    who: Identity,
    door: str,
    app: tuple[str, str],
    *,
    grantee: str,
    verb: Verb,
    path: str,
    on: bool,
    at: int,
) -> int:
    views = _views(conn, who, door, repository.list_apps(conn, namespace=app[0], name=app[1]))
    if not views:
        raise NotFound("Repository not found")
    rights = views[0].rights
    if not (rights.is_owner or rights.is_admin or Verb.OWN in rights.verbs):
        raise Denied("Not authorized.")
    ref = repository.refs(conn, [app])[app]
    account_id = account_named(conn, grantee, where="grantee").id if grantee else None
    place: dict[str, Any] = {"kind": Kind.APP, "ref": ref, "account_id": account_id, "path": path}
    return int(grants.give(conn, **place, verb=verb, at=at)) if on else grants.take(conn, **place, verbs=[verb])
