"""A secret file in the data directory: made once, readable by its owner alone. Knows not what is in it."""

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress

from dragoman.core.errors import Conflict, Unavailable

_MOST = 1 << 16


def kept(data: str, name: str, make: Callable[[], bytes]) -> bytes:
    """What the file holds; made with ``make``, and safe on disk, when there is none.

    Processes that start at the same moment get the same bytes. Raises Conflict when others may read the file, and
    Unavailable when the disk refuses.
    """
    path = os.path.join(data, name)
    try:
        if not os.path.lexists(path):
            _make(data, path, make())
        return _read(path)
    except OSError as error:
        raise Unavailable(f"The service's key {path} cannot be used: {error.strerror}.") from error


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts, content = os.fstat(fd), os.read(fd, _MOST)
    finally:
        os.close(fd)
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise Conflict(f"Others may read the service's key {path}.", hint=f"Run: chmod 600 {path}")
    return content


def _make(data: str, path: str, content: bytes) -> None:
    """Write the file beside its place, then link it there: nobody ever sees half of it, and the first one wins."""
    draft = f"{path}.{secrets.token_hex(8)}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(fd, content)
        os.fsync(fd)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(fd)
        os.unlink(draft)
    _sync(data)


def _sync(directory: str) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
