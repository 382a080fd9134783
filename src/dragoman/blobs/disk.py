"""The few ways in which the blob store touches a disk, and what its failures are called. Knows no keys."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from dragoman.core.errors import Unavailable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the operating system says where there is no more room."""


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Raise Unavailable for whatever the disk refuses; ``doing`` completes "cannot …"."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            why = f"The disk of the service is full: cannot {doing} ({error.strerror})."
            raise Unavailable(why, hint="Free some space, then try again.") from error
        raise Unavailable(f"The disk of the service fails: cannot {doing} ({error.strerror}).") from error


@contextmanager
def directory(path: str) -> Iterator[int]:
    """A descriptor of the directory for the time of the block."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def sync_directory(path: str) -> None:
    """Make the names in the directory durable."""
    with directory(path) as fd:
        os.fsync(fd)


def write_all(fd: int, block: bytes | bytearray) -> None:
    """Write every byte of the block, however little the disk takes at once."""
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]
