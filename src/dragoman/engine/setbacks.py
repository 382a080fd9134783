"""Sees that the clock was set back, and has what was to be done by the later time done now."""

import logging
import time

from dragoman.core.work import DELIVERY, TOPIC
from dragoman.engine.world import World
from dragoman.store import goals, queue

log = logging.getLogger(__name__)

SECOND = 1_000_000
PATIENT = (DELIVERY, TOPIC, goals.EXPIRY)
"""Kinds of work that may be due in days. They tell when, or count time, by the clock as it is."""


class SetBacks:
    """Compares the clock with one that nobody sets, from look to look."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ahead = self._seen()

    async def heed(self) -> None:
        """Look, and pull in what is due too late if time was lost since the last look."""
        before, self._ahead = self._ahead, self._seen()
        if self._ahead < before - SECOND:
            log.warning("the clock was set back by %s s", (before - self._ahead) // SECOND)
            await self.pull_in()

    async def pull_in(self) -> None:
        """Have done now what is due later than anything is put off; nothing is lost by doing it early."""
        limits = self._world.limits
        most = int(max(limits.slowest, limits.watch, limits.grace + 60.0) * SECOND)
        await self._world.db.write(queue.pull_in, at=self._world.clock.now(), most=most, but=PATIENT)

    def _seen(self) -> int:
        return self._world.clock.now() - time.monotonic_ns() // 1000
