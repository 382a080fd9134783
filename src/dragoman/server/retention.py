"""Forgets what is older than the settings keep it, while the service runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dragoman.core.errors import Problem
from dragoman.core.ports import Clock

log = logging.getLogger(__name__)

HOUR = 3_600.0
DAY = 86_400_000_000_000
"""Nanoseconds."""


Forget = Callable[[int], Awaitable[None]]
"""Deletes what is older than that time (nanoseconds). Raises Unavailable."""


class Retention:
    """Looks once at the start, and then every hour; with ``days`` 0, never."""

    def __init__(self, forget: Forget, clock: Clock, *, days: float) -> None:
        self._forget, self._clock, self._span = forget, clock, round(days * DAY)
        self._looking = asyncio.create_task(self._look_again()) if days else None

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_again(self) -> None:
        while True:
            try:
                await self._forget(self._clock.now() * 1000 - self._span)
            except Problem as problem:  # next time, then
                log.warning("what is too old cannot be deleted now: %s", problem)
            await asyncio.sleep(HOUR)
