"""What is done now and then on a node: old readings, executions, records and images are dropped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dragoman.agent import runs
from dragoman.agent.plate import Plate
from dragoman.agent.pruning import needed_images, prune
from dragoman.agent.spool import Spool
from dragoman.core.edge import Caps
from dragoman.core.errors import Problem
from dragoman.core.ports import BlobStore, Clock, Db
from dragoman.store.edge import goals, outbox, readings

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds."""
MOST_READINGS = 2_000_000
SECOND = 1_000_000
KEEP_MARKS = 3_600 * SECOND
"""How long it stays known which ticks were served, of jobs that are gone: they may be submitted anew."""
KEEP_FIRINGS, MOST_FIRINGS = 7 * 86_400 * SECOND, 20_000
"""How long it stays known what was executed, with the logs, and of how many executions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """Does them until cancelled."""

    db: Db
    clock: Clock
    blobs: BlobStore
    spool: Spool
    caps: Caps
    images: str
    """The directory of images."""
    image_bytes: int
    plate: Callable[[], Plate]
    reading: int
    """Microseconds for which rules can look back."""
    clear: Callable[[], Awaitable[object]]
    """Clears away run directories that could not be cleared when their runs ended."""

    async def run(self) -> None:
        """Do everything now, and again every minute."""
        while True:
            try:
                await self.once()
            except Problem as problem:
                log.warning("what is old cannot be dropped now: %s", problem)
            except Exception:  # whatever it was, the node must go on
                log.exception("what is old cannot be dropped")
            await asyncio.sleep(EVERY)

    async def once(self) -> None:
        """Drop what is too old, or too much."""
        await self.clear()
        now = self.clock.now()
        dropped, folders = await self.db.write(outbox.trim, self.caps, at=now)
        if dropped or folders:
            log.warning("dropped to stay below the caps: %s measurements, %s uploads", dropped, len(folders))
        for folder in folders:
            await asyncio.to_thread(self.spool.remove, folder)
        await self._prune()
        await self.db.write(goals.forget_marks, before=now - KEEP_MARKS)
        before = (now - self.reading) * 1000
        await self.db.write(readings.forget_readings, before=before, most=MOST_READINGS)
        forgotten = 1
        while forgotten:
            forgotten, blobs = await self.db.write(runs.forget, before=now - KEEP_FIRINGS, most=MOST_FIRINGS)
            await asyncio.to_thread(self.blobs.remove, blobs)

    async def _prune(self) -> None:
        needed = await self.db.read(needed_images, self.plate())
        try:
            gone = await asyncio.to_thread(prune, self.images, needed, self.image_bytes)
        except OSError as error:
            log.warning("images cannot be deleted now: %s", error)
            return
        for name in gone:
            log.info("the image %s is deleted: no goal needs it", name)
