"""A Db that wakes the engine: what people may follow was perhaps changed by what was just written."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from dragoman.core.ports import Db

P = ParamSpec("P")
T = TypeVar("T")


class WakingDb:
    """Whoever follows a thing hears at once of what is written by way of this, whichever door it came through."""

    def __init__(self, db: Db, hint: Callable[[], None]) -> None:
        self._db, self._hint = db, hint

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        done = await self._db.write(fn, *args, **kwargs)
        self._hint()
        return done

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await self._db.read(fn, *args, **kwargs)

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return self._db.write_now(fn, *args, **kwargs)
