"""Reads and writes many small files over SFTP at once: what costs time is to wait for one answer after another."""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import suppress

import asyncssh

from dragoman.core.errors import Problem
from dragoman.core.ports import Small
from dragoman.shells.notes import Forget, Note, each
from dragoman.shells.paths import checked
from dragoman.shells.pieces import once
from dragoman.shells.ssh_content import close, land, mode_for, temporary_of, tidy
from dragoman.shells.ssh_files import look
from dragoman.shells.ssh_link import Link, block
from dragoman.shells.ssh_streams import incoming, whole

WRITES = 8
"""Files that are written at once: others wait for the same session while the host brings them to its disk."""


async def read(link: Link, paths: Sequence[str], most: int) -> list[Small | None]:
    """The small files among these; see core.ports.Login."""
    with link.told(paths[0] if paths else "/"):
        async with asyncio.timeout(link.silence) as limit, link.carrying() as sftp:
            clock = asyncio.get_running_loop().time

            async def one(path: str) -> Small | None:
                found = await _read(link, sftp, path, most)
                limit.reschedule(clock() + link.silence)
                return found

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(path)) for path in paths]
    return [task.result() for task in tasks]


async def _read(link: Link, sftp: asyncssh.SFTPClient, path: str, most: int) -> Small | None:
    with suppress(Problem), link.told(checked(path)):
        found = await look(sftp, path, follow=True)
        # Opening a FIFO would halt the session for everybody.
        if found.kind != "file" or found.size > most:
            return None
        file = await sftp.open(path, "rb", block_size=0)
        try:
            content = await whole(file, 0, found.size or 1)
        finally:
            await close(file)
        # What claims to be empty may have content all the same, as the files of /proc.
        if len(content) == found.size:
            return Small(content, found.mode)
    return None


async def write(link: Link, files: Mapping[str, Small], *, durable: bool, note: Note) -> Collection[str]:
    """Write these files; see core.ports.Login."""
    temporaries = {path: temporary_of(checked(path)) for path in files}
    forgets = each(list(temporaries.values()), note(list(temporaries.values())))
    todo, written = iter(files.items()), set[str]()

    async def some(sftp: asyncssh.SFTPClient) -> None:
        for path, file in todo:
            names = temporaries[path], path
            with suppress(Problem):
                await _write(link, sftp, names, file, durable=durable, forget=forgets[names[0]])
                written.add(path)

    try:
        with link.told(next(iter(files), "/")):
            async with link.carrying() as sftp:
                async with asyncio.timeout(link.silence):
                    await tidy(sftp, link.left)
                async with asyncio.TaskGroup() as group:
                    for _ in range(WRITES):
                        group.create_task(some(sftp))
    finally:
        for path, _ in todo:
            forgets[temporaries[path]]()
    return written


async def _write(
    link: Link, sftp: asyncssh.SFTPClient, names: tuple[str, str], file: Small, *, durable: bool, forget: Forget
) -> None:
    """Write one of the files. Raises Problems."""
    with link.told(names[1]):
        try:
            async with asyncio.timeout(link.silence):
                mode = await mode_for(sftp, names[1], file.mode)
        except BaseException:
            forget()
            raise
        size = block(sftp.limits.max_write_len)

        def filled(made: asyncssh.SFTPClientFile) -> Awaitable[int]:
            return incoming(made, once(file.content), size, link.silence)

        await land(link, sftp, names, filled, mode, durable=durable, forget=forget)
