"""Runs one command on an open SSH connection. The only place where an argument list becomes a shell's text."""

import asyncio
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import asyncssh

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Done
from dragoman.shells.arguments import checked

_Process = asyncssh.SSHClientProcess[bytes]

CHUNK = 1 << 16

# OpenSSH goes on counting a session for a moment after its end, and refuses the next one so long.
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)
FULL = (asyncssh.OPEN_CONNECT_FAILED, asyncssh.OPEN_RESOURCE_SHORTAGE)


def shell_text(argv: Sequence[str]) -> bytes:
    """The argument list as text for the account's login shell, in which it means just these arguments.

    Messages come in plain English (LANG=C) unless the account sets LC_ALL. Raises Invalid for what no command can be.
    """
    checked(argv)
    return ("exec env LANG=C " + " ".join(map(shlex.quote, argv))).encode("utf-8", "surrogateescape")


async def execute(connection: asyncssh.SSHClientConnection, text: bytes, stdin: bytes, limit: int) -> Done:
    """Run the text to its end; what goes beyond ``limit`` is read and forgotten. When cancelled, the command is killed.

    Raises asyncssh's exceptions.
    """
    process = await _started(connection, text)
    flows = [
        asyncio.ensure_future(_feed(process.stdin, stdin)),
        out := asyncio.ensure_future(_head(process.stdout, limit)),
        err := asyncio.ensure_future(_head(process.stderr, limit)),
    ]
    try:
        await asyncio.gather(*flows)
        await process.wait_closed()
    except BaseException:
        for flow in flows:
            flow.cancel()
        _kill(process)
        raise
    return Done(code=_code(process), out=out.result(), err=err.result())


async def _started(connection: asyncssh.SSHClientConnection, text: bytes) -> _Process:
    for pause in PAUSES:
        try:
            return await _opened(connection, text)
        except asyncssh.ChannelOpenError as error:
            if error.code not in FULL:
                raise
        await asyncio.sleep(pause)
    return await _opened(connection, text)


async def _opened(connection: asyncssh.SSHClientConnection, text: bytes) -> _Process:
    # asyncssh sends bytes as they are, although its types do not say so; a str would have to be UTF-8.
    opening = asyncio.ensure_future(connection.create_process(cast("str", text), encoding=None))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        # Who leaves in this moment must not leave a session open: the host allows few.
        opening.add_done_callback(_discard)
        raise


def _discard(opening: asyncio.Future[_Process]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _kill(opening.result())


def _kill(process: _Process) -> None:
    with suppress(OSError):
        process.kill()
    process.close()


async def _feed(stream: Any, data: bytes) -> None:
    # A command need not read what it is given.
    with suppress(BrokenPipeError):
        if data:
            stream.write(data)
            await stream.drain()
        stream.write_eof()


async def _head(stream: Any, limit: int) -> bytes:
    kept = bytearray()
    while chunk := await stream.read(CHUNK):
        kept += chunk[: limit - len(kept)]
    return bytes(kept)


def _code(process: _Process) -> int:
    if process.exit_signal is not None:
        return 128 + getattr(signal, f"SIG{process.exit_signal[0]}", signal.SIGKILL)
    if process.exit_status is None:
        raise Unavailable("The connection was lost before the command's end was known.", hint="Look what it has done.")
    return process.exit_status
