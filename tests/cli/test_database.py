"""A database that cannot be used is a refusal that says why."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Dragoman

ADA = ("account", "add", "ada", "--email", "ada@example.com", "--password", "secret")


def test_a_file_that_is_no_database(dragoman: Dragoman, tmp_path: Path) -> None:
    """It is left as it is."""
    file = tmp_path / "data" / "dragoman.db"
    file.parent.mkdir(mode=0o700)
    file.write_bytes(b"no database" * 1000)
    told = dragoman(*ADA)
    assert (1, "") == (told.code, told.out)
    assert "dragoman: The database cannot be used: file is not a database. Bring it back from a backup.\n" == told.err
    assert b"no database" * 1000 == file.read_bytes()


def test_a_database_of_a_newer_program(dragoman: Dragoman, tmp_path: Path) -> None:
    """An older program does not touch it."""
    assert 0 == dragoman(*ADA).code
    with sqlite3.connect(tmp_path / "data" / "dragoman.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    told = dragoman("token", "add", "ada")
    assert (1, "") == (told.code, told.out)
    assert "The database has form 9999, which is newer than this program. Install a newer one." in told.err


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://ada:secret@host/name", "postgresql://host/name", "sqlite:///x.db"]
)
def test_an_address_of_no_such_database(dragoman: Dragoman, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The setting is named, and how it is written; the address, which may hold a password, is not repeated."""
    monkeypatch.setenv("DRAGOMAN_DATABASE_URL", url)
    told = dragoman(*ADA)
    assert (1, "") == (told.code, told.out)
    assert "database.url: must be postgresql+psycopg://USER:PASSWORD@HOST/NAME." in told.err
    assert "secret" not in told.err
