"""Opens the database that the settings name, migrated; commands use it beside a running service."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.config import Settings
from dragoman.core.errors import NotFound
from dragoman.host.datadir import prepare
from dragoman.measurements import prepare as prepare_measurements
from dragoman.store.postgres import PostgresDb
from dragoman.store.sqlite import SqliteDb

FILE = "dragoman.db"
MEASUREMENTS = "measurements.db"


def open_database(settings: Settings, data: str) -> SqliteDb | PostgresDb:
    """The Db port on SQLite in the data directory, or on PostgreSQL when ``database.url`` is set. Raises Problems."""
    if settings.database.url:
        return PostgresDb(settings.database.url)
    return SqliteDb(os.path.join(data, FILE), readers=settings.database.readers)


def open_measurements(settings: Settings, data: str) -> SqliteDb | PostgresDb:
    """The Db port for measurements: a file of their own, so that nothing else waits for them, or the same PostgreSQL.

    Raises Problems.
    """
    if settings.database.url:
        return PostgresDb(settings.database.url, threads=4, prepare=prepare_measurements)
    return SqliteDb(os.path.join(data, MEASUREMENTS), readers=settings.database.readers, prepare=prepare_measurements)


def holds_data(settings: Settings) -> bool:
    """Whether there is a database of ours already: in the data directory, or wherever ``database.url`` says."""
    return bool(settings.database.url) or os.path.isfile(os.path.join(settings.server.data, FILE))


def existing_data(settings: Settings) -> str:
    """The data directory's real path; nothing is made. Raises NotFound where a mistyped name leads to none."""
    if not holds_data(settings):
        raise NotFound(
            f"There is no Dragoman data in {settings.server.data}.",
            hint="Give --data the directory that `dragoman serve` works on;"
            " only serve, account add and node add make a new one.",
        )
    return os.path.realpath(settings.server.data)


@contextmanager
def database(settings: Settings, *, may_make: bool = False) -> Iterator[SqliteDb | PostgresDb]:
    """The database for the time of a command. Raises NotFound where there is none, unless the command may make it."""
    db = open_database(settings, prepare(settings.server.data) if may_make else existing_data(settings))
    try:
        yield db
    finally:
        db.close()
