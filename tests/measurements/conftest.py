"""Every test of this room runs on both databases."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dragoman.measurements import KeptMeasurements, prepare
from dragoman.store.postgres import PostgresDb
from dragoman.store.sqlite import SqliteDb
from tests.store.conftest import AnyDb, postgres_url

__all__ = ["postgres_url"]

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyDb]:
    """An empty database for measurements."""
    opened: AnyDb
    if request.param == "sqlite":
        opened = SqliteDb(str(tmp_path / "measurements.db"), prepare=prepare)
    else:
        url = str(request.getfixturevalue("postgres_url"))
        name = f"measured{next(_numbers)}"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        opened = PostgresDb(url.rpartition("/")[0] + "/" + name, threads=3, prepare=prepare)
    yield opened
    opened.close()


@pytest.fixture
def kept(db: AnyDb) -> KeptMeasurements:
    """The port on it."""
    return KeptMeasurements(db)
