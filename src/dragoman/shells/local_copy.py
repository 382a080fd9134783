"""Copies files and whole trees below somebody's directory on this host. Blocks; call it in threads.

Links are copied as links; FIFOs, sockets and devices are left out; modes are kept.
"""

import errno
import os
import shutil
import stat
from contextlib import closing, suppress

from dragoman.core.errors import Conflict
from dragoman.shells.below import PATH_MAX, create_file, make_folder, shown
from dragoman.shells.folders import Folders
from dragoman.shells.inside import Spot
from dragoman.shells.local_files import MODES, in_the_way, opened, place

BLOCK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def copy(root: str, source: str, target: str) -> None:
    """Copy to ``target``, whose parents are made; a directory there gets what it has not, and newer content."""
    with place(root, source, follow=False) as old:
        is_folder = stat.S_ISDIR(old.status().st_mode)
        with place(root, target, follow=False, make=True) as new:
            if _is_same(old, new) or (is_folder and new.parts[: len(old.parts)] == old.parts):
                raise Conflict(f"{shown(source)} cannot be copied into itself.")
            if is_folder:
                _check_folder(new, target)
                _copy_folder(old, new, source)
            else:
                in_the_way(old, new, target)
                _copy_one(old.name, old.at, new.name, new.at)


def _is_same(old: Spot, new: Spot) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(old.status(), new.status())
    return False


def _check_folder(new: Spot, target: str) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(new.status().st_mode):
            raise Conflict(f"{shown(target)} is there already, and is no directory.")


def _copy_folder(old: Spot, new: Spot, source: str) -> None:
    with opened(old, source, _FOLDER) as from_fd:
        to_fd = make_folder(new.name, new.at)
        try:
            _copy_tree(from_fd, to_fd)
        finally:
            os.close(to_fd)


def _copy_tree(source: int, target: int) -> None:
    """Copy what is in one open directory into another, without recursion and in few descriptors."""
    done = [""]
    with closing(Folders(source, _as_it_is)) as sources, closing(Folders(target, make_folder)) as targets:
        for path in done:
            at, to = sources.reach(path), targets.reach(path)
            with os.scandir(at) as names:
                listed = list(names)
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    done.append(_below(path, entry.name))
                else:
                    with suppress(FileNotFoundError):
                        _copy_one(entry.name, at, entry.name, to)
        # Last of all, from below: a directory that may not be written into could not be filled.
        for path in reversed(done):
            os.fchmod(targets.reach(path), stat.S_IMODE(os.fstat(sources.reach(path)).st_mode) & MODES)


def _below(path: str, name: str) -> str:
    # No program could name anything deeper; and who moves the copy into its source must not keep us busy for ever.
    if len(path) + len(name) >= PATH_MAX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    return f"{path}/{name}" if path else name


def _as_it_is(name: str, at: int) -> int:
    return os.open(name, _FOLDER, dir_fd=at)


def _copy_one(name: str, at: int, new_name: str, to: int) -> None:
    """Copy a file or a link; what is at the new name is replaced, never written through."""
    mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        text = os.readlink(name, dir_fd=at)
        with suppress(FileNotFoundError):
            os.unlink(new_name, dir_fd=to)
        os.symlink(text, new_name, dir_fd=to)
    elif stat.S_ISREG(mode):
        source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY, dir_fd=at)
        with os.fdopen(source, "rb") as file, os.fdopen(create_file(new_name, to, 0o600), "wb") as copied:
            if stat.S_ISREG(os.fstat(source).st_mode):
                shutil.copyfileobj(file, copied, BLOCK)
            os.fchmod(copied.fileno(), stat.S_IMODE(mode) & MODES)
