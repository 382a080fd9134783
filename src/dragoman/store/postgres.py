"""The Db port on PostgreSQL: a connection pool used from a few threads; what met another transaction is tried again."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError

from dragoman.core.errors import Invalid, Unavailable
from dragoman.store.json_text import to_json_text
from dragoman.store.migrate import migrate

P = ParamSpec("P")
T = TypeVar("T")

DRIVER = "postgresql+psycopg"
TRIES = 5
_AGAIN = ("40001", "40P01", "23505")
"""serialization_failure, deadlock_detected and unique_violation: the same transaction may succeed when it is run again,
for then it sees what another one has written meanwhile."""
_DOWN = ("08", "25006", "53", "55P03", "57", "58")
"""How states begin in which it does not do what it is asked for now: no connection, a standby, no room, a lock that was
not waited for, an operator, the host."""
_UNFIT = ("22021", "22P05")
"""character_not_in_repertoire and untranslatable_character: a NUL in what was sent past the driver's own check."""


class PostgresDb:
    """Runs functions on a PostgreSQL database, ``postgresql+psycopg://…``, prepared when needed."""

    def __init__(self, url: str, *, threads: int = 6, prepare: Callable[[Engine], None] = migrate) -> None:
        _check(url)
        # What people send belongs in no log.
        self._engine = create_engine(
            url, pool_size=threads + 2, pool_pre_ping=True, hide_parameters=True, json_serializer=to_json_text
        )
        try:
            prepare(self._engine)
        except DBAPIError as error:
            raise _unopened(error) from error
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="db")

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, fn, args, kwargs)

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, fn, args, kwargs)

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return self._run(fn, args, kwargs)

    def close(self) -> None:
        """Finish what was handed in, then close the connections."""
        self._threads.shutdown()
        self._engine.dispose()

    def _run(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                with self._engine.begin() as conn:
                    return fn(conn, *args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _AGAIN or attempt == TRIES:
                    raise _translated(error) from error
        raise AssertionError("unreachable")  # pragma: no cover


def _check(url: str) -> None:
    # The address itself is not told: there may be a password in it.
    why = f"must be {DRIVER}://USER:PASSWORD@HOST/NAME."
    try:
        driver = make_url(url).drivername
    except ArgumentError as error:
        raise Invalid.field("database", "url", why=why) from error
    if driver != DRIVER:
        raise Invalid.field("database", "url", why=why)


def _unopened(error: DBAPIError) -> Exception:
    if getattr(error.orig, "sqlstate", None) is not None:
        return error
    # Who starts the service is told what the driver says: a name, a port or a password that is wrong look different.
    why = str(error.orig).partition("\n")[0]
    return Unavailable(
        f"The database cannot be opened: {why}.",
        hint="Check database.url, and that PostgreSQL runs and can be reached.",
    )


def _translated(error: DBAPIError) -> Exception:
    state = getattr(error.orig, "sqlstate", None)
    if state in _UNFIT or (state is None and isinstance(error, DataError)):
        return Invalid({(): ["The database can keep no text with a NUL (character 0) in it."]})
    if error.connection_invalidated or state is None:
        return Unavailable("The database does not answer.", hint="Check that PostgreSQL runs and can be reached.")
    if state.startswith(_DOWN):
        told = str(error.orig).partition("\n")[0]
        return Unavailable(f"The database cannot do it now: {told}.", hint="See what PostgreSQL's own log says.")
    return error
