"""The code repository: apps by namespace, name and version, as submits look them up."""

from collections.abc import Collection

from sqlalchemy import Connection, select, tuple_

from dragoman.core.field import AppKey
from dragoman.core.things import App
from dragoman.store.chunks import chunks
from dragoman.store.rows import read_app
from dragoman.store.tables import app


def find_apps(conn: Connection, keys: Collection[AppKey]) -> dict[AppKey, App]:
    """Those of these apps that exist and are not deleted."""
    found: dict[AppKey, App] = {}
    for some in chunks(set(keys)):
        which = tuple_(app.c.namespace, app.c.name, app.c.version).in_([tuple(key) for key in some])
        for row in conn.execute(select(app).where(which, app.c.deleted_at.is_(None))):
            found[AppKey(row.namespace, row.name, row.version)] = read_app(row)
    return found
