"""Opens the database that the settings name, made and migrated; commands use it beside a running service."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.config import Settings
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


@contextmanager
def database(settings: Settings) -> Iterator[SqliteDb | PostgresDb]:
    """The database for the time of a command; the data directory is made when it is missing."""
    db = open_database(settings, prepare(settings.server.data))
    try:
        yield db
    finally:
        db.close()
