"""Puts members of archives below a directory. Trusts neither their names nor their sizes, and parses nothing."""

import os
import stat
from dataclasses import dataclass

from dragoman.core.errors import TooLarge
from dragoman.shells.below import create_file, open_folder, shown, told, write_all
from dragoman.shells.folders import Folders
from dragoman.shells.members import Kind, Member, refused
from dragoman.shells.turns import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """What one archive may become at most."""

    bytes: int = 100 << 30
    members: int = 200_000


class Landing:
    """The place where the members of one archive land: an open directory, and what was written there so far.

    No link is followed on the way to a member, also none that the archive itself has put there.
    """

    def __init__(self, root: int, limits: UnpackLimits) -> None:
        self._limits = limits
        self._folders = Folders(root, self._enter)
        self._bytes = self._members = self._made = 0

    def close(self) -> None:
        """Let go of the directories that were kept open."""
        self._folders.close()

    def take(self, member: Member) -> Work[None]:
        """Put the member in place. Later members replace files and links, never directories.

        Raises Invalid, TooLarge beyond the limits, and Unavailable when the disk is full.
        """
        self._members += 1
        self._check(self._members, self._limits.members, "members", "local.unpack_members")
        with told(member.path, writing=True):
            if member.kind is Kind.FOLDER:
                self._folders.reach(member.path)
                return
            parent, _, name = member.path.rpartition("/")
            if not name:
                raise refused(".", f"The working directory itself cannot become a {member.kind.value}.")
            at = os.dup(self._folders.reach(parent))
            try:
                yield from self._put(member, name, at)
            finally:
                os.close(at)

    def _put(self, member: Member, name: str, at: int) -> Work[None]:
        if member.kind is Kind.FILE:
            yield from self._file(member, name, at)
        elif member.kind is Kind.SYMLINK:
            _replaced(name, at)
            os.symlink(member.target, name, dir_fd=at)
        else:
            self._hard_link(member, name, at)

    def _file(self, member: Member, name: str, at: int) -> Work[None]:
        fd = create_file(name, at, member.mode)
        try:
            for chunk in member.chunks:
                self._bytes += len(chunk)
                self._check(self._bytes, self._limits.bytes, "bytes", "local.unpack_bytes")
                write_all(fd, chunk)
                yield
            if member.changed is not None:
                os.utime(fd, (member.changed, member.changed))
        finally:
            os.close(fd)

    def _hard_link(self, member: Member, name: str, at: int) -> None:
        parent, _, old = member.target.rpartition("/")
        beside = self._folders.reach(parent)
        try:
            is_file = stat.S_ISREG(os.stat(old, dir_fd=beside, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            is_file = False
        if not is_file:
            why = f"It is a hard link to {shown(member.target)}, which is no file unpacked before it."
            raise refused(member.path, why)
        if member.target != member.path:
            _replaced(name, at)
            os.link(old, name, src_dir_fd=beside, dst_dir_fd=at, follow_symlinks=False)

    def _enter(self, name: str, at: int) -> int:
        try:
            return open_folder(name, at)
        except FileNotFoundError:
            self._made += 1
            self._check(self._made, self._limits.members, "directories", "local.unpack_members")
            os.mkdir(name, 0o755, dir_fd=at)
            return open_folder(name, at)

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
