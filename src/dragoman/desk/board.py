"""The board on which it stands what nodes are to do: whoever waits for news of a node is told when there are some."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.errors import Problem
from dragoman.core.field import Goal
from dragoman.core.patience import woken
from dragoman.core.ports import Db
from dragoman.store import goals, nodes

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks while somebody waits: others write too (commands, the engine, other processes)."""
NOTHING: tuple[int, list[Goal]] = (0, [])
"""What a node is to do that nobody knows."""


@dataclass(slots=True, eq=False)
class _Waiter:
    than: int
    news: "asyncio.Future[tuple[int, list[Goal]]]"


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

    async def news(self, vsn: str, than: int | None, *, seconds: float) -> tuple[int, list[Goal]] | None:
        """What a node is to do, as soon as its version is not ``than`` (None: at once); None: it is so still."""
        key = vsn.lower()
        waiter = _Waiter(-1 if than is None else than, asyncio.get_running_loop().create_future())
        others = self._waiting.setdefault(key, set())
        others.add(waiter)
        if than is None:
            self._hinted.set()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                return await waiter.news
        except TimeoutError:
            return None
        finally:
            others.discard(waiter)
            if not others and self._waiting.get(key) is others:
                del self._waiting[key]

    async def _look(self) -> None:
        """Look again and again, as long as somebody waits."""
        while self._waiting:
            try:
                await self._tell(await self._db.read(nodes.versions))
            except Problem as problem:
                log.warning("cannot see what nodes are to do: %s", problem)
            await woken(self._hinted, LOOK)

    async def _tell(self, versions: Mapping[str, int]) -> None:
        behind = [
            vsn
            for vsn, waiters in self._waiting.items()
            if any(waiter.than != versions.get(vsn, 0) for waiter in waiters)
        ]
        found = await self._db.read(goals.goals_for, behind) if behind else {}
        for vsn in behind:
            told = found.get(vsn, NOTHING)
            for waiter in self._waiting.get(vsn, ()):
                if waiter.than != told[0] and not waiter.news.done():
                    waiter.news.set_result(told)
