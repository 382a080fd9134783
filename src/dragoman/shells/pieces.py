"""Streams of bytes, cut to measure. Reads and writes nothing."""

from collections.abc import AsyncGenerator, AsyncIterator


async def once(content: bytes) -> AsyncGenerator[bytes, None]:
    """All of it in one piece."""
    yield content


async def blocks(source: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in blocks of ``size``; only the last one is smaller."""
    waiting = bytearray()
    async for piece in source:
        waiting += piece
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)
