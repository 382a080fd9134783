"""What can be done with files below somebody's directory on this host. Blocks; call it in threads."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dragoman.core.errors import Conflict, Denied, NotFound, Problem, Unavailable
from dragoman.core.ports import Facts
from dragoman.shells.below import shown
from dragoman.shells.inside import Spot, spot
from dragoman.shells.paths import checked, name_of
from dragoman.shells.trees import remove_tree

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}
MODES = 0o1777
"""The permission bits that can be set here: nobody is to become the service's user by a file of theirs."""

_MISSING = frozenset({errno.ENOENT, errno.ENOTDIR})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# A FIFO must not hang us and a terminal must not become ours.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def told(path: str) -> Iterator[None]:
    """Raise the Problem for whatever the operating system refuses about ``path``."""
    try:
        yield
    except OSError as error:
        raise _problem(error, shown(path)) from error


def _problem(error: OSError, place: str) -> Problem:
    if error.errno in _MISSING:
        return NotFound(f"There is no {place}.")
    if error.errno in _FORBIDDEN:
        return Denied(f"The host forbids it: {place} ({error.strerror}).")
    if error.errno in _FULL:
        return Unavailable(f"The disk is full: {place}.", hint="Free some space, then try again.")
    if error.errno == errno.EIO:
        return Unavailable(f"The host fails at {place} ({error.strerror}).")
    return Conflict(f"The host cannot do it: {place} ({error.strerror}).")


@contextmanager
def place(root: str, path: str, *, follow: bool, make: bool = False) -> Iterator[Spot]:
    """The place of ``path``, for the time of the block. Raises Problems, also for what fails in the block."""
    with told(checked(path)), spot(root, path, follow=follow, make=make) as found:
        yield found


def facts(root: str, path: str, *, follow: bool) -> Facts:
    """What there is at the path."""
    with place(root, path, follow=follow) as found:
        return facts_of(name_of(path), found.status())


def facts_of(name: str, status: os.stat_result) -> Facts:
    """What the system has told of a path."""
    return Facts(
        name=name,
        kind=KINDS.get(stat.S_IFMT(status.st_mode), "other"),
        size=status.st_size,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        accessed=status.st_atime,
        modified=status.st_mtime,
    )


def entries(root: str, path: str) -> list[Facts]:
    """What a directory holds; what vanishes meanwhile is left out."""
    found = []
    with place(root, path, follow=True) as there, opened(there, path, _FOLDER) as fd, os.scandir(fd) as names:
        for entry in names:
            with suppress(FileNotFoundError):
                found.append(facts_of(entry.name, entry.stat(follow_symlinks=False)))
    return found


@contextmanager
def opened(there: Spot, path: str, flags: int = _FILE) -> Iterator[int]:
    """A descriptor of the directory or plain file, for the time of the block. Raises Conflict when it is none."""
    fd = open_spot(there, path, flags)
    try:
        yield fd
    finally:
        os.close(fd)


def open_spot(there: Spot, path: str, flags: int = _FILE) -> int:
    """A descriptor of the directory or plain file. Raises Conflict when it is none."""
    wanted, words = (stat.S_ISDIR, "directory") if flags & os.O_DIRECTORY else (stat.S_ISREG, "plain file")
    if not wanted(there.status().st_mode):
        raise Conflict(f"{shown(path)} is no {words}.")
    fd = os.open(there.name, flags, dir_fd=there.at)
    if not wanted(os.fstat(fd).st_mode):
        os.close(fd)
        raise Conflict(f"{shown(path)} is no {words}.")
    return fd


def open_to_read(root: str, path: str) -> int:
    """A descriptor of a plain file, to be closed by the caller."""
    with place(root, path, follow=True) as there:
        return open_spot(there, path)


def make_directory(root: str, path: str) -> None:
    """Make the directory and its parents."""
    with place(root, path, follow=True, make=True) as there:
        with suppress(FileExistsError):
            os.mkdir(there.name, 0o755, dir_fd=there.at)
        if not stat.S_ISDIR(there.status().st_mode):
            raise Conflict(f"{shown(path)} is there and is no directory.")


def rename(root: str, source: str, target: str) -> None:
    """Move a file or directory to ``target``, whose parents are made; a file that is there is replaced."""
    with place(root, source, follow=False) as old:
        old.status()
        with place(root, target, follow=False, make=True) as new:
            in_the_way(old, new, target)
            os.rename(old.name, new.name, src_dir_fd=old.at, dst_dir_fd=new.at)


def in_the_way(old: Spot, new: Spot, target: str) -> None:
    """Raise Conflict unless what is at ``old`` may replace what is at ``new``."""
    is_folder = stat.S_ISDIR(old.status().st_mode)
    with suppress(FileNotFoundError):
        there = stat.S_ISDIR(new.status().st_mode)
        if there or is_folder:
            raise Conflict(f"{shown(target)} is there already, and is {'a' if there else 'no'} directory.")


def remove(root: str, path: str) -> None:
    """Delete a file, a link itself, or a directory with everything in it."""
    with place(root, path, follow=False) as there:
        there.status()
        if there.name == ".":
            raise Denied("The topmost directory cannot be removed.")
        remove_tree(there.itself)


def change_mode(root: str, path: str, mode: int) -> None:
    """Set the permission bits, but for those that lend somebody's rights."""
    with place(root, path, follow=True) as there:
        handle = os.open(there.name, os.O_PATH | os.O_NOFOLLOW, dir_fd=there.at)
        try:
            if stat.S_ISLNK(os.fstat(handle).st_mode):
                raise Conflict(f"{shown(path)} is a link.")
            os.chmod(f"/proc/self/fd/{handle}", mode & MODES)
        finally:
            os.close(handle)
