"""The service's own key, DATA/server.key: 32 random bytes, made once and readable by its owner alone."""

import os
import secrets
import stat
from contextlib import suppress

from dragoman.core.errors import Conflict, Unavailable

FILE_NAME = "server.key"
BYTES = 32


def server_key(data: str) -> bytes:
    """The key in the data directory; made, and safe on disk, when there is none.

    Processes that start at the same moment get the same key. Raises Conflict when others may read the file or it is
    no key, and Unavailable when the disk refuses.
    """
    path = os.path.join(data, FILE_NAME)
    try:
        if not os.path.lexists(path):
            _make(data, path)
        return _read(path)
    except OSError as error:
        raise Unavailable(f"The service's key {path} cannot be used: {error.strerror}.") from error


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts, key = os.fstat(fd), os.read(fd, BYTES + 1)
    finally:
        os.close(fd)
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise Conflict(f"Others may read the service's key {path}.", hint=f"Run: chmod 600 {path}")
    if len(key) != BYTES:
        raise Conflict(f"{path} is no key: it must hold {BYTES} bytes.", hint="Restore it from a backup, or delete it.")
    return key


def _make(data: str, path: str) -> None:
    """Write the key beside its place, then link it there: nobody ever sees half a key, and the first one wins."""
    draft = f"{path}.{secrets.token_hex(8)}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(fd, secrets.token_bytes(BYTES))
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
