"""One transfer in hand: its claim, its ends, how far it has come, and how often something is tried."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from dragoman.core import paths
from dragoman.core.errors import Unavailable
from dragoman.core.transfers import Part, Transfer
from dragoman.core.work import Claim
from dragoman.engine.archives import Archives
from dragoman.engine.ends import Ends
from dragoman.engine.world import World
from dragoman.store import transfer_moves

T = TypeVar("T")

TRIES = 3


class Lost(Exception):
    """Somebody else has the transfer now."""


class Trip:
    """One transfer in hand."""

    def __init__(self, world: World, claim: Claim, transfer: Transfer) -> None:
        self.world, self.claim, self.transfer = world, claim, transfer
        self.ends = Ends(world, transfer)
        self.archives = Archives(world.blobs, self.ends, world.limits.silence)
        self._moved: dict[int, tuple[int, int]] = {}
        self._noted: dict[int, tuple[int, int]] = {}

    async def write(self, fn: Callable[..., bool], *args: Any, **kwargs: Any) -> None:
        """Write something behind the fence. Raises Lost."""
        if not await self.world.db.write(fn, self.claim, *args, **kwargs, at=self.world.clock.now()):
            raise Lost

    def moved(self, part: Part, more: int, total: int) -> None:
        """So many more bytes of a part have been copied."""
        before, _ = self._moved.get(part.id, (0, 0))
        self._moved[part.id] = (before + more, max(total, before + more))

    def forget(self, part: Part) -> int:
        """A part is over for now: how many bytes were copied."""
        self._noted.pop(part.id, None)
        return self._moved.pop(part.id, (0, 0))[0]

    async def note_progress(self) -> None:
        """Write down what has come along since last time."""
        news = {part: moved for part, moved in self._moved.items() if self._noted.get(part) != moved}
        if news:
            await self.write(transfer_moves.note_progress, news)
            self._noted |= {part: moved for part, moved in news.items() if part in self._moved}

    async def tried(self, part: Part, act: Callable[[], Awaitable[T]]) -> T:
        """Do it, and again when the world was down for a moment, TRIES times in all."""
        tries = part.retries
        while True:
            try:
                return await act()
            except Unavailable as problem:
                self.ends.forget()
                self.forget(part)
                tries += 1
                if tries >= TRIES:
                    raise
                await self.write(transfer_moves.note_retry, part, message=str(problem))
            await asyncio.sleep(min(self.world.limits.slowest, 0.5 * 2.0**tries))


def told(part: Part, message: str) -> str:
    """What went wrong, with what it went wrong for."""
    return f"{paths.told(part.source)}: {message}"


async def together(doings: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, done at the same time; when one fails, the others are stopped before that is told."""
    tasks = [asyncio.create_task(doing) for doing in doings]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
