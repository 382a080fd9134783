"""What every house has from its first start, and what a later start leaves alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.config import Settings
from dragoman.core.catalogue import Catalogue, CatalogueApp, CatalogueSystem
from dragoman.core.registered import Kind
from dragoman.core.things import App, Verb
from dragoman.server.furnish import LOCAL, PROFILE, furnish
from dragoman.store import Connection, accounts, apps, catalogue, grants, profiles, systems
from dragoman.store.sqlite import SqliteDb

FACETS = {"door": {"code": "x"}}
KNOWN = Catalogue(
    apps=tuple(CatalogueApp(name="solver", version=version, facets=FACETS) for version in ("2", "1")),
    systems=(CatalogueSystem(name=LOCAL, description="Here", queues=("default",), facets=FACETS),),
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    """An empty database."""
    opened = SqliteDb(str(tmp_path / "test.db"))
    yield opened
    opened.close()


def start(db: SqliteDb, at: int) -> int:
    return db.write_now(furnish, KNOWN, Settings(), at=at)


def everybodys(conn: Connection, kind: Kind, ref: int) -> list[Verb]:
    return [grant.verb for grant in grants.list_grants(conn, kind=kind, refs=[ref])[ref] if grant.account_id is None]


def test_the_house_is_a_system_for_everybody(db: SqliteDb) -> None:
    """With a place, a uuid and an age that it keeps; unsharing it lasts, and so does deleting its profile."""
    system_id = start(db, 5)
    first = db.write_now(systems.get_system, system_id)
    assert ("linux", "localhost", "/", 5) == (first.kind, first.host, first.root, first.created_at)
    assert first.uuid
    assert [Verb.SHARE] == db.write_now(everybodys, Kind.SYSTEM, system_id)
    assert [PROFILE] == [one.name for one in db.write_now(profiles.list_profiles)]
    db.write_now(grants.take, kind=Kind.SYSTEM, ref=system_id, account_id=None, verbs=[Verb.SHARE])
    db.write_now(profiles.remove_profile, PROFILE)
    assert system_id == start(db, 9)
    assert first == db.write_now(systems.get_system, system_id)
    assert [] == db.write_now(everybodys, Kind.SYSTEM, system_id)
    assert [] == db.write_now(profiles.list_profiles)


def known(conn: Connection) -> list[App]:
    return apps.list_versions(conn, "solver")


def test_the_apps_of_the_catalogue_are_everybodys(db: SqliteDb) -> None:
    """The version that is named first is the latest; they stay the same from start to start."""
    start(db, 5)
    first = db.write_now(known)
    assert ["1", "2"] == [app.version for app in first]
    start(db, 9)
    again = db.write_now(known)
    assert [(app.uuid, app.created_at) for app in first] == [(app.uuid, app.created_at) for app in again]
    ref = min(app.id for app in again)
    assert [Verb.SHARE] == db.write_now(everybodys, Kind.APP, ref)
    assert [] == db.write_now(everybodys, Kind.APP, min(app.id for app in first))


def test_a_name_that_somebody_has_taken_is_theirs(db: SqliteDb, caplog: pytest.LogCaptureFixture) -> None:
    """Then the catalogue's app of that name is left out, and the service starts all the same."""

    def take(conn: Connection) -> None:
        row = {"name": "ann", "email": "ann@example.com", "password_hash": ""}
        ann = accounts.add_account(conn, **row, is_admin=False, at=0)
        key = {"name": "solver", "version": "1", "uuid": "u"}
        apps.add_version(conn, **key, owner_id=ann.id, facets=FACETS, budgets=None, enabled=True, at=1)

    db.write_now(take)
    start(db, 5)
    assert ["u"] == [app.uuid for app in db.write_now(known)]
    assert 1 == len(db.write_now(catalogue.list_apps))
    assert "solver is left out" in caplog.text
