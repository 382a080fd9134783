"""The store's tests run on both databases."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dragoman.store.postgres import PostgresDb
from dragoman.store.sqlite import SqliteDb
from tests.postgres import postgres_server

_numbers = itertools.count()

AnyDb = SqliteDb | PostgresDb


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One server for the whole run of tests."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyDb]:
    """An empty, migrated database."""
    opened: AnyDb
    if request.param == "sqlite":
        opened = SqliteDb(str(tmp_path / "test.db"))
    else:
        url = str(request.getfixturevalue("postgres_url"))
        name = f"test{next(_numbers)}"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        opened = PostgresDb(url.rpartition("/")[0] + "/" + name, threads=3)
    yield opened
    opened.close()
