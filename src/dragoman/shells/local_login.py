"""A login on the service's own host, to which one directory is the whole world. Decides nothing about confinement."""

import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

from dragoman.core.errors import NotFound
from dragoman.core.ports import Done, Facts, Small
from dragoman.shells import local_bundle, local_files
from dragoman.shells.arguments import checked
from dragoman.shells.local_copy import copy
from dragoman.shells.local_draft import Draft
from dragoman.shells.local_run import run_process
from dragoman.shells.notes import Note, unnoted
from dragoman.shells.pieces import blocks
from dragoman.shells.threads import in_thread, open_in_thread

BLOCK = 1 << 20
"""So much is read or written in one go: fewer hops to a thread, little memory."""
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C"}

Wrap = Callable[[Sequence[str]], Sequence[str]]
"""Turns a command into the one that runs it confined, and for which the directory is ``/``, too."""


class LocalLogin:
    """Somebody's directory on this host as if it were a host; core.ports.Login says what each verb promises.

    No path and no link leads outside of it. Renaming onto a link, or writing a file there, replaces the link.
    Parents of targets are made. ``check_room`` raises Unavailable when no file is to be written now.
    """

    def __init__(
        self,
        root: str,
        wrap: Wrap,
        environment: Mapping[str, str] | None = None,
        *,
        check_room: Callable[[], None] = lambda: None,
        note: Note = unnoted,
    ) -> None:
        self._root, self._wrap, self._check_room, self._note = root, wrap, check_room, note
        self._environment = ENVIRONMENT if environment is None else environment

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Run a command; at its end, and when it takes too long, its whole process group is killed."""
        wrapped = self._wrap(checked(argv))
        if not os.path.isdir(self._root):
            raise NotFound("There is no directory for this login.")
        return await run_process(
            wrapped, cwd=self._root, environment=self._environment, stdin=stdin, seconds=seconds, limit=limit
        )

    async def facts(self, path: str, *, follow: bool = True) -> Facts:
        """What there is at the path; with ``follow``, at the end of its links."""
        return await in_thread(local_files.facts, self._root, path, follow=follow)

    async def entries(self, path: str) -> list[Facts]:
        """What a directory holds, links not followed, in no order. Raises Conflict when it is none."""
        return await in_thread(local_files.entries, self._root, path)

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a plain file. Raises Conflict when it is none."""
        fd = await open_in_thread(os.close, local_files.open_to_read, self._root, path)
        try:
            while length is None or length > 0:
                with local_files.told(path):
                    piece = await in_thread(os.pread, fd, BLOCK if length is None else min(BLOCK, length), offset)
                if not piece:
                    return
                yield piece
                offset += len(piece)
                length = None if length is None else length - len(piece)
        finally:
            os.close(fd)

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Write a file whole or not at all; until then it is ``.….part`` in the same directory."""
        await in_thread(self._check_room)
        draft = await open_in_thread(Draft.close, Draft, self._root, path, mode, self._note)
        try:
            count = 0
            async for block in blocks(pieces, BLOCK):
                await in_thread(self._add, draft, block)
                count += len(block)
            await in_thread(draft.publish, durable=durable)
        finally:
            await in_thread(draft.close)
        return count

    def _add(self, draft: Draft, block: bytes) -> None:
        self._check_room()
        draft.write(block)

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        """Small plain files, all in one go."""
        return await in_thread(local_bundle.read, self._root, paths, most)

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        """Write small files, each whole or not at all, in one go; none where there is no room."""
        await in_thread(self._check_room)
        return await in_thread(local_bundle.write, self._root, files, self._note, durable=durable)

    async def make_directory(self, path: str) -> None:
        """Make the directory and its parents; one that is there is no error."""
        await in_thread(local_files.make_directory, self._root, path)

    async def rename(self, source: str, target: str) -> None:
        """Move a file or directory; what is at ``target`` is replaced if it is a file."""
        await in_thread(local_files.rename, self._root, source, target)

    async def copy(self, source: str, target: str) -> None:
        """Copy; a directory that is there gets what it has not, and newer content."""
        await in_thread(copy, self._root, source, target)

    async def remove(self, path: str) -> None:
        """Delete a file, a link itself, or a directory with everything in it, whatever its modes are."""
        await in_thread(local_files.remove, self._root, path)

    async def abandon(self, path: str, since: float, until: float) -> None:
        """Remove the file under its temporary name."""
        await self.remove(path)

    async def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits, at the end of links; those that lend somebody's rights are left out."""
        await in_thread(local_files.change_mode, self._root, path, mode)
