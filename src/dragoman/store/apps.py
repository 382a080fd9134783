"""Apps as people register them: one row for each version; what is not versioned is the same in all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.things import App
from dragoman.store.catalogue import OWNER
from dragoman.store.rows import read_app
from dragoman.store.tables import account, app

_VERSIONS = select(app).where(app.c.namespace == "", app.c.name == bindparam("name"))
_VERSIONS = _VERSIONS.order_by(app.c.created_at, app.c.id)


def list_versions(conn: Connection, name: str) -> list[App]:
    """All versions of an app in the order in which they were created; deleted ones too."""
    return [read_app(row) for row in conn.execute(_VERSIONS, {"name": name})]


def list_all(conn: Connection, *, owner_id: int | None = None, deleted: bool = False) -> list[App]:
    """All versions of all apps, or of an owner's, by name and then by age; deleted ones when asked."""
    which = select(app).where(app.c.namespace == "").order_by(app.c.name, app.c.created_at, app.c.id)
    if owner_id is not None:
        which = which.where(app.c.owner_id == owner_id)
    if not deleted:
        which = which.where(app.c.deleted_at.is_(None))
    return [read_app(row) for row in conn.execute(which)]


def add_version(
    conn: Connection,
    *,
    name: str,
    version: str,
    owner_id: int,
    uuid: str,
    facets: Mapping[str, Any],
    enabled: bool,
    budgets: Mapping[str, int] | None = None,
    at: int,
) -> None:
    """Add a version. Raises Conflict when it is there already, deleted or not."""
    key = {"namespace": "", "name": name, "version": version, "revision": 1}
    row = {"owner_id": owner_id, "uuid": uuid, "facets": dict(facets), "budgets": budgets, "enabled": enabled}
    age = {"created_at": at, "updated_at": at}
    try:
        conn.execute(insert(app).values(**key, **row, **age, position=0, environment={}))
    except IntegrityError as error:
        raise Conflict(f"There is a version {version} of the app {name} already.", hint="Choose another.") from error


def change_version(conn: Connection, app_id: int, *, at: int, **values: Any) -> None:
    """Give one version other values, such as ``facets`` or ``budgets``."""
    conn.execute(update(app).where(app.c.id == app_id).values(**values, updated_at=at))


def change_versions(conn: Connection, name: str, values: Mapping[str, Any], *, at: int) -> None:
    """Give all versions of an app other values."""
    which = (app.c.namespace == "") & (app.c.name == name)
    conn.execute(update(app).where(which).values(**values, updated_at=at))


def names_of_others(conn: Connection, names: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (namespace, name) belong to apps that did not come with the house."""
    which = select(app.c.namespace, app.c.name).join(account, account.c.id == app.c.owner_id)
    rows = conn.execute(which.where(tuple_(app.c.namespace, app.c.name).in_(names), account.c.name != OWNER))
    return {(row.namespace, row.name) for row in rows}


def first_ids(conn: Connection, owner_id: int) -> list[int]:
    """The id of the first version of each of an owner's apps: what grants and history refer to."""
    first = select(func.min(app.c.id)).where(app.c.owner_id == owner_id).group_by(app.c.namespace, app.c.name)
    return list(conn.execute(first).scalars())
