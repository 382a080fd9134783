"""One blob on its way in: a file that nobody sees until it is published. For one thread at a time."""

import os
from contextlib import suppress
from typing import BinaryIO

from dragoman.blobs.digest import Bytes, Digest
from dragoman.blobs.disk import sync_directory, told, write_all
from dragoman.core.ports import Stored

_PUSH = 1 << 23


class Incoming:
    """Bytes in a temporary file, digested as they come; the file is made with the first of them.

    ``mark`` is an empty file that is there from when the blob is published until somebody refers to it.
    """

    def __init__(self, *, temporary: str, shard: str, key: str, digest: Digest, mark: str | None = None) -> None:
        self._key, self._mark = key, mark
        self._path = os.path.join(shard, key)
        self._temporary = temporary
        self._digest = digest
        self._file: BinaryIO | None = None
        self._pushed = 0
        self._is_published = False

    def take(self, block: Bytes) -> None:
        """Write the next bytes. Raises Unavailable when the disk is full."""
        with told("keep what arrives"):
            fd = self._open()
            write_all(fd, block)
            self._digest.take(block)
            self._push(fd)

    def publish(self, rest: Bytes = b"") -> Stored:
        """Take the last bytes and make all of them durable under the key; replaces what was there."""
        self.take(rest)
        with told("keep what arrived"):
            os.fsync(self._open())
            if self._mark is not None:
                os.close(os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.rename(self._temporary, self._path)
            self._is_published = True
            sync_directory(os.path.dirname(self._path))
            self._close()
        return self._digest.stored(self._key)

    def forget(self) -> None:
        """Remove every trace, of the published blob too."""
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            os.unlink(self._path if self._is_published else self._temporary)
        with suppress(OSError):
            if self._mark is not None:
                os.unlink(self._mark)

    def _open(self) -> int:
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.fdopen(os.open(self._temporary, flags, 0o600), "wb", buffering=0)
        return self._file.fileno()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _push(self, fd: int) -> None:
        # Linux starts to write dirty pages back when told that they are not needed, and does not wait for it: so the
        # disk works while the rest is still arriving, and the fsync at the end has little left to do.
        if self._digest.size - self._pushed >= _PUSH:
            os.posix_fadvise(fd, self._pushed, self._digest.size - self._pushed, os.POSIX_FADV_DONTNEED)
            self._pushed = self._digest.size
