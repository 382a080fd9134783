"""Reads archives that ``zips`` has made: what they hold, and its bytes. Trusts no name in them; knows no host."""

import asyncio
import stat
import struct
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EINVAL
from threading import Lock
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from dragoman.core.errors import Broken, NotFound, TooLarge, Unavailable
from dragoman.core.paths import shown
from dragoman.core.patience import close
from dragoman.core.ports import BlobStore

_PIECE = 1 << 18
_ENCRYPTED = 0x1
# What zipfile takes at once of a member that is compressed otherwise becomes any amount of memory.
_METHODS = (ZIP_STORED, ZIP_DEFLATED)
_MOST, _LIST = 20_000, 16 << 20
"""Members of an archive, and bytes of the list of them; both are held in memory."""
_DAMAGE = (BadZipFile, zlib.error, EOFError, RuntimeError, AssertionError, struct.error)
_ODD = (ValueError, LookupError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file or directory in an archive."""

    path: str
    """Relative, with ``/`` between its parts, and safe to go below a directory."""
    is_directory: bool
    size: int
    mode: int
    """Permission bits of a file."""


class Unzipped:
    """An open archive."""

    def __init__(self, source: BinaryIO) -> None:
        """Takes the source over.

        Raises Broken for what is no such archive, or holds what may not be unpacked, and TooLarge.
        """
        self._source, self._lock = source, Lock()
        with _reading():
            self._archive = ZipFile(_Listed(source))
        infos = self._archive.infolist()
        self.members: Sequence[Packed] = [_packed(info) for info in infos]
        self._infos = {member.path: (member, info) for member, info in zip(self.members, infos, strict=True)}
        if len(self._infos) < len(infos):
            raise Broken("The archive holds two members of one name.")

    def member(self, path: str) -> Packed:
        """What there is at a path in it. Raises NotFound."""
        if path not in self._infos:
            raise NotFound(f"There is no {shown(path)} in the archive.")
        return self._infos[path][0]

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """The bytes of a file in it, in pieces. Raises Broken for a damaged one."""
        pieces = self._pieces(path)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece

    def _pieces(self, path: str) -> Iterator[bytes]:
        with _reading():
            with self._lock:
                member = self._archive.open(self._infos[path][1])
            with member:
                while piece := member.read(_PIECE):
                    yield piece

    def close(self) -> None:
        """Let go of it."""
        self._archive.close()
        self._source.close()


class _Listed:
    """The archive as ZipFile reads it, which takes the whole list of members into memory."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size) if size <= _LIST else b""
        if size > _LIST or (size > _PIECE and data.count(b"PK\1\2") > _MOST):
            raise TooLarge(f"The archive lists too many members: more than {_MOST}.")
        return data


async def unzipped(blobs: BlobStore, pieces: AsyncIterator[bytes], *, md5: str, what: str) -> Unzipped:
    """The archive that consists of these bytes, which are kept on this host's disk while it is open.

    Raises Broken, naming ``what``, where they have another digest, Unavailable when the disk is full, and as
    ``Unzipped`` does.
    """
    writer = blobs.writer()
    try:
        async for piece in pieces:
            await writer.write(piece)
        stored = await writer.commit()
    finally:
        await close(pieces)
        await writer.abort()
    source = await asyncio.to_thread(_taken, blobs, stored.key)
    if stored.md5 != md5:
        source.close()
        raise Broken(f"{what} has changed: its md5 is {stored.md5}, and was {md5}. Restore it.")
    try:
        return await asyncio.to_thread(Unzipped, source)
    except BaseException:
        source.close()
        raise


def _taken(blobs: BlobStore, key: str) -> BinaryIO:
    """A blob, open, that goes as soon as it is closed: nothing refers to it."""
    source = blobs.open(key)
    blobs.remove([key])
    blobs.settle([key])
    return source


def _packed(info: ZipInfo) -> Packed:
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    is_directory = name.endswith("/")
    path = name.removesuffix("/")
    if name.startswith("/") or "\0" in name or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise Broken(f"The archive holds {shown(name)[:200]}, which would be unpacked elsewhere.")
    if info.flag_bits & _ENCRYPTED or kind not in {0, stat.S_IFDIR if is_directory else stat.S_IFREG}:
        raise Broken(f"The archive holds {shown(name)[:200]}, which is no plain file or directory.")
    if info.compress_type not in _METHODS:
        raise Broken(f"The archive holds {shown(name)[:200]}, which is compressed otherwise than by deflate.")
    mode = stat.S_IMODE(info.external_attr >> 16) & 0o777
    return Packed(path=path, is_directory=is_directory, size=info.file_size, mode=mode)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # To seek to where nothing can be gives EINVAL.
        if error.errno not in {None, EINVAL}:
            raise Unavailable(f"The archive cannot be read ({error.strerror}).") from error
        raise _damaged(error) from error
    except (*_DAMAGE, *_ODD) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Broken:
    return Broken(f"The archive is damaged: {shown(str(error)) or type(error).__name__}.")
