"""Makes a zip archive while its members come in, in constant memory. Knows no host."""

import asyncio
import io
import stat
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zlib import Z_BEST_SPEED

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
    mode: int = 0o600
    """The permission bits of a file."""
    read: Callable[[], AsyncIterator[bytes]] | None = None
    """Starts to read a file; None for a directory."""


class _Out(io.RawIOBase):
    """Gathers what the archive writes until it is taken. Nobody can go back in it."""

    def __init__(self) -> None:
        self._gathered = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._gathered += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._gathered = self._gathered, bytearray()
        return bytes(taken)


async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """The bytes of the archive, in the order of its members. Compresses in threads."""
    out = _Out()
    archive = ZipFile(out, "w", ZIP_DEFLATED, compresslevel=Z_BEST_SPEED)
    try:
        async for member in members:
            if member.read is None:
                archive.mkdir(member.name)
                yield out.taken()
                continue
            async with aclosing(_file(archive, out, member, member.read())) as pieces:
                async for piece in pieces:
                    yield piece
        archive.close()
        yield out.taken()
    finally:
        await close(members)


async def _file(
    archive: ZipFile, out: _Out, member: Member, pieces: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    left = member.size
    try:
        with archive.open(_info(member), "w", force_zip64=member.size >= _SMALL) as file:
            while left and (piece := await anext(pieces, None)) is not None:
                await asyncio.to_thread(file.write, piece[:left])
                left -= len(piece[:left])
                if made := out.taken():
                    yield made
        yield out.taken()
    finally:
        await close(pieces)


def _info(member: Member) -> ZipInfo:
    info = ZipInfo(member.name, time.localtime()[:6])
    info.compress_type, info.external_attr = ZIP_DEFLATED, (stat.S_IFREG | member.mode) << 16
    return info
