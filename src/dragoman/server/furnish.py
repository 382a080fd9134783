"""Puts into the database what every house has: the built-in account, this host as a system, the catalogue's apps."""

import logging
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4, uuid5

from dragoman.config import Settings
from dragoman.core.catalogue import Catalogue, CatalogueApp
from dragoman.core.errors import Invalid, NotFound
from dragoman.core.registered import Kind
from dragoman.core.retelling import Teller, retold
from dragoman.core.things import System, Verb
from dragoman.store import Connection, accounts, apps, catalogue, grants, profiles, systems

log = logging.getLogger(__name__)

LOCAL = "local"
"""The name of the system that is the service's own host."""
PROFILE = "tacc"
"""The name of the scheduler profile that comes with the house."""


def slots(settings: Settings) -> int:
    """How many runs this host takes at once."""
    return settings.local.slots or 2 * (os.cpu_count() or 1)


def furnish(conn: Connection, known: Catalogue, settings: Settings, *, at: int) -> int:
    """Bring account, system and apps up to date; returns the id of this host's system. Raises Invalid."""
    owner = _built_in_account(conn, at)
    here = next((system for system in known.systems if system.name == LOCAL), None)
    if here is None:
        raise Invalid.field("catalog", why=f"No [[system]] is named {LOCAL}. Delete systems.toml to get it back.")
    system_id = catalogue.put_system(
        conn,
        name=LOCAL,
        owner_id=owner,
        values={
            "description": here.description,
            "shell": "local",
            "scheduler": "fork",
            "slots": slots(settings),
            "facets": dict(here.facets),
            "kind": "linux",
            "host": "localhost",
            "root": "/",
        },
    )
    if systems.settle_system(conn, system_id, uuid=str(uuid4()), at=at):
        grants.give(conn, kind=Kind.SYSTEM, ref=system_id, account_id=None, verb=Verb.SHARE, at=at)
        _put_profile(conn, owner, at)
    _put_apps(conn, known, owner, systems.get_system(conn, system_id))
    return system_id


def retell_all(conn: Connection, tellers: Mapping[str, Teller]) -> None:
    """Tell every door of the systems that were registered before it was there."""
    for system in systems.list_systems(conn, deleted=True):
        knows = [name for name in tellers if name in system.facets]
        if knows and len(knows) < len(tellers):
            told = retold(tellers, knows[0], system)
            new = {name: facet for name, facet in told.items() if name not in system.facets}
            systems.change_system(conn, system.id, {"facets": {**system.facets, **new}}, at=system.updated_at)


def _put_profile(conn: Connection, owner: int, at: int) -> None:
    """The scheduler profile that well-known examples name: it leaves out what their cluster does not take."""
    if profiles.find_profile(conn, PROFILE) is None:
        spec = {"moduleLoads": [], "hiddenOptions": ["MEM"]}
        profiles.add_profile(conn, name=PROFILE, description="No memory limit", owner_id=owner, spec=spec, at=at)


def _put_apps(conn: Connection, known: Catalogue, owner: int, here: System) -> None:
    """The catalogue's apps, for everybody, but for those whose name somebody else has taken meanwhile."""
    taken = apps.names_of_others(conn, [(app.namespace, app.name) for app in known.apps])
    for namespace, name in sorted(taken):
        full = "/".join(filter(None, (namespace, name)))
        log.warning("the catalogue's app %s is left out: somebody has registered an app of that name", full)
    for ref in apps.first_ids(conn, owner):
        accounts.remove_grants(conn, kind=Kind.APP, ref=ref)
    rows = [_row(app, here, place) for place, app in enumerate(known.apps) if (app.namespace, app.name) not in taken]
    catalogue.put_apps(conn, owner_id=owner, apps=rows)
    for ref in apps.first_ids(conn, owner):
        grants.give(conn, kind=Kind.APP, ref=ref, account_id=None, verb=Verb.SHARE, at=here.created_at)


def _row(app: CatalogueApp, here: System, place: int) -> dict[str, Any]:
    created_at = here.created_at - place  # the catalogue names the newest version first
    return {
        "namespace": app.namespace,
        "name": app.name,
        "version": app.version,
        "environment": dict(app.environment),
        "facets": dict(app.facets),
        "uuid": str(uuid5(UUID(here.uuid), " ".join(filter(None, (app.namespace, app.name, app.version))))),
        "created_at": created_at,
        "updated_at": created_at,
    }


def _built_in_account(conn: Connection, at: int) -> int:
    try:
        return accounts.find_account(conn, name=catalogue.OWNER).id
    except NotFound:
        added = accounts.add_account(
            conn, name=catalogue.OWNER, email=f"{catalogue.OWNER}@localhost", password_hash="", is_admin=False, at=at
        )
        return added.id
