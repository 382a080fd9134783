"""What an archive holds, in words that are the same for zip and tar, and the rules for what may come out of it.

Pure but for the reading of members' bytes. Every refusal names the member.
"""

import os
import re
import stat
import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from errno import EINVAL
from lzma import LZMAError
from tarfile import TarError
from typing import Protocol
from zipfile import BadZipFile

from dragoman.core.errors import Invalid, Unavailable
from dragoman.shells.below import PATH_MAX, shown

CHUNK = 1 << 20

_DRIVE = re.compile(r"[A-Za-z]:([/\\]|\Z)")
_DOS_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGE = (BadZipFile, TarError, zlib.error, LZMAError, EOFError, ValueError, LookupError, ArithmeticError)


class Readable(Protocol):
    """A stream of bytes that can only be read."""

    def read(self, size: int = -1, /) -> bytes:
        """The next ``size`` bytes, fewer only at the end."""
        ...


class Kind(Enum):
    """What a member becomes."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member; its ``path`` is safe to go below a directory, part by part. Empty: the directory itself."""

    path: str
    kind: Kind
    mode: int = 0o644
    """What it takes to create the file: permission bits, always readable and writable by its owner."""
    changed: float | None = None
    """Seconds since 1970; None when the archive says nothing sensible."""
    target: str = ""
    """Where a link leads: the text of a symbolic link, the safe path of a hard link."""
    chunks: Iterable[bytes] = ()
    """The bytes of a file. They must be taken before the next member is asked for."""


def refused(name: str, why: str) -> Invalid:
    """The complaint about a member."""
    return Invalid.field(shown(name) or ".", why=why)


@contextmanager
def reading() -> Iterator[None]:
    """Say what is wrong with the archive when its parser fails."""
    try:
        yield
    except OSError as error:
        # The decoders raise it without a number, and seeking to where nothing can be gives EINVAL.
        if error.errno not in (None, EINVAL):
            raise Unavailable(f"The archive cannot be read ({error.strerror}).") from error
        raise _damaged(error) from error
    except (*_DAMAGE, struct.error, RuntimeError, AssertionError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> Invalid:
    return Invalid.field("archive", why=f"It is damaged: {shown(str(error)) or type(error).__name__}.")


def inside(name: str, *, dos: bool = False) -> str:
    """The member's path without empty parts and dots; ``dos``: a backslash is a slash. Raises Invalid if it escapes."""
    path = name.replace("\\", "/") if dos else name
    drive = (_DOS_DRIVE if dos else _DRIVE).match(path)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or drive or "\0" in path or ".." in parts:
        raise refused(name, "It would be unpacked outside the working directory.")
    path = "/".join(parts)
    if len(os.fsencode(path)) >= PATH_MAX:
        raise refused(name, "Its path is too long.")
    return path


def link_inside(path: str, target: str) -> str:
    """The target of the symbolic link ``path``. Raises Invalid unless it leads to a place below the directory.

    ``..`` may only come first: after the name of another link it would not lead where it seems to.
    """
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    escapes = ups > path.count("/") or ".." in parts[ups:] or target.startswith("/")
    if escapes or not target or "\0" in target or len(os.fsencode(target)) >= PATH_MAX:
        raise refused(path, f"It is a symbolic link that leads outside the working directory, to {shown(target)}.")
    return target


def file_mode(mode: int) -> int:
    """The permission bits that a file gets from an archive's."""
    return stat.S_IMODE(mode) & 0o777 | 0o600


def sane(changed: float) -> float | None:
    """The time, unless it lies before 1970 or in the future."""
    return changed if 0 < changed <= time.time() else None
