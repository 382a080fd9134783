"""Long blocking work in a few threads of its own, in turns: nobody's hours hold up another's seconds. Knows no files.

A piece of work is a generator: it yields wherever it may rest or be given up, and returns its result.
"""

import asyncio
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Work = Generator[None, None, T]

TURN = 0.02
"""Seconds after which a piece of work goes to the end of the line."""


@dataclass(frozen=True, slots=True)
class _Result(Generic[T]):
    value: T


def finish(work: Work[T]) -> T:
    """Do all of the work at once, in this thread."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


class Turns:
    """So many threads, and a line of pieces of work in front of them. Use it on one event loop at a time."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="turns")

    async def take(self, work: Work[T]) -> T:
        """Do all of the work. When this is cancelled the work is closed where it rests next, before this ends."""
        try:
            while (result := await self._call(_take_turn, work)) is None:
                pass
        except asyncio.CancelledError:
            await self._over(self._threads.submit(work.close))
            raise
        return result.value

    async def _call(self, fn: "Callable[[Work[T]], _Result[T] | None]", work: Work[T]) -> _Result[T] | None:
        turn = self._threads.submit(fn, work)
        try:
            return await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            await self._over(turn)
            raise

    @staticmethod
    async def _over(turn: "Future[Any]") -> None:
        """Return when the turn has ended, however often this is cancelled meanwhile."""
        while not turn.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([asyncio.wrap_future(turn)])


def _take_turn(work: Work[T]) -> _Result[T] | None:
    """Work until the turn is over; the result when there is one."""
    until = time.monotonic() + TURN
    while True:
        try:
            next(work)
        except StopIteration as end:
            return _Result(end.value)
        if time.monotonic() >= until:
            return None
