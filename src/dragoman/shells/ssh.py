"""The login to a host behind SSH: commands in sessions of their own, files by SFTP, all on one shared connection."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager

import asyncssh

from dragoman.core.errors import Conflict, Unavailable
from dragoman.core.ports import Done, Facts, Small
from dragoman.shells import ssh_bundle, ssh_content, ssh_files
from dragoman.shells.below import shown
from dragoman.shells.notes import Note, unnoted
from dragoman.shells.paths import checked, parent_of
from dragoman.shells.ssh_commands import execute, shell_text
from dragoman.shells.ssh_errors import complaint
from dragoman.shells.ssh_pool import SshPool
from dragoman.shells.ssh_target import SshTarget

TREE_SECONDS = 3600.0
"""How long copying or deleting a whole tree may take."""


class SshLogin:
    """An account on a host behind SSH; core.ports.Login says what each verb promises.

    Renaming onto a link, or writing a file there, replaces the link. Copies keep modes and links.
    Parents of targets are made.
    """

    def __init__(self, pool: SshPool, target: SshTarget, note: Note = unnoted) -> None:
        self._pool, self._target, self._note = pool, target, note

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Run a command; one that takes too long is killed, with its process group (by OpenSSH 7.9 and newer)."""
        text = shell_text(argv)
        async with self._pool.borrow(self._target) as link:
            try:
                async with asyncio.timeout(seconds), link.commands:
                    with link.told(argv[0]):
                        return await execute(link.connection, text, stdin, limit)
            except TimeoutError as error:
                what = f"{shown(argv[0])} on {link.name} has not ended within {seconds:g} s."
                raise Unavailable(what, hint="The host was told to kill it.") from error

    async def facts(self, path: str, *, follow: bool = True) -> Facts:
        """What there is at the path; with ``follow``, at the end of its links."""
        async with self._files(path) as sftp:
            return await ssh_files.look(sftp, path, follow=follow)

    async def entries(self, path: str) -> list[Facts]:
        """What a directory holds, links not followed, in no order. Raises Conflict when it is none."""
        async with self._files(path) as sftp:
            try:
                names = await sftp.readdir(path)
            except asyncssh.SFTPNoSuchFile:
                # So it is told for what is no directory, too.
                await ssh_files.look(sftp, path, follow=True)
                raise Conflict(f"{shown(path)} is no directory.") from None
        named = ((str(name.filename), name.attrs) for name in names)
        return [ssh_files.facts_of(name, attributes) for name, attributes in named if name not in (".", "..")]

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a plain file, as long as it is when it is opened. Raises Conflict when it is none."""
        checked(path)
        async with (
            self._pool.borrow(self._target) as link,
            aclosing(ssh_content.read(link, path, offset, length)) as pieces,
        ):
            async for piece in pieces:
                yield piece

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Write a file whole or not at all; until then it is ``.….part`` in the same directory."""
        checked(path)
        async with self._pool.borrow(self._target) as link:
            return await ssh_content.write(link, path, pieces, mode, durable=durable, note=self._note)

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        """Small plain files, with many requests under way at once."""
        async with self._pool.borrow(self._target) as link:
            return await ssh_bundle.read(link, paths, most)

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        """Write small files, each whole or not at all, with many requests under way at once."""
        async with self._pool.borrow(self._target) as link:
            return await ssh_bundle.write(link, files, durable=durable, note=self._note)

    async def make_directory(self, path: str) -> None:
        """Make the directory and its parents; one that is there is no error."""
        async with self._files(path) as sftp:
            await ssh_files.make_directory(sftp, path)

    async def rename(self, source: str, target: str) -> None:
        """Move a file or directory, also to another disk; what is at ``target`` is replaced if it is a file."""
        checked(target)
        async with self._files(source) as sftp:
            moved = await ssh_files.rename(sftp, source, target)
        if not moved:
            await self._do(["mv", "-f", "-T", "--", source, target], source)

    async def copy(self, source: str, target: str) -> None:
        """Copy on the host itself; a directory that is there gets what it has not, and newer content."""
        checked(target)
        async with self._files(source) as sftp:
            copied = await ssh_files.look(sftp, source, follow=False)
            there = await ssh_files.look_for(sftp, target, follow=False)
            if copied.kind == "dir":
                if ssh_files.source_holds(source, target):
                    raise Conflict(f"{shown(source)} cannot be copied into itself.")
                if there is not None and there.kind == "dir":
                    there = None
            if there is not None:
                ssh_files.check_way(copied, there, target)
            await ssh_files.make_directory(sftp, parent_of(target))
        argv = ["cp", "-R", "-P", "-T", "--preserve=mode", "--remove-destination", "--", source, target]
        await self._do(argv, source)

    async def remove(self, path: str) -> None:
        """Delete a file, a link itself, or a directory with everything in it."""
        async with self._files(path) as sftp:
            if (await ssh_files.look(sftp, path, follow=False)).kind != "dir":
                await sftp.remove(path)
                return
        await self._do(["rm", "-r", "-f", "--", path], path)

    async def abandon(self, path: str, since: float, until: float) -> None:
        """Remove the file under its temporary name."""
        await self.remove(path)

    async def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits, at the end of links."""
        async with self._files(path) as sftp:
            await sftp.chmod(path, mode)

    @asynccontextmanager
    async def _files(self, path: str) -> AsyncIterator[asyncssh.SFTPClient]:
        """The connection's session for files, for one quick verb about ``path``."""
        checked(path)
        async with self._pool.borrow(self._target) as link:
            with link.told(path):
                async with asyncio.timeout(link.silence):
                    yield await link.files()

    async def _do(self, argv: Sequence[str], path: str) -> None:
        """Run a command of the system's own about ``path``. Raises the Problem that it complains of."""
        done = await self.run(["env", "LC_ALL=C", *argv], seconds=TREE_SECONDS, limit=1 << 12)
        if done.code != 0:
            raise complaint(path, done.err.decode(errors="replace"))
