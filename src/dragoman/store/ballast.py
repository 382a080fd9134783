"""Room on the disk that is kept for when it is full: what ends and deletes can still be written, and frees more."""

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Db, is_ending

P = ParamSpec("P")
T = TypeVar("T")

MOST = 8 << 20
SHARE = 12
"""Of a small disk each reserve takes this part."""
PIECES = 8


def reserve(path: str) -> int:
    """How many bytes are to be kept on the disk of this file for a full one's sake."""
    return min(MOST, shutil.disk_usage(os.path.dirname(path)).total // SHARE)


def widen_log(database: str) -> None:
    """Have the write-ahead log of an open SQLite database take its room now, as far as there is any.

    SQLite does not mind what comes after its own last frame, and writes over it. So a commit needs no new room, and
    nobody can snatch it away.
    """
    log = f"{database}-wal"
    with suppress(OSError), open(log, "rb+") as file:
        os.posix_fallocate(file.fileno(), 0, reserve(log))


class Ballast:
    """A file that takes room, and gives it back in pieces. For any thread; for one process at a time."""

    def __init__(self, path: str) -> None:
        self._folder = os.path.dirname(path)
        self._size = reserve(path)
        self._piece = self._size // PIECES
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        there = os.fstat(self._file)
        self._taken = min(self._size, there.st_size, there.st_blocks * 512)

    def close(self) -> None:
        """Let go of the file; it stays."""
        os.close(self._file)

    def is_whole(self) -> bool:
        """Whether it has all its room, and the disk some more; what was given is taken back if there is twice that."""
        with self._lock:
            missing, free = self._size - self._taken, self._free()
            if missing and free >= 2 * missing:
                with suppress(OSError):
                    os.posix_fallocate(self._file, 0, self._size)
                    self._taken = self._size
                os.ftruncate(self._file, self._taken)
            return self._taken == self._size and free >= self._piece

    def relieve(self) -> bool:
        """Give a piece back if the disk is full; whether there is room again that was not there before."""
        with self._lock:
            if self._free() >= self._piece:
                return self._taken < self._size  # somebody else has just given a piece
            if not self._taken:
                return False
            self._taken = max(0, self._taken - self._piece)
            os.ftruncate(self._file, self._taken)
            return True

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free


class BallastDb:
    """The Db port on another one whose disk has a ballast.

    When the disk is full, functions that are marked as ``ending`` get its room, or all of them with ``is_ending``.
    Others are refused until there is room again, so that they do not use up what is left.
    """

    def __init__(self, db: Db, ballast: Ballast, *, is_ending: bool = False) -> None:
        self._db, self._ballast, self._is_ending = db, ballast, is_ending

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        tries = self._tries(fn)
        while True:
            try:
                return await self._db.write(fn, *args, **kwargs)
            except Unavailable:
                tries -= 1
                if not tries or not self._ballast.relieve():
                    raise

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        tries = self._tries(fn)
        while True:
            try:
                return self._db.write_now(fn, *args, **kwargs)
            except Unavailable:
                tries -= 1
                if not tries or not self._ballast.relieve():
                    raise

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await self._db.read(fn, *args, **kwargs)

    def _tries(self, fn: Callable[..., object]) -> int:
        """How often it is tried. Raises Unavailable when others are to have the room that is left."""
        is_whole = self._ballast.is_whole()
        if self._is_ending or is_ending(fn):
            return PIECES + 1
        if not is_whole:
            raise Unavailable("The disk is full.", hint="Free disk space, then try again.")
        return 1
