"""Reads and writes whole files over SFTP: written under a temporary name, then renamed. Looks at nothing else."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress

import asyncssh

from dragoman.core.errors import Conflict
from dragoman.shells.below import shown
from dragoman.shells.notes import Forget, Note
from dragoman.shells.paths import parent_of
from dragoman.shells.ssh_files import look, look_for, make_directory, remove_quietly
from dragoman.shells.ssh_link import Link, block
from dragoman.shells.ssh_streams import WINDOW, incoming, outgoing

SYNC_SECONDS = 600.0
"""How long a host may take to bring a file to its disk."""
_CLOSE_SECONDS = 10.0
_ENDLESS = 1 << 62


async def read(link: Link, path: str, offset: int, length: int | None) -> AsyncGenerator[bytes, None]:
    """The bytes of a plain file, as long as it is now. Raises Problems."""
    with link.told(path):
        async with asyncio.timeout(link.silence):
            sftp = await link.files()
            found = await look(sftp, path, follow=True)
            # Opening a FIFO would halt the session for everybody.
            if found.kind != "file":
                raise Conflict(f"{shown(path)} is no plain file.")
            file = await sftp.open(path, "rb", block_size=0)
        try:
            end = min(found.size or _ENDLESS, _ENDLESS if length is None else offset + length)
            # What claims to be empty may have content all the same, as the files of /proc: it is felt for.
            window = WINDOW if found.size else 1
            size = block(sftp.limits.max_read_len)
            async with aclosing(outgoing(file, offset, end, size, link.silence, window=window)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            await close(file)


async def write(
    link: Link, path: str, pieces: AsyncIterator[bytes], mode: int | None, *, durable: bool, note: Note
) -> int:
    """Write a file whole or not at all; how many bytes. Raises Problems."""
    with link.told(path):
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(link.silence):
                sftp = await stack.enter_async_context(link.carrying())
                await tidy(sftp, link.left)
                mode = await mode_for(sftp, path, mode)
            temporary = temporary_of(path)
            forget = note([temporary])

            def filled(file: asyncssh.SFTPClientFile) -> Awaitable[int]:
                return incoming(file, pieces, block(sftp.limits.max_write_len), link.silence)

            return await land(link, sftp, (temporary, path), filled, mode, durable=durable, forget=forget)


def temporary_of(path: str) -> str:
    """What a file is called until it is whole."""
    return f"{parent_of(path).rstrip('/')}/.{secrets.token_hex(8)}.part"


async def mode_for(sftp: asyncssh.SFTPClient, path: str, wanted: int | None) -> int | None:
    """The permission bits for a file; without a wish those of the one that it replaces. Raises Conflict."""
    old = await look_for(sftp, path, follow=False)
    if old is not None and old.kind not in ("file", "link"):
        raise Conflict(f"{shown(path)} is there already, and is no plain file.")
    return old.mode if wanted is None and old is not None and old.kind == "file" else wanted


async def land(
    link: Link,
    sftp: asyncssh.SFTPClient,
    names: tuple[str, str],
    fill: Callable[[asyncssh.SFTPClientFile], Awaitable[int]],
    mode: int | None,
    *,
    durable: bool,
    forget: Forget,
) -> int:
    """Make a file, have it filled, and give it the second of its names. Raises asyncssh's exceptions."""
    temporary, path = names
    try:
        async with asyncio.timeout(link.silence):
            file = await _created(sftp, temporary, mode)
        count = await _filled(file, fill(file), mode, durable=durable)
        async with asyncio.timeout(link.silence):
            await sftp.posix_rename(temporary, path)
    except BaseException:
        link.left[temporary] = forget
        with suppress(TimeoutError):
            async with asyncio.timeout(link.silence):
                await tidy(sftp, link.left)
        raise
    forget()
    return count


async def tidy(sftp: asyncssh.SFTPClient, left: dict[str, Forget]) -> None:
    """Remove half files, what can be removed: those of a connection that died wait for the next one."""
    for path in sorted(left):
        if (forget := left.pop(path, None)) is None:  # it is in hand, and nobody else's business
            continue
        is_gone = False
        try:
            is_gone = await remove_quietly(sftp, path)
        finally:
            if not is_gone:
                left[path] = forget
        if not is_gone:
            return
        forget()


async def _created(sftp: asyncssh.SFTPClient, path: str, mode: int | None) -> asyncssh.SFTPClientFile:
    """A new file, in directories that are made when they are missing."""
    attributes = asyncssh.SFTPAttrs() if mode is None else asyncssh.SFTPAttrs(permissions=mode)
    try:
        return await sftp.open(path, "xb", attributes, block_size=0)
    except asyncssh.SFTPNoSuchFile:
        await make_directory(sftp, parent_of(path))
        return await sftp.open(path, "xb", attributes, block_size=0)


async def _filled(file: asyncssh.SFTPClientFile, filling: Awaitable[int], mode: int | None, *, durable: bool) -> int:
    """Fill the file, bring it to the disk where that is wanted and the host can do it, and close it."""
    try:
        count = await filling
        async with asyncio.timeout(SYNC_SECONDS):
            if mode is not None:
                await file.chmod(mode)
            if durable:
                with suppress(asyncssh.SFTPOpUnsupported):
                    await file.fsync()
    except asyncssh.SFTPFailure as error:
        # What else OpenSSH may mean by this is told when the file is created.
        raise asyncssh.SFTPNoSpaceOnFilesystem(error.reason) from error
    finally:
        await close(file)
    return count


async def close(file: asyncssh.SFTPClientFile) -> None:
    """Close the file; a host that is gone has closed it, too."""
    with suppress(asyncssh.Error, OSError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await file.close()
