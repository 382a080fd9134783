"""Makes a zip archive while its members come in, in constant memory. Knows no host."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from zlib import Z_BEST_SPEED

from zipstream import ZIP_DEFLATED, ZipStream  # type: ignore[import-untyped]

from dragoman.core.patience import close

_SMALL = 1 << 31
"""Below this many bytes a member needs no extension of the format, which old programs cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file to be, or a directory, in an archive."""

    name: str
    """Relative, with ``/`` between its parts; a directory's ends with one."""
    size: int = 0
    """A file has at most so many bytes; what comes beyond is left out."""
    read: Callable[[], AsyncIterator[bytes]] | None = None
    """Starts to read a file; None for a directory."""


class _Feed:
    """Hands over, one at a time, pieces that were waited for already."""

    def __init__(self) -> None:
        self._piece: bytes | None = None
        self._ended = False

    def give(self, piece: bytes | None) -> None:
        self._piece, self._ended = piece, piece is None

    @property
    def is_empty(self) -> bool:
        return self._piece is None and not self._ended

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece, self._piece = self._piece, None
        if piece is None and not self._ended:
            raise RuntimeError("The archive asked for a piece that nobody waited for.")
        if piece is None:
            raise StopIteration
        return piece


async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """The bytes of the archive, in the order of its members. Compresses in threads."""
    archive = ZipStream(compress_type=ZIP_DEFLATED, compress_level=Z_BEST_SPEED)
    try:
        async for member in members:
            if member.read is None:
                archive.mkdir(member.name)
                for piece in archive.all_files():
                    yield piece
                continue
            async with aclosing(_file(archive, member, member.read())) as pieces:
                async for piece in pieces:
                    yield piece
        for piece in archive.footer():
            yield piece
    finally:
        await close(members)


async def _file(archive: ZipStream, member: Member, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Each step of the archive's generator takes at most one piece: it is there before the step is made."""
    feed = _Feed()
    archive.add(feed, member.name, size=member.size if member.size < _SMALL else None)
    steps, left = archive.file(), member.size
    try:
        while True:
            if feed.is_empty:
                piece = await anext(pieces, None) if left else None
                piece = None if piece is None else piece[:left]
                left -= len(piece or b"")
                feed.give(piece)
            made = await asyncio.to_thread(next, steps, None)
            if made is None:
                return
            if made:
                yield made
    finally:
        await close(pieces)
