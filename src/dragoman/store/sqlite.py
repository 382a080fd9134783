"""The Db port on SQLite: one writer thread with group commit, a few reader threads, WAL and synchronous=FULL.

Units of work that wait at the same moment share one commit; each has a savepoint, so one that fails takes nothing
else with it.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from dragoman.core.errors import Broken, Unavailable
from dragoman.store.migrate import migrate

P = ParamSpec("P")
T = TypeVar("T")

GROUP = 256
"""Units that share one commit at the most."""

_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

Unit = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], "Future[Any]"]


def open_engine(path: str, *, busy_seconds: float = 30.0) -> Engine:
    """An engine on the database file, created when missing; transactions are begun by hand."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        pool_size=16,
        hide_parameters=True,  # what people send belongs in no log
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
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="db-reader")
        self._local = threading.local()
        self._writer = threading.Thread(target=self._write_loop, name="db-writer", daemon=True)
        self._writer.start()

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await asyncio.wrap_future(self._put(fn, args, kwargs))

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return self._put(fn, args, kwargs).result()

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, fn, args, kwargs)

    def close(self) -> None:
        """Finish what was handed in, then let go of the file."""
        self._units.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._engine.dispose()

    def _put(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Future[T]":
        future: Future[T] = Future()
        self._units.put((fn, args, kwargs, future))
        return future

    def _read(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        conn: Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = self._engine.connect()
        conn.exec_driver_sql("BEGIN")
        try:
            return fn(conn, *args, **kwargs)
        except Exception as error:
            raise _translated(error) from error
        finally:
            conn.rollback()

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
        done: list[tuple[Future[Any], Any, Exception | None]] = []
        try:
            conn.exec_driver_sql("BEGIN IMMEDIATE")
            for fn, args, kwargs, future in group:
                if _is_still_wanted(future):
                    done.append((future, *_savepoint(conn, fn, args, kwargs)))
            conn.commit()
        except Exception as error:  # noqa: BLE001 - every unit of the group must hear of it
            conn.rollback()
            done = [(future, None, _translated(error)) for _, _, _, future in group if _is_still_wanted(future)]
        for future, result, failure in done:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)


def _is_still_wanted(future: "Future[Any]") -> bool:
    """Whether somebody waits for it; from then on nobody can take it back."""
    return future.running() or (not future.cancelled() and future.set_running_or_notify_cancel())


def _savepoint(
    conn: Connection, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    driver = conn.connection.dbapi_connection
    assert driver is not None  # noqa: S101 - an open connection has one; told to the type checker
    driver.execute("SAVEPOINT unit")
    try:
        result = fn(conn, *args, **kwargs)
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for this unit
        driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")
        return None, _translated(error)
    driver.execute("RELEASE unit")
    return result, None
