"""Reads the members of a tar archive from a stream of plain bytes. Writes nothing."""

import io
import os
import re
from collections.abc import Generator, Iterator
from tarfile import BLOCKSIZE, HeaderError, ReadError, TarFile, TarInfo

from dragoman.shells.members import (
    CHUNK,
    Kind,
    Member,
    Readable,
    file_mode,
    inside,
    link_inside,
    reading,
    refused,
    sane,
)

HEADERS = 1 << 17
"""As many bytes may stand before the content of one member: its header, long names, pax records."""
TRAILER = 1 << 24
"""As many bytes after the last member are read to learn whether the compressed stream is whole."""


def is_tar(head: bytes) -> bool:
    """Whether the first block of a file is that of a tar archive (POSIX or GNU)."""
    return head[257:262] == b"ustar"


def tar_members(stream: Readable) -> Generator[Member, None, None]:
    """The members in their order; each file's chunks must be taken before the next. Raises Invalid."""
    forward = _Forward(stream)
    with reading(), TarFile(fileobj=forward, tarinfo=_Strict, encoding="utf-8", errors="surrogateescape") as archive:
        while info := archive.next():
            yield _member(info, forward)
            # tarfile keeps every member, and every global record, for as long as it reads.
            archive.members.clear()  # type: ignore[attr-defined]
            if len(str(archive.pax_headers)) > HEADERS:
                raise ReadError("its global headers are too long")
            forward.allowance = HEADERS
        for _ in range(TRAILER // CHUNK):
            if not stream.read(CHUNK):
                break


class _Strict(TarInfo):
    """A header that is broken; tarfile takes one for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Strict":
        try:
            return super().frombuf(buf, encoding, errors)
        except HeaderError as error:
            if buf.strip(b"\0"):
                raise ReadError(f"{error} where a member should begin") from error
            raise


class _Forward(io.RawIOBase):
    """The archive as tarfile reads it: only forward, and only as far as it is allowed to."""

    def __init__(self, stream: Readable) -> None:
        self._stream, self._at = stream, 0
        self.allowance = HEADERS

    def tell(self) -> int:
        return self._at

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        if position < self._at:
            raise ReadError("a member begins before the end of the one before it")
        if len(self.read(position - self._at)) < position - self._at:
            raise ReadError("unexpected end of data")
        return position

    def read(self, size: int = -1) -> bytes:
        """Bytes of headers."""
        if not 0 <= size <= self.allowance:
            raise ReadError("a header is too long")
        data = self._take(size)
        # Some versions of tarfile take a minute and more over a long number.
        if size > BLOCKSIZE and re.search(rb"\d{256}", data):
            raise ReadError("a header has a number that is too long")
        return data

    def chunks(self, size: int) -> Iterator[bytes]:
        """The next ``size`` bytes, which are a file's content."""
        with reading():
            while size > 0:
                chunk = self._take(min(size, CHUNK))
                if not chunk:
                    raise ReadError("unexpected end of data")
                yield chunk
                size -= len(chunk)

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._at += len(data)
        self.allowance -= len(data)
        return data


def _member(info: TarInfo, forward: _Forward) -> Member:
    path = inside(info.name)
    if info.issparse():
        raise refused(info.name, "It is a sparse file; pack it without --sparse.")
    if info.isdir():
        return Member(path=path, kind=Kind.FOLDER)
    if info.issym():
        return Member(path=path, kind=Kind.SYMLINK, target=link_inside(path, info.linkname))
    if info.islnk():
        return Member(path=path, kind=Kind.HARDLINK, target=inside(info.linkname))
    if not info.isreg():
        raise refused(info.name, "It is a device, a FIFO or another special file.")
    chunks = forward.chunks(info.size)
    return Member(path=path, kind=Kind.FILE, mode=file_mode(info.mode), changed=sane(info.mtime), chunks=chunks)
