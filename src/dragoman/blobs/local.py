"""The blob store on a local disk: one file per blob, spread over 256 directories, and a directory of incoming ones."""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import BinaryIO, Protocol, TypeVar

from dragoman.blobs.digest import BLOCK, Digest
from dragoman.blobs.disk import FULL, directory, sync_directory, told
from dragoman.blobs.incoming import Incoming
from dragoman.blobs.writer import LocalWriter
from dragoman.core.errors import Invalid, NotFound
from dragoman.core.ports import BlobWriter, Stored

_KEY = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9_.-]{1,200}")
MARK = ".kept"
_SHARDS = [f"{number:02x}" for number in range(256)]


class LocalBlobs:
    """Keeps blobs below one directory, which nobody else may read.

    ``check_room`` raises Unavailable when writers must not go on. What is adopted is not asked about.
    """

    def __init__(self, root: str, check_room: Callable[[], None] = lambda: None) -> None:
        self._root, self._check_room = os.path.abspath(root), check_room
        self._incoming = os.path.join(self._root, "incoming")
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="digest")
        with told("make room for blobs"):
            os.makedirs(self._root, mode=0o700, exist_ok=True)
            for name in ("incoming", *_SHARDS):
                with suppress(FileExistsError):
                    os.mkdir(os.path.join(self._root, name), mode=0o700)
            sync_directory(self._root)

    def writer(self) -> BlobWriter:
        """Start a new blob under a random key."""
        key = secrets.token_hex(16)
        return LocalWriter(self._new(key, mark=self._mark(key)), self._check_room)

    def settle(self, keys: Sequence[str]) -> None:
        """See core.ports.BlobStore."""
        with told("note that a blob is kept"):
            for key in keys:
                with suppress(FileNotFoundError):
                    os.unlink(self._mark(key))

    def unsettled(self) -> list[str]:
        """The blobs of writers that an earlier process kept, perhaps without what refers to them."""
        with told("look for unfinished uploads"):
            return [name.removesuffix(MARK) for name in os.listdir(self._incoming) if name.endswith(MARK)]

    def open(self, key: str) -> BinaryIO:
        """The blob's bytes, seekable, from the start. Raises NotFound."""
        path = self._path(key)
        with told("read a blob"):
            try:
                return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")
            except FileNotFoundError as error:
                raise NotFound(f"The blob {key} is gone.") from error

    def adopt(self, key: str, source: BinaryIO) -> Generator[None, None, Stored]:
        """Take an open, no longer changing file in under ``key``: by a hard link where possible, else by a copy.

        Linked is only a file with one name that belongs to this process's user: nobody else may change a blob.
        """
        fd = source.fileno()
        with told("keep a file"):
            if self._is_kept(key, fd):
                return (yield from self._linked(key, fd, self._path(key)))
            temporary = self._temporary()
            if self._link(fd, temporary):
                return (yield from self._linked(key, fd, temporary))
            return (yield from self._copy(key, fd))

    def remove(self, keys: Sequence[str]) -> None:
        """Delete blobs; a missing one is no error."""
        with told("delete a blob"):
            for key in keys:
                with suppress(FileNotFoundError):
                    os.unlink(self._path(key))

    def sweep(self) -> None:
        """Remove what unfinished uploads of an earlier process left, and settle the others.

        Call it while nobody else writes blobs.
        """
        with told("remove unfinished uploads"), os.scandir(self._incoming) as leftovers:
            for leftover in leftovers:
                os.unlink(leftover.path)

    def _shard(self, key: str) -> str:
        # Keys may share any prefix, so that their digest spreads them.
        if not _KEY.fullmatch(key):
            raise Invalid.field("key", why="A blob's key has 1 to 200 letters, digits, dots, dashes and underscores.")
        return os.path.join(self._root, hashlib.sha256(key.encode()).hexdigest()[:2])

    def _path(self, key: str) -> str:
        return os.path.join(self._shard(key), key)

    def _temporary(self) -> str:
        return os.path.join(self._incoming, secrets.token_hex(16))

    def _mark(self, key: str) -> str:
        return os.path.join(self._incoming, f"{key}{MARK}")

    def _new(self, key: str, mark: str | None = None) -> Incoming:
        digest = Digest(self._threads)
        return Incoming(temporary=self._temporary(), shard=self._shard(key), digest=digest, key=key, mark=mark)

    def _is_kept(self, key: str, fd: int) -> bool:
        """Whether the very file is linked under the key already."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.lstat(self._path(key)), os.fstat(fd))
        return False

    def _link(self, fd: int, name: str) -> bool:
        """Give the file a second name; False, and nothing done, where that is impossible."""
        status = os.fstat(fd)
        if status.st_nlink != 1 or status.st_uid != os.geteuid():
            return False
        try:
            # With a directory's descriptor, and only then, Python follows /proc's link to the open file itself.
            with directory(self._incoming) as incoming:
                os.link(f"/proc/self/fd/{fd}", os.path.basename(name), dst_dir_fd=incoming)
        except OSError as error:
            if error.errno in FULL:
                raise  # a copy would need even more room
            return False
        return True

    def _linked(self, key: str, fd: int, name: str) -> Generator[None, None, Stored]:
        """Look through a file that has this name in the store, and make it the blob ``key``."""
        path = self._path(key)
        try:
            digest = yield from _read(fd, Digest(self._threads))
            os.fchmod(fd, 0o600)
            os.rename(name, path)
        except BaseException:
            if name != path:
                os.unlink(name)
            raise
        # In this order the first fsync writes the name along on most file systems, and the second costs nothing.
        os.fsync(fd)
        sync_directory(os.path.dirname(path))
        return digest.stored(key)

    def _copy(self, key: str, fd: int) -> Generator[None, None, Stored]:
        incoming = self._new(key)
        try:
            yield from _read(fd, incoming)
            return incoming.publish()
        except BaseException:
            incoming.forget()
            raise


class _Taker(Protocol):
    def take(self, block: bytes) -> None: ...


T = TypeVar("T", bound=_Taker)


def _read(fd: int, taker: T) -> Generator[None, None, T]:
    """Hand the whole file, as long as it is now, to ``taker``, wherever its readers stand."""
    offset, size = 0, os.fstat(fd).st_size
    while offset < size and (block := os.pread(fd, min(BLOCK, size - offset), offset)):
        taker.take(block)
        offset += len(block)
        yield
    return taker
