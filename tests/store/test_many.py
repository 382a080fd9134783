"""Any number of things can be asked for at once, though one statement takes only so many values."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from dragoman.core.ports import Stored
from dragoman.core.things import File
from dragoman.store import Connection, accounts, files, moves, tables
from dragoman.store.chunks import MOST, chunks
from tests.store.conftest import AnyDb
from tests.store.things import T0, add_account

MANY = 70_000
"""More than SQLite's 32,766 and PostgreSQL's 65,535."""


@given(count=st.integers(0, 3) | st.integers(MOST - 2, 2 * MOST + 2))
def test_chunks_are_the_whole(count: int) -> None:
    """In order, none of them empty or too long."""
    parts = list(chunks(range(count)))
    assert list(range(count)) == [value for part in parts for value in part]
    assert all(0 < len(part) <= MOST for part in parts)


def stock_files(conn: Connection) -> list[File]:
    """Many files of one account, with their number as alias."""
    owner = add_account(conn).id
    stored = Stored(key="k", size=1, md5="", sha512="", is_text=True)
    files.add_file(conn, door="rescale", alias="0", owner_id=owner, name="n", role="input", stored=stored, at=T0)
    first = conn.execute(select(tables.file)).one()._asdict()
    del first["id"]
    conn.execute(insert(tables.file), [{**first, "alias": str(number)} for number in range(1, MANY)])
    found = conn.execute(select(tables.file.c.id).order_by(tables.file.c.id)).scalars()
    return list(files.get_files(conn, found).values())


def make_due(conn: Connection, all_of: list[File]) -> int:
    """As many runs as there are files."""
    moves.make_due(conn, [f.id for f in all_of], at=T0)
    return len(all_of)


ASKS: dict[str, Callable[[Connection, list[File]], Any]] = {
    "aliases": lambda conn, all_of: len(files.find_files(conn, door="rescale", aliases=[f.alias for f in all_of])),
    "ids": lambda conn, all_of: len(files.get_files(conn, [f.id for f in all_of])),
    "own files": lambda conn, all_of: len(files.readable_files(conn, all_of, all_of[0].owner_id)),
    "others' files": lambda conn, all_of: MANY - len(files.readable_files(conn, all_of, 0)),
    "readers": lambda conn, all_of: MANY - len(accounts.shared_with(conn, kind="file", refs=[f.id for f in all_of])),
    "places": lambda conn, all_of: MANY - len(files.places_of(conn, [f.id for f in all_of])),
    "accounts": lambda conn, all_of: MANY - 1 + len(accounts.find_accounts(conn, [f.id for f in all_of])),
    "work that is due": make_due,
    "deletion": lambda conn, all_of: len(files.delete_files(conn, [f.id for f in all_of], at=T0)),
}


@pytest.mark.slow
def test_any_number_can_be_asked_for(db: AnyDb) -> None:
    """Nothing is lost, and nothing fails."""

    def work(conn: Connection) -> dict[str, int]:
        found = stock_files(conn)
        return {name: ask(conn, found) for name, ask in ASKS.items()}

    assert dict.fromkeys(ASKS, MANY) == db.write_now(work)
