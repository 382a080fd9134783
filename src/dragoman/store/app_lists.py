"""Lists of the apps that an account sees: found, sorted and cut out by the database, as far as it can."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dragoman.core.sources import Wanted
from dragoman.core.things import App
from dragoman.store.grants import may_read
from dragoman.store.rows import read_app
from dragoman.store.search import Search
from dragoman.store.tables import account, app


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundApps:
    """Apps of a list."""

    apps: Sequence[App]
    is_part: bool
    """They are the wanted part in its order; else all among which it is to be found, by name."""


def list_apps(conn: Connection, wanted: Wanted, *, door: str, reader_id: int | None, may_cut: bool = True) -> FoundApps:
    """The apps of a door where each version is an app of its own, that an account may read (None: all), or a part.

    Attributes may lie in the rows of apps and of their owners' accounts.
    """
    search = Search(conn, wanted)
    (narrowing, is_all), order = search.conditions(), search.order()
    here = [app.c.namespace == "", app.c.deleted_at.is_(None), app.c.facets[door].as_string().is_not(None)]
    seen = [] if reader_id is None else [may_read(app, reader_id)]
    found = select(app).join(account, account.c.id == app.c.owner_id).where(*here, *seen, *narrowing)
    by_name = (app.c.name, app.c.created_at, app.c.id)
    if not is_all or not may_cut or order is None:
        return FoundApps(apps=[read_app(row) for row in conn.execute(found.order_by(*by_name))], is_part=False)
    listing = wanted.listing
    part = found.order_by(*order, *by_name).limit(listing.limit).offset(listing.skip)
    return FoundApps(apps=[read_app(row) for row in conn.execute(part)], is_part=True)
