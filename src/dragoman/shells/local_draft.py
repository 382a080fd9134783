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

_FOLDER = os.O_RDONLY | os.O_DIRECTORY


class Draft:
    """A file being written under a temporary name in the directory where it is to appear."""

    def __init__(self, root: str, path: str, mode: int | None, note: Note) -> None:
        self._path, self._temporary = path, f".{secrets.token_hex(8)}.part"
        with place(root, path, follow=False, make=True) as there:
            self._name = there.name
            mode = _kept_mode(there, path) if mode is None else mode & MODES
            self._at = os.open(".", _FOLDER, dir_fd=there.at)
            self._forget = note(f"{parent_of(path).rstrip('/')}/{self._temporary}")
            try:
                self._fd = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._at)
            except OSError:
                os.close(self._at)
                self._forget()
                raise
        self._mode = 0o644 if mode is None else mode

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


def _kept_mode(there: Spot, path: str) -> int | None:
    """The mode of the file that will be replaced, if there is one."""
    try:
        status = there.status()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        raise Conflict(f"{shown(path)} is there already, and is no plain file.")
    return stat.S_IMODE(status.st_mode) & MODES
