"""Opens and makes things below a directory whose content somebody else may be changing at the same moment.

Each component is opened by itself, relative to its parent's descriptor, and no symbolic link is followed. Names are
``str`` as ``os.fsdecode`` makes them: bytes that are no UTF-8 travel as lone surrogates and open the same file again.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from dragoman.core.errors import Broken, Invalid, NotFound, Problem, Unavailable

READABLE = 0o500
"""What a directory's owner needs to list it and to open what is in it."""
WRITABLE = 0o700
PATH_MAX = 4096
"""No program can name a file by a path of so many bytes."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# A FIFO must not hang us and a terminal must not become ours, whatever a job puts in a file's place.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLASH = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO, errno.ENODEV})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


@contextmanager
def told(path: str, *, writing: bool = False) -> Iterator[None]:
    """Raise the Problem for whatever the operating system refuses about ``path``."""
    try:
        yield
    except OSError as error:
        raise _problem(error, shown(path), writing=writing) from error


def _problem(error: OSError, path: str, *, writing: bool) -> Problem:
    if error.errno in _FULL:
        return Unavailable(f"The disk is full: cannot write {path}.", hint="Free some space, then try again.")
    if error.errno == errno.ENOENT or (error.errno in _CLASH and not writing):
        return NotFound(f"There is no {path} here.")
    if error.errno in _CLASH:
        return Invalid.field(path, why=f"It cannot be written over what is there already ({error.strerror}).")
    if error.errno in _FORBIDDEN:
        return Broken(f"The host does not let us at {path} ({error.strerror}).", hint="Check who owns it.")
    return Unavailable(f"The host fails at {path} ({error.strerror}).")


def shown(path: str) -> str:
    """The path as it may stand in a message: printable, and not too long."""
    text = path if path.isprintable() else repr(path)[1:-1]
    return text if len(text) <= 200 else f"{text[:199]}…"


def split(path: str) -> list[str]:
    """The components of a path below a directory. Raises Invalid for one that is empty, absolute, or could escape."""
    parts = path.split("/")
    if "\0" in path or not {"", ".", ".."}.isdisjoint(parts):
        why = "A path here is relative, without empty parts, '.', '..' or NUL."
        raise Invalid.field(shown(path), why=why)
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        raise Invalid.field(shown(path), why="It has characters that no file name can have.") from error
    return parts


@contextmanager
def folder(directory: str, parts: Sequence[str] = (), *, make: bool = False) -> Iterator[int]:
    """A descriptor of the directory that ``parts`` lead to, for the time of the block; ``make``: missing ones are made.

    The parents of ``directory`` must be ours alone; itself it may be the job's. Raises OSError.
    """
    fd = open_folder(directory)
    try:
        for part in parts:
            inner = make_folder(part, fd) if make else open_folder(part, fd)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)


def open_folder(name: str, at: int | None = None, *, bits: int = READABLE) -> int:
    """A descriptor of a directory that its owner may use as ``bits`` say, after a chmod where it is ours."""
    try:
        fd = os.open(name, _FOLDER, dir_fd=at)
    except PermissionError:
        return _mended(name, at, _FOLDER, bits)
    status = os.fstat(fd)
    if status.st_mode & bits != bits and status.st_uid == os.geteuid():
        os.fchmod(fd, stat.S_IMODE(status.st_mode) | bits)
    return fd


def make_folder(name: str, at: int) -> int:
    """A descriptor of a directory that is made when it is missing."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=at)
    return open_folder(name, at)


def open_file(directory: str, path: str) -> BinaryIO:
    """The regular file at ``path`` below the directory, readable also when its owner forbade it. Raises NotFound."""
    *folders, name = split(path)
    with told(path), folder(directory, folders) as at:
        try:
            fd = os.open(name, _FILE, dir_fd=at)
        except PermissionError:
            fd = _mended(name, at, _FILE, 0o400)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotFound(f"There is no {shown(path)} here that is a plain file.")
        return os.fdopen(fd, "rb")


def create_file(name: str, at: int, mode: int) -> int:
    """A descriptor of a new, empty file; a file or link of that name is replaced, never written through."""
    try:
        return os.open(name, _NEW, mode, dir_fd=at)
    except FileExistsError:
        os.unlink(name, dir_fd=at)
        return os.open(name, _NEW, mode, dir_fd=at)


def write_all(fd: int, block: bytes) -> None:
    """Write every byte of the block, however little the disk takes at once."""
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]


def _mended(name: str, at: int | None, flags: int, bits: int) -> int:
    """Open what even its owner may not read, after giving its owner ``bits``."""
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=at)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid() or not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
            raise PermissionError(errno.EACCES, "Permission denied")
        # Through the descriptor, so that a racing job cannot have another file changed.
        itself = f"/proc/self/fd/{handle}"
        os.chmod(itself, stat.S_IMODE(status.st_mode) | bits)
        return os.open(itself, flags & ~os.O_NOFOLLOW)
    finally:
        os.close(handle)
