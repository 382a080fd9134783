"""A file on this host that is written whole or not at all. Blocks; call it in threads."""

import os
import secrets
import stat
from contextlib import suppress

from dragoman.core.errors import Conflict
from dragoman.shells.below import shown, write_all
from dragoman.shells.inside import Spot
from dragoman.shells.local_files import MODES, place, told
from dragoman.shells.notes import Note
from dragoman.shells.paths import parent_of

NEW = 0o644
"""The mode of a file that nobody has wished one for."""


class Draft:
    """A file being written under a temporary name in the directory where it is to appear."""

    def __init__(self, root: str, path: str, mode: int | None, note: Note) -> None:
        self._path, self._temporary = path, temporary_name()
        with place(root, path, follow=False, make=True) as there:
            self._name = there.name
            mode = mode_for(there, path, mode)
            self._at = open_above(there)
            self._forget = note([f"{parent_of(path).rstrip('/')}/{self._temporary}"])
            try:
                self._fd = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._at)
            except OSError:
                os.close(self._at)
                self._forget()
                raise
        self._mode = mode

    def write(self, block: bytes) -> None:
        """Add the bytes."""
        with told(self._path):
            write_all(self._fd, block)

    def publish(self, *, durable: bool) -> None:
        """Bring it to the disk where that is wanted, then to its own name."""
        with told(self._path):
            os.fchmod(self._fd, self._mode)
            if durable:
                os.fsync(self._fd)
            os.rename(self._temporary, self._name, src_dir_fd=self._at, dst_dir_fd=self._at)
            if durable:
                os.fsync(self._at)

    def close(self) -> None:
        """Let go of everything; what was not published is gone."""
        with suppress(OSError):
            os.unlink(self._temporary, dir_fd=self._at)
        self._forget()
        os.close(self._fd)
        os.close(self._at)


def temporary_name() -> str:
    """What a file is called until it is whole."""
    return f".{secrets.token_hex(8)}.part"


def open_above(there: Spot) -> int:
    """A descriptor of the directory that the spot is in, with which names in it can be brought to the disk."""
    return os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=there.at)


def mode_for(there: Spot, path: str, wanted: int | None) -> int:
    """The mode for a file; without a wish that of the one that it replaces, if any. Raises Conflict and OSError."""
    if wanted is not None:
        return wanted & MODES
    try:
        old = there.status().st_mode
    except FileNotFoundError:
        return NEW
    if stat.S_ISLNK(old):
        return NEW
    if not stat.S_ISREG(old):
        raise Conflict(f"{shown(path)} is there already, and is no plain file.")
    return stat.S_IMODE(old) & MODES
