"""The store's tests run on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.store.postgres import PostgresDb
from dragoman.store.sqlite import SqliteDb
from tests.databases import sqlite_at
from tests.postgres import new_database, postgres_server

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
        opened = sqlite_at(tmp_path / "test.db")
    else:
        opened = PostgresDb(new_database(request.getfixturevalue("postgres_url")), threads=3)
    yield opened
    opened.close()
