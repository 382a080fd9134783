"""The code repository: apps that are found under a namespace, a name and a version."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select, tuple_, update

from dragoman.core.field import AppKey
from dragoman.core.things import App
from dragoman.store.chunks import chunks
from dragoman.store.rows import read_app
from dragoman.store.tables import app

_BY_NAME = select(app).where(app.c.namespace != "").order_by(app.c.namespace, app.c.name, app.c.id)


def find_apps(conn: Connection, keys: Collection[AppKey], *, deleted: bool = False) -> dict[AppKey, App]:
    """Those of these apps that exist; deleted ones when asked."""
    found: dict[AppKey, App] = {}
    for some in chunks(set(keys)):
        which = _BY_NAME.where(tuple_(app.c.namespace, app.c.name, app.c.version).in_([tuple(key) for key in some]))
        rows = conn.execute(which if deleted else which.where(app.c.deleted_at.is_(None)))
        found |= {AppKey(row.namespace, row.name, row.version): read_app(row) for row in rows}
    return found


def list_apps(conn: Connection, *, namespace: str = "", name: str = "") -> list[App]:
    """All apps of all namespaces, of one, or of one name in it; by name, in the order of their creation."""
    which = _BY_NAME.where(app.c.deleted_at.is_(None))
    if namespace:
        which = which.where(app.c.namespace == namespace)
    if name:
        which = which.where(app.c.name == name)
    return [read_app(row) for row in conn.execute(which)]


def refs(conn: Connection, found: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """What the grants of apps refer to, by namespace and name: their first version, also when that is deleted."""
    result: dict[tuple[str, str], int] = {}
    for some in chunks(set(found)):
        first = select(app.c.namespace, app.c.name, func.min(app.c.id).label("ref"))
        which = first.where(tuple_(app.c.namespace, app.c.name).in_(some)).group_by(app.c.namespace, app.c.name)
        result |= {(row.namespace, row.name): row.ref for row in conn.execute(which)}
    return result


def first_owner(conn: Connection, namespace: str) -> int | None:
    """Who made the first app of a namespace; None: there is none."""
    first = select(app.c.owner_id).where(app.c.namespace == namespace).order_by(app.c.id).limit(1)
    return conn.execute(first).scalar()


def put_app(conn: Connection, key: AppKey, *, owner_id: int, uuid: str, facets: Mapping[str, Any], at: int) -> None:
    """Make a version what is given; a deleted one is there again."""
    which = (app.c.namespace == key.namespace) & (app.c.name == key.name) & (app.c.version == key.version)
    values = {"facets": dict(facets), "updated_at": at, "deleted_at": None}
    if conn.execute(update(app).where(which).values(values)).rowcount == 0:
        row = {"namespace": key.namespace, "name": key.name, "version": key.version, "revision": 1, "position": 0}
        new = {"owner_id": owner_id, "uuid": uuid, "environment": {}, "enabled": True, "created_at": at}
        conn.execute(insert(app).values(**row, **new, **values))


def delete_app(conn: Connection, app_id: int, *, at: int) -> None:
    """Delete a version."""
    conn.execute(update(app).where(app.c.id == app_id).values(deleted_at=at))
