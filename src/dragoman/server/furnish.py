"""Puts into the database what every house has: the built-in account, this host as a system, the catalogue's apps."""

import os

from dragoman.config import Settings
from dragoman.core.catalogue import Catalogue
from dragoman.core.errors import Invalid, NotFound
from dragoman.store import Connection, accounts, catalogue

LOCAL = "local"
"""The name of the system that is the service's own host."""


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
        },
    )
    apps = [
        {"name": app.name, "version": app.version, "environment": dict(app.environment), "facets": dict(app.facets)}
        for app in known.apps
    ]
    catalogue.put_apps(conn, owner_id=owner, apps=apps)
    return system_id


def _built_in_account(conn: Connection, at: int) -> int:
    try:
        return accounts.find_account(conn, name=catalogue.OWNER).id
    except NotFound:
        added = accounts.add_account(
            conn, name=catalogue.OWNER, email=f"{catalogue.OWNER}@localhost", password_hash="", is_admin=False, at=at
        )
        return added.id
