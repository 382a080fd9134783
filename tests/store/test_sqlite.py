"""The Db port on SQLite with callers who do not wait for their answers."""

import threading
from concurrent.futures import Future
from pathlib import Path

from sqlalchemy import Connection

from dragoman.store.sqlite import SqliteDb


def test_what_has_begun_cannot_be_taken_back(tmp_path: Path) -> None:
    """Else its end could meet a caller who has just left, and the writer would die of it."""
    db, known = SqliteDb(str(tmp_path / "test.db")), threading.Event()
    taken: list[Future[bool]] = []

    def take_back(_conn: Connection) -> bool:
        known.wait(10)
        return taken[0].cancel()

    try:
        taken.append(db._put(take_back, (), {}))
        known.set()
        assert taken[0].result(10) is False
        assert db.write_now(lambda _conn: 5) == 5
    finally:
        db.close()


def test_what_was_taken_back_before_it_began_is_left_out(tmp_path: Path) -> None:
    """The others of its group are done all the same."""
    db, go = SqliteDb(str(tmp_path / "test.db")), threading.Event()
    try:
        first = db._put(lambda _conn: go.wait(10), (), {})
        second, third = (db._put(lambda _conn: 3, (), {}) for _ in range(2))
        assert second.cancel()
        go.set()
        assert [True, 3] == [first.result(10), third.result(10)]
    finally:
        db.close()
