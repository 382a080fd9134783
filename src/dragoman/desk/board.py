"""The board on which it stands what nodes are to do: whoever waits for news of a node is woken when there are some."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from dragoman.core.errors import Problem
from dragoman.core.ports import Db
from dragoman.store import nodes

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks while somebody waits: others write too (commands, the engine, other processes)."""


@dataclass(slots=True, eq=False)
class _Waiter:
    than: int
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Board:
    """Tells of new versions. One look at the database serves all who wait, however many these are."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._waiting: dict[str, set[_Waiter]] = {}
        self._hinted = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def hint(self) -> None:
        """There may be news."""
        self._hinted.set()

    async def changed(self, vsn: str, than: int, *, seconds: float) -> bool:
        """Wait until the version of what a node is to do is not ``than``; False when it still is after that time."""
        waiter, others = _Waiter(than), self._waiting.setdefault(vsn.lower(), set())
        others.add(waiter)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await waiter.news.wait()
        except TimeoutError:
            return False
        finally:
            others.discard(waiter)
            if not others and self._waiting.get(vsn.lower()) is others:
                del self._waiting[vsn.lower()]
        return True

    async def _look(self) -> None:
        """Look again and again, as long as somebody waits."""
        while self._waiting:
            self._hinted.clear()
            try:
                self._tell(await self._db.read(nodes.versions))
            except Problem as problem:
                log.warning("cannot see what nodes are to do: %s", problem)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._hinted.wait()

    def _tell(self, versions: dict[str, int]) -> None:
        for vsn, waiters in self._waiting.items():
            for waiter in waiters:
                if versions.get(vsn, 0) != waiter.than:
                    waiter.news.set()
