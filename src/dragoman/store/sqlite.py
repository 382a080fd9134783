"""The Db port on SQLite: one writer thread with group commit, a few reader threads, WAL and synchronous=FULL.

Units of work that wait at the same moment share one commit; each has a savepoint, so one that fails takes nothing
else with it.
"""

import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from dragoman.core.errors import Broken, Unavailable
from dragoman.store.json_text import to_json_text
from dragoman.store.migrate import migrate
from dragoman.store.units import Outcome, Unit, ask, ask_now, tell

P = ParamSpec("P")
T = TypeVar("T")

GROUP = 256
"""Units that share one commit at the most."""

_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def open_engine(path: str, *, busy_seconds: float = 30.0) -> Engine:
    """An engine on the database file, created when missing; transactions are begun by hand."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        pool_size=16,
        hide_parameters=True,  # what people send belongs in no log
        json_serializer=to_json_text,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _translated(error: Exception) -> Exception:
    if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.OperationalError):
        text = str(error.orig)
        if "full" in text or "locked" in text or "busy" in text or "disk I/O" in text:
            return Unavailable(f"The database cannot write now: {text}.", hint="Free disk space, then try again.")
    if isinstance(error, DatabaseError) and getattr(error.orig, "sqlite_errorcode", None) in _DAMAGED:
        return Broken(f"The database cannot be used: {error.orig}.", hint="Bring it back from a backup.")
    return error


class SqliteDb:
    """Runs functions on one SQLite file, made and prepared when needed. Close it to let waiting units finish."""

    def __init__(self, path: str, *, readers: int = 2, prepare: Callable[[Engine], None] = migrate) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # what is in it concerns nobody else on this host
        self._engine = open_engine(path)
        try:
            prepare(self._engine)
        except DatabaseError as error:
            raise _translated(error) from error
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        loops = [("db-writer", self._write_loop), *[("db-reader", self._read_loop)] * readers]
        self._threads = [threading.Thread(target=loop, name=name, daemon=True) for name, loop in loops]
        for thread in self._threads:
            thread.start()

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return cast("T", await ask(self._units.put, fn, args, kwargs))

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return cast("T", ask_now(self._units.put, fn, args, kwargs))

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return cast("T", await ask(self._questions.put, fn, args, kwargs))

    def close(self) -> None:
        """Finish what was handed in, then let go of the file."""
        self._units.put(None)
        for _ in self._threads[1:]:
            self._questions.put(None)
        for thread in self._threads:
            thread.join()
        self._engine.dispose()

    def _read_loop(self) -> None:
        with ExitStack() as kept:
            connected = cache(lambda: kept.enter_context(self._engine.connect()))
            while unit := self._questions.get():
                if unit.take():
                    tell([(unit, _read(connected, unit))])

    def _write_loop(self) -> None:
        conn = self._engine.connect()
        open_for_more = True
        while open_for_more:
            group = [self._units.get()]
            while len(group) < GROUP and not self._units.empty():
                group.append(self._units.get())
            open_for_more = None not in group
            self._commit_group(conn, [unit for unit in group if unit is not None])
        conn.close()

    def _commit_group(self, conn: Connection, group: list[Unit]) -> None:
        tell(_committed(conn, [unit for unit in group if unit.take()]))


def _committed(conn: Connection, wanted: list[Unit]) -> list[tuple[Unit, Outcome]]:
    """What each unit gave, in one transaction; where that is not to be, each in one of its own.

    So it is when the disk is full: SQLite may undo everything for one that finds no room, while others would.
    """
    has_begun = False
    try:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
        has_begun = True
        done = [(unit, _savepoint(conn, unit)) for unit in wanted]
        conn.commit()
    except Exception as error:  # noqa: BLE001 - every unit of the group must hear of it
        conn.rollback()
        if has_begun and len(wanted) > 1:
            return [one for unit in wanted for one in _committed(conn, [unit])]
        return [(unit, (None, _translated(error))) for unit in wanted]
    return done


def _read(connected: Callable[[], Connection], unit: Unit) -> Outcome:
    try:
        conn = connected()
        conn.exec_driver_sql("BEGIN")
        try:
            return unit.fn(conn, *unit.args, **unit.kwargs), None
        finally:
            conn.rollback()
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        return None, _translated(error)


def _savepoint(conn: Connection, unit: Unit) -> Outcome:
    driver = conn.connection.dbapi_connection
    assert driver is not None  # noqa: S101 - an open connection has one; told to the type checker
    driver.execute("SAVEPOINT unit")
    try:
        result = unit.fn(conn, *unit.args, **unit.kwargs)
    except Exception as error:
        if not driver.in_transaction:
            raise  # it was so bad that SQLite has undone the whole group
        driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")
        return None, _translated(error)
    driver.execute("RELEASE unit")
    return result, None
