"""Puts members of archives below a directory. Trusts neither their names nor their sizes, and parses nothing."""

import os
import stat
from collections import OrderedDict
from dataclasses import dataclass

from dragoman.core.errors import TooLarge
from dragoman.shells.below import create_file, open_folder, told, write_all
from dragoman.shells.members import Kind, Member, refused

OPEN_FOLDERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """What one archive may become at most."""

    bytes: int = 100 << 30
    members: int = 1_000_000


class Landing:
    """The place where the members of one archive land: an open directory, and what was written there so far.

    It opens every directory on the way to a member without following links, and keeps the last ones open.
    """

    def __init__(self, root: int, limits: UnpackLimits) -> None:
        self._root, self._limits = root, limits
        self._folders: OrderedDict[str, int] = OrderedDict()
        self._bytes = self._members = self._made = 0

    def close(self) -> None:
        """Close the directories that were kept open."""
        for fd in self._folders.values():
            os.close(fd)
        self._folders.clear()

    def take(self, member: Member) -> None:
        """Put the member in place. Later members replace files and links, never directories.

        Raises Invalid, TooLarge beyond the limits, and Unavailable when the disk is full.
        """
        self._members += 1
        self._check(self._members, self._limits.members, "members", "local.unpack_members")
        with told(member.path, writing=True):
            if member.kind is Kind.FOLDER:
                self._folder(member.path)
                return
            parent, _, name = member.path.rpartition("/")
            if not name:
                raise refused(".", f"The working directory itself cannot become a {member.kind.value}.")
            at = os.dup(self._folder(parent))
            try:
                self._put(member, name, at)
            finally:
                os.close(at)

    def _put(self, member: Member, name: str, at: int) -> None:
        if member.kind is Kind.FILE:
            self._file(member, name, at)
        elif member.kind is Kind.SYMLINK:
            _replaced(name, at)
            os.symlink(member.target, name, dir_fd=at)
        else:
            self._hard_link(member, name, at)

    def _file(self, member: Member, name: str, at: int) -> None:
        fd = create_file(name, at, member.mode)
        try:
            for chunk in member.chunks:
                self._bytes += len(chunk)
                self._check(self._bytes, self._limits.bytes, "bytes", "local.unpack_bytes")
                write_all(fd, chunk)
            if member.changed is not None:
                os.utime(fd, (member.changed, member.changed))
        finally:
            os.close(fd)

    def _hard_link(self, member: Member, name: str, at: int) -> None:
        parent, _, old = member.target.rpartition("/")
        beside = self._folder(parent)
        try:
            is_file = stat.S_ISREG(os.stat(old, dir_fd=beside, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            is_file = False
        if not is_file:
            raise refused(member.path, f"It is a hard link to {member.target}, which is no file unpacked before it.")
        if member.target != member.path:
            _replaced(name, at)
            os.link(old, name, src_dir_fd=beside, dst_dir_fd=at, follow_symlinks=False)

    def _folder(self, path: str) -> int:
        """A descriptor of the directory, which is made when it is missing; good until the next call."""
        known, missing = path, []
        while known and known not in self._folders:
            known, _, part = known.rpartition("/")
            missing.append(part)
        fd = self._folders[known] if known else self._root
        if known:
            self._folders.move_to_end(known)
        for part in reversed(missing):
            fd = self._enter(part, fd)
            known = f"{known}/{part}" if known else part
            self._keep(known, fd)
        return fd

    def _enter(self, name: str, at: int) -> int:
        try:
            return open_folder(name, at)
        except FileNotFoundError:
            self._made += 1
            self._check(self._made, self._limits.members, "directories", "local.unpack_members")
            os.mkdir(name, 0o755, dir_fd=at)
            return open_folder(name, at)

    def _keep(self, path: str, fd: int) -> None:
        self._folders[path] = fd
        if len(self._folders) > OPEN_FOLDERS:
            os.close(self._folders.popitem(last=False)[1])

    @staticmethod
    def _check(count: int, limit: int, what: str, setting: str) -> None:
        if count > limit:
            raise TooLarge(f"The archive unpacks to more than {limit} {what} (setting {setting}).")


def _replaced(name: str, at: int) -> None:
    """Make room for a link; raises OSError when a directory is there."""
    try:
        os.unlink(name, dir_fd=at)
    except FileNotFoundError:
        return
