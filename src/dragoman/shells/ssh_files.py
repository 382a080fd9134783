"""What SFTP does with one path after another: looks, makes directories, renames. Carries no content."""

import stat

import asyncssh

from dragoman.core.errors import Conflict
from dragoman.core.ports import Facts
from dragoman.shells.below import shown
from dragoman.shells.paths import name_of, parent_of

_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}


def facts_of(name: str, attributes: asyncssh.SFTPAttrs) -> Facts:
    """What the host has told of a path."""
    mode = attributes.permissions or 0
    return Facts(
        name=name,
        kind=_KINDS.get(stat.S_IFMT(mode), "other"),
        size=attributes.size or 0,
        mode=stat.S_IMODE(mode),
        uid=attributes.uid or 0,
        gid=attributes.gid or 0,
        accessed=float(attributes.atime or 0),
        modified=float(attributes.mtime or 0),
    )


async def look(sftp: asyncssh.SFTPClient, path: str, *, follow: bool) -> Facts:
    """What there is at the path. Raises asyncssh's exceptions, as all functions here."""
    return facts_of(name_of(path), await (sftp.stat(path) if follow else sftp.lstat(path)))


async def look_for(sftp: asyncssh.SFTPClient, path: str, *, follow: bool) -> Facts | None:
    """What there is at the path, if anything."""
    try:
        return await look(sftp, path, follow=follow)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return None


async def make_directory(sftp: asyncssh.SFTPClient, path: str) -> None:
    """Make the directory and its parents. Raises Conflict when one of them is something else."""
    missing = []
    while not await _made(sftp, path):
        missing.append(path)
        path = parent_of(path)
    for each in reversed(missing):
        await _made(sftp, each)


async def _made(sftp: asyncssh.SFTPClient, path: str) -> bool:
    """Whether the directory is there now; it is not when its parent is missing. Mostly one question to the host."""
    try:
        await sftp.mkdir(path)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        if path == "/":
            raise
        return False
    except (asyncssh.SFTPFailure, asyncssh.SFTPPermissionDenied):
        # It may have been there, or somebody else has made it in this moment.
        found = await look_for(sftp, path, follow=True)
        if found is None:
            raise
        if found.kind != "dir":
            raise Conflict(f"{shown(path)} is there and is no directory.") from None
    return True


async def rename(sftp: asyncssh.SFTPClient, source: str, target: str) -> bool:
    """Move what is at ``source``; False, and nothing done, when that takes a copy. Raises Conflict, too."""
    moved = await look(sftp, source, follow=False)
    there = await look_for(sftp, target, follow=False)
    check_way(moved, there, target)
    await make_directory(sftp, parent_of(target))
    try:
        await sftp.posix_rename(source, target)
    except asyncssh.SFTPFailure:
        if source_holds(source, target):
            raise
        return False
    return True


def check_way(moved: Facts, there: Facts | None, target: str) -> None:
    """Raise Conflict unless ``moved`` may replace what is at ``target``."""
    if there is not None and (there.kind == "dir" or moved.kind == "dir"):
        what = "a directory" if there.kind == "dir" else "no directory"
        raise Conflict(f"{shown(target)} is there already, and is {what}.")


def source_holds(source: str, target: str) -> bool:
    """Whether ``target`` is ``source`` itself or below it, by their names."""
    return f"{target.rstrip('/')}/".startswith(f"{source.rstrip('/')}/")


async def remove_quietly(sftp: asyncssh.SFTPClient, path: str) -> bool:
    """Delete a file if that can be done; False when the host cannot be told of it now."""
    try:
        await sftp.remove(path)
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        return False
    except asyncssh.SFTPError:
        return True  # it is gone, or nobody can do anything about it
    except (asyncssh.Error, OSError):
        return False
    return True
