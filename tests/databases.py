"""Migrated SQLite databases for tests that are not about migrations: those run once, the file is copied."""

import tempfile
from functools import cache
from pathlib import Path

from dragoman.store.sqlite import SqliteDb


def sqlite_at(path: Path | str) -> SqliteDb:
    """The database there; a new one is empty and migrated."""
    if not Path(path).exists():
        Path(path).write_bytes(_migrated())
    return SqliteDb(str(path))


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "migrated.db")
        SqliteDb(str(path)).close()
        return path.read_bytes()
