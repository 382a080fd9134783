"""Systems and apps: what the catalogue files say is written here at every start; doors read it from here."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dragoman.core.errors import NotFound
from dragoman.core.things import App, System
from dragoman.store.rows import read_app, read_system
from dragoman.store.tables import app, system

_SYSTEM = select(system.c.id).where(system.c.name == bindparam("name"))

OWNER = "dragoman"
"""The built-in account that owns what comes with the house; nobody logs in as it."""


def put_system(conn: Connection, *, name: str, owner_id: int, values: Mapping[str, Any]) -> int:
    """Add the system, or bring its description, shell, scheduler, slots and facets up to date; returns its id."""
    there = conn.execute(select(system.c.id).where(system.c.name == name)).scalar()
    if there is not None:
        conn.execute(update(system).where(system.c.id == there).values(dict(values)))
        return int(there)
    added = insert(system).values(name=name, owner_id=owner_id, **values).returning(system.c.id)
    return int(conn.execute(added).scalar_one())


def put_apps(conn: Connection, *, owner_id: int, apps: Sequence[Mapping[str, Any]]) -> None:
    """Make the owner's apps exactly these, in this order; each has name, version, environment and facets."""
    conn.execute(delete(app).where(app.c.owner_id == owner_id))
    rows = [
        {"namespace": "", "revision": 1, "owner_id": owner_id, "position": place, **values}
        for place, values in enumerate(apps)
    ]
    if rows:
        conn.execute(insert(app), rows)


def list_apps(conn: Connection) -> list[App]:
    """All apps, in catalogue order."""
    return [read_app(row) for row in conn.execute(select(app).order_by(app.c.position, app.c.id))]


def list_systems(conn: Connection) -> list[System]:
    """All systems, by name."""
    return [read_system(row) for row in conn.execute(select(system).order_by(system.c.name))]


def find_system(conn: Connection, name: str) -> int:
    """The id of the system of that name. Raises NotFound."""
    found = conn.execute(_SYSTEM, {"name": name}).scalar()
    if found is None:
        raise NotFound(f"There is no system {name}.")
    return int(found)
