"""Whole trees that a job has made as it liked: listed and removed, without recursion and in few descriptors."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import closing, suppress

from dragoman.core.ports import Entry
from dragoman.shells.below import PATH_MAX, WRITABLE, folder, open_folder
from dragoman.shells.folders import Folders

PASSES = 20

_SKIPPED = (FileNotFoundError, NotADirectoryError, PermissionError)


def walk(directory: str) -> list[Entry]:
    """All regular files below the directory, by path; a missing directory has none.

    Directories that vanish meanwhile or belong to somebody else who forbids reading are left out, and so is what lies
    so deep that no program could name it. Raises OSError for anything else.
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
            with suppress(*_SKIPPED):
                pending += _list(folders.reach(path), path, found)
    found.sort(key=lambda entry: entry.path)
    return found


def _list(fd: int, above: str, found: list[Entry]) -> list[str]:
    """Add the directory's files to ``found``; the paths of the directories in it."""
    folders = []
    with os.scandir(fd) as entries:
        for entry in entries:
            path = f"{above}/{entry.name}" if above else entry.name
            if len(path) >= PATH_MAX:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found.append(Entry(path=path, size=status.st_size, changed=status.st_mtime_ns))
    return folders


def remove_tree(path: str) -> None:
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
            _clear(root)
            if _rmdir(path):
                return
    finally:
        os.close(root)
    raise OSError(errno.ENOTEMPTY, "somebody goes on adding to it")


def _clear(root: int) -> None:
    """Delete what is in the directory."""
    folders = list(_folders_left(root))
    while folders:
        folders += _dissolve(folders.pop(), root)


def _dissolve(name: str, root: int) -> list[str]:
    """Remove a directory of ``root``; directories in it move up into ``root``, so that no depth is too deep for us."""
    moved = []
    with suppress(FileNotFoundError, NotADirectoryError):
        fd = open_folder(name, root, bits=WRITABLE)
        try:
            for inner in _folders_left(fd):
                # Moving a directory takes the right to write in it.
                os.close(open_folder(inner, fd, bits=WRITABLE))
                moved.append(secrets.token_hex(12))
                os.rename(inner, moved[-1], src_dir_fd=fd, dst_dir_fd=root)
        finally:
            os.close(fd)
        _rmdir(name, root)
    return moved


def _folders_left(fd: int) -> Iterator[str]:
    """Delete the files and the empty directories in a directory; the names of the others."""
    with os.scandir(fd) as entries:
        names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in names:
        # What changes its kind in this moment is met again in the next pass.
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            if not is_folder:
                os.unlink(name, dir_fd=fd)
            elif not _rmdir(name, fd):
                yield name


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
