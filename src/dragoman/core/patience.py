"""Deadlines for what waits for others: a call, a stream that is read, a stream that is taken. Pure but for waiting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar

from dragoman.core.errors import Unavailable

T = TypeVar("T")


async def within(seconds: float, doing: Awaitable[T], what: str) -> T:
    """What ``doing`` gives. Raises Unavailable, naming ``what``, when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await doing
    except TimeoutError as error:
        raise Unavailable(f"{what} did not answer within {seconds:g} seconds.") from error


async def woken(wake: asyncio.Event, seconds: float) -> bool:
    """Wait for a wake-up, which is used up then, at most so long; whether there was one.

    Who is cancelled as it is woken ends: ``asyncio.wait_for`` of Python 3.11 would swallow that.
    """
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True


async def ended(tasks: Iterable["asyncio.Future[Any]"], again: float = 5.0) -> None:
    """Cancel these tasks, and return when all have ended, however often this is cancelled meanwhile.

    Libraries that wait with ``asyncio.wait_for`` of Python 3.11 may swallow that: then it is said again.
    """
    left, is_cancelled = list(tasks), False
    while left:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=again)
        except asyncio.CancelledError:
            is_cancelled = True
        left = [task for task in left if not task.done()]
    if is_cancelled:
        raise asyncio.CancelledError


class Patient:
    """Pieces, each of which must come in time."""

    def __init__(self, seconds: float, pieces: AsyncIterator[bytes], what: str) -> None:
        self._seconds, self._pieces, self._what = seconds, pieces, what

    def __aiter__(self) -> "Patient":
        return self

    async def __anext__(self) -> bytes:
        return await within(self._seconds, anext(self._pieces), self._what)

    async def aclose(self) -> None:
        """Nobody wants more."""
        await close(self._pieces)


async def hand_over(
    seconds: float, take: Callable[[AsyncIterator[bytes]], Awaitable[T]], pieces: AsyncIterator[bytes], what: str
) -> T:
    """Give pieces to somebody who must ask for the next one, and come to an end, in time.

    How long the pieces themselves take to come does not count. Raises Unavailable, naming ``what``.
    """
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(seconds) as limit:

            async def timed() -> AsyncIterator[bytes]:
                limit.reschedule(None)
                async for piece in pieces:
                    limit.reschedule(clock() + seconds)
                    yield piece
                    limit.reschedule(None)
                limit.reschedule(clock() + seconds)

            return await take(timed())
    except TimeoutError as error:
        raise Unavailable(f"{what} did not take any more within {seconds:g} seconds.") from error
    finally:
        await close(pieces)


class Primed:
    """Pieces, the first of which is there already."""

    def __init__(self, first: list[bytes], rest: AsyncIterator[bytes]) -> None:
        self._first, self._rest = first, rest

    def __aiter__(self) -> "Primed":
        return self

    async def __anext__(self) -> bytes:
        return self._first.pop() if self._first else await anext(self._rest)

    async def aclose(self) -> None:
        """Nobody wants more."""
        await close(self._rest)


async def primed(pieces: AsyncIterator[bytes]) -> Primed:
    """The same pieces: whatever stands in the way of the first one is raised here and now."""
    first = []
    with suppress(StopAsyncIteration):
        first.append(await anext(pieces))
    return Primed(first, pieces)


async def close(pieces: AsyncIterator[Any]) -> None:
    """Tell a source that nobody wants more of it."""
    if end := getattr(pieces, "aclose", None):
        await end()
