"""The Db port on SQLite with callers who do not wait for their answers."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dragoman.core.errors import Unavailable
from dragoman.store.sqlite import SqliteDb


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    opened = SqliteDb(str(tmp_path / "test.db"))
    yield opened
    opened.close()


class Door:
    """A unit of work that waits in the writer until it is let on."""

    def __init__(self) -> None:
        self.entered, self.open = threading.Event(), threading.Event()

    def pass_through(self, conn: Connection) -> None:
        conn.exec_driver_sql("CREATE TABLE passed (x)")
        self.entered.set()
        assert self.open.wait(120)


def has_passed(conn: Connection) -> bool:
    return bool(conn.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'passed'").all())


async def cancelled(task: "asyncio.Task[None]") -> bool:
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


def test_what_has_begun_cannot_be_taken_back(db: SqliteDb) -> None:
    """Its caller leaves all the same, and the writer does not die of it."""
    door = Door()

    async def leave() -> bool:
        task = asyncio.create_task(db.write(door.pass_through))
        await asyncio.to_thread(door.entered.wait, 120)
        left = await cancelled(task)
        door.open.set()
        return left and await db.write(has_passed)

    assert asyncio.run(leave())


def test_what_was_taken_back_before_it_began_is_left_out(db: SqliteDb) -> None:
    """The others of its group are done all the same."""
    door, done = Door(), list[str]()

    def note(_: Connection, name: str) -> None:
        done.append(name)

    async def leave() -> bool:
        first = asyncio.create_task(db.write(door.pass_through))
        await asyncio.to_thread(door.entered.wait, 120)
        second, third = (asyncio.create_task(db.write(note, name)) for name in ("second", "third"))
        await asyncio.sleep(0)
        left = await cancelled(second)
        door.open.set()
        await asyncio.gather(first, third)
        return left

    assert asyncio.run(leave())
    assert done == ["third"]


def test_who_is_gone_with_their_event_loop_harms_nobody(db: SqliteDb) -> None:
    door = Door()

    async def leave() -> None:
        task = asyncio.create_task(db.write(door.pass_through))
        await asyncio.to_thread(door.entered.wait, 120)
        await cancelled(task)

    asyncio.run(leave())
    door.open.set()
    assert db.write_now(has_passed)


def test_whoever_spoils_a_commit_hears_of_it(db: SqliteDb) -> None:
    """The others of the group are done all the same."""
    door = Door()

    def spoil(conn: Connection) -> None:
        conn.exec_driver_sql("ROLLBACK")  # ends the transaction of the whole group

    async def hear() -> list[object]:
        first = asyncio.create_task(db.write(door.pass_through))
        await asyncio.to_thread(door.entered.wait, 120)
        group = [asyncio.create_task(db.write(unit)) for unit in (lambda _: None, spoil, lambda _: None)]
        await asyncio.sleep(0)
        door.open.set()
        await first
        return await asyncio.gather(*group, return_exceptions=True)

    assert [False, True, False] == [isinstance(given, Exception) for given in asyncio.run(hear())]
    assert db.write_now(has_passed)


def test_one_that_finds_no_room_takes_nothing_else_with_it(db: SqliteDb) -> None:
    """SQLite undoes the whole group then. Whoever needs little is written; the other hears that the disk is full."""

    def narrow(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")

    def fill(conn: Connection) -> None:
        for number in range(1000):
            conn.exec_driver_sql(_ADD, ("large", number, "x" * 3000))

    def add(conn: Connection) -> None:
        conn.exec_driver_sql(_ADD, ("small", 1, ""))

    async def write() -> list[object]:
        door = Door()
        first = asyncio.create_task(db.write(door.pass_through))
        await asyncio.to_thread(door.entered.wait, 120)
        some = [asyncio.create_task(db.write(unit)) for unit in (narrow, add, fill, has_passed)]
        await asyncio.sleep(0)  # all of them are asked for before the writer goes on
        door.open.set()
        return await asyncio.gather(first, *some, return_exceptions=True)

    is_refused, passed = asyncio.run(write())[3:]
    assert isinstance(is_refused, Unavailable)
    assert "disk is full" in str(is_refused)
    assert passed is True
    assert [("small", 1)] == db.write_now(_kinds)


_ADD = (
    "INSERT INTO work (kind, ref, last_error, turn, due_at, lease_owner, lease_until, fence, attempt, note)"
    " VALUES (?, ?, ?, 0, 0, '', 0, 0, 0, '{}')"
)


def _kinds(conn: Connection) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in conn.exec_driver_sql("SELECT kind, count(*) FROM work GROUP BY kind")]
