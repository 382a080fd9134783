"""Every test of this room runs on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.measurements import KeptMeasurements, prepare
from dragoman.store.postgres import PostgresDb
from dragoman.store.sqlite import SqliteDb
from tests.postgres import new_database
from tests.store.conftest import AnyDb, postgres_url

__all__ = ["postgres_url"]


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyDb]:
    """An empty database for measurements."""
    opened: AnyDb
    if request.param == "sqlite":
        opened = SqliteDb(str(tmp_path / "measurements.db"), prepare=prepare)
    else:
        opened = PostgresDb(new_database(request.getfixturevalue("postgres_url")), threads=3, prepare=prepare)
    yield opened
    opened.close()


@pytest.fixture
def kept(db: AnyDb) -> KeptMeasurements:
    """The port on it."""
    return KeptMeasurements(db)
