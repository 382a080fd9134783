"""The bytes of files over SFTP, several requests in flight, in constant memory. Knows no paths."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from dragoman.shells.pieces import blocks

T = TypeVar("T")

WINDOW = 16
"""Requests in flight: 4 MiB, enough for 40 MB/s at 100 ms from here to the host and back."""


class OpenFile(Protocol):
    """An open file of asyncssh, opened with ``block_size=0``: each call is one request."""

    async def read(self, size: int, offset: int) -> bytes:
        """The bytes from ``offset`` on, fewer than ``size`` only at the end."""
        ...

    async def write(self, data: bytes, offset: int) -> int:
        """Put the bytes at ``offset``."""
        ...


async def outgoing(
    file: OpenFile, start: int, end: int, block: int, silence: float, *, window: int = WINDOW
) -> AsyncGenerator[bytes, None]:
    """The bytes from ``start`` to ``end``, or to where the file has ended meanwhile. Raises TimeoutError."""
    flight = _Flight[bytes](silence, window)
    try:
        while start < end or flight:
            while start < end and not flight.is_full:
                size = min(block, end - start)
                flight.add(whole(file, start, size), size)
                start += size
            data, size = await flight.land()
            if data:
                yield data
            if len(data) < size:
                return
    finally:
        await flight.cancel()


async def incoming(file: OpenFile, source: AsyncIterator[bytes], block: int, silence: float) -> int:
    """Write all that comes, from the file's start on; how many bytes. Raises TimeoutError for a silent host only."""
    flight = _Flight[int](silence, WINDOW)
    at = 0
    try:
        async for data in blocks(source, block):
            if flight.is_full:
                await flight.land()
            flight.add(file.write(data, at), len(data))
            at += len(data)
        while flight:
            await flight.land()
    finally:
        await flight.cancel()
    return at


class _Flight(Generic[T]):
    """Requests under way, in the order they were sent; each lands with the number that it was given."""

    def __init__(self, silence: float, window: int) -> None:
        self._silence, self._window = silence, window
        self._under_way: deque[tuple[asyncio.Task[T], int]] = deque()

    def __bool__(self) -> bool:
        return bool(self._under_way)

    @property
    def is_full(self) -> bool:
        return len(self._under_way) >= self._window

    def add(self, request: Coroutine[Any, Any, T], number: int) -> None:
        self._under_way.append((asyncio.ensure_future(request), number))

    async def land(self) -> tuple[T, int]:
        """The answer to the oldest request. Raises TimeoutError when it takes too long."""
        request, number = self._under_way.popleft()
        async with asyncio.timeout(self._silence):
            return await request, number

    async def cancel(self) -> None:
        """Give up what is still under way."""
        requests = [request for request, _ in self._under_way]
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


async def whole(file: OpenFile, start: int, size: int) -> bytes:
    """All ``size`` bytes, however few the host gives at once; fewer only at the file's end."""
    data = await file.read(size, start)
    while data and len(data) < size:
        more = await file.read(size - len(data), start + len(data))
        if not more:
            break
        data += more
    return data
