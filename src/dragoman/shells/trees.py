"""Whole trees that a job has made as it liked: listed and removed, without recursion and in few descriptors."""

import errno
import os
import secrets
import stat
from contextlib import closing, suppress
from itertools import islice

from dragoman.core.errors import TooLarge
from dragoman.core.ports import Entry
from dragoman.shells.below import PATH_MAX, WRITABLE, folder, open_folder
from dragoman.shells.folders import Folders
from dragoman.shells.turns import Work, finish

PASSES = 20
STRIDE = 1000
"""So many names are handled between two pauses."""

_SKIPPED = (FileNotFoundError, NotADirectoryError, PermissionError)


def walk(directory: str, *, most: int | None = None) -> Work[list[Entry]]:
    """All regular files below the directory, by path; a missing directory has none.

    Directories that vanish meanwhile or belong to somebody else who forbids reading are left out, and so is what lies
    so deep that no program could name it. Raises TooLarge beyond ``most`` files or directories, and OSError for
    anything else.
    """
    found: list[Entry] = []
    pending = [""]
    with (
        suppress(FileNotFoundError, NotADirectoryError),
        folder(directory) as root,
        # A deep tree must neither use up the service's descriptors nor be entered from the top again and again.
        closing(Folders(root)) as folders,
    ):
        while pending:
            path = pending.pop()
            with suppress(*_SKIPPED), os.scandir(folders.reach(path)) as entries:
                while batch := list(islice(entries, STRIDE)):
                    for entry in batch:
                        _take(entry, path, found, pending)
                    _check(most, len(found), "files")
                    _check(most, len(pending), "directories")
                    yield
    found.sort(key=lambda entry: entry.path)
    return found


def _take(entry: "os.DirEntry[str]", above: str, found: list[Entry], pending: list[str]) -> None:
    """Add a file to ``found`` or the path of a directory to ``pending``."""
    path = f"{above}/{entry.name}" if above else entry.name
    if len(path) >= PATH_MAX:
        return
    if entry.is_dir(follow_symlinks=False):
        pending.append(path)
    elif entry.is_file(follow_symlinks=False):
        with suppress(FileNotFoundError):
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.append(Entry(path=path, size=status.st_size, changed=status.st_mtime_ns))


def _check(most: int | None, count: int, what: str) -> None:
    if most is not None and count > most:
        raise TooLarge(f"There are more than {most} {what}.")


def remove_tree(path: str) -> None:
    """``removal``, all at once."""
    finish(removal(path))


def removal(path: str) -> Work[None]:
    """Delete whatever is at ``path``, and everything below when it is a directory; a missing one is no error.

    Raises OSError when somebody goes on adding to it.
    """
    try:
        root = open_folder(path, bits=WRITABLE)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        os.unlink(path)
        return
    try:
        for _ in range(PASSES):
            yield from _clear(root)
            if _rmdir(path):
                return
    finally:
        os.close(root)
    raise OSError(errno.ENOTEMPTY, "somebody goes on adding to it")


def _clear(root: int) -> Work[None]:
    """Delete what is in the directory."""
    folders = yield from _folders_left(root)
    while folders:
        folders += yield from _dissolve(folders.pop(), root)


def _dissolve(name: str, root: int) -> Work[list[str]]:
    """Remove a directory of ``root``; directories in it move up into ``root``, so that no depth is too deep for us."""
    moved = []
    with suppress(FileNotFoundError, NotADirectoryError):
        fd = open_folder(name, root, bits=WRITABLE)
        try:
            for inner in (yield from _folders_left(fd)):
                # Moving a directory takes the right to write in it.
                os.close(open_folder(inner, fd, bits=WRITABLE))
                moved.append(secrets.token_hex(12))
                os.rename(inner, moved[-1], src_dir_fd=fd, dst_dir_fd=root)
        finally:
            os.close(fd)
        _rmdir(name, root)
    return moved


def _folders_left(fd: int) -> Work[list[str]]:
    """Delete the files and the empty directories in a directory; the names of the others."""
    left = []
    with os.scandir(fd) as entries:
        while batch := list(islice(entries, STRIDE)):
            left += [entry.name for entry in batch if not _is_deleted(entry, fd)]
            yield
    return left


def _is_deleted(entry: "os.DirEntry[str]", fd: int) -> bool:
    """Delete a file or an empty directory; False for a directory that holds something."""
    # What changes its kind in this moment is met again in the next pass.
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if entry.is_dir(follow_symlinks=False):
            return _rmdir(entry.name, fd)
        os.unlink(entry.name, dir_fd=fd)
    return True


def _rmdir(name: str, at: int | None = None) -> bool:
    """Remove a directory; False when it is not empty."""
    try:
        os.rmdir(name, dir_fd=at)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True
