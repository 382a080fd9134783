"""Runs one process of this host to its end: in a session of its own, its output cut, its process group killed."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Done
from dragoman.shells.below import shown

DRAIN_SECONDS = 1.0
"""How long to wait for the end of the output after that of the process: what fled its group may hold it open."""


async def run_process(
    argv: Sequence[str], *, cwd: str, environment: Mapping[str, str], stdin: bytes, seconds: float, limit: int
) -> Done:
    """Run it to its end. Raises Unavailable when it takes longer; it and its process group are killed then."""
    loop = asyncio.get_running_loop()
    try:
        transport, watch = await loop.subprocess_exec(
            lambda: _Watch(limit),
            *argv,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        return Done(code=127, out=b"", err=f"{error.filename!s}: {error.strerror}\n".encode(errors="replace"))
    except OSError as error:
        return Done(code=126, out=b"", err=f"{error}\n".encode(errors="replace"))
    try:
        _feed(transport, stdin)
        async with asyncio.timeout(seconds):
            await watch.exited
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await watch.closed
    except TimeoutError as error:
        what = f"{shown(argv[0])} has not ended within {seconds:g} s."
        raise Unavailable(what, hint="It was killed.") from error
    finally:
        watch.kill()
        transport.close()
    return Done(code=_code(transport), out=bytes(watch.kept[1]), err=bytes(watch.kept[2]))


class _Watch(asyncio.SubprocessProtocol):
    """Keeps the start of what a process writes, and kills what it leaves behind in its group."""

    def __init__(self, limit: int) -> None:
        loop = asyncio.get_running_loop()
        self.exited, self.closed = loop.create_future(), loop.create_future()
        self.kept = {1: bytearray(), 2: bytearray()}
        self._limit, self._group = limit, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._group = cast("asyncio.SubprocessTransport", transport).get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.kept[fd] += data[: self._limit - len(self.kept[fd])]

    def process_exited(self) -> None:
        self.kill()
        _tell(self.exited)

    def connection_lost(self, exc: Exception | None) -> None:
        _tell(self.closed)

    def kill(self) -> None:
        """Kill the process group, once: its number may be somebody else's later."""
        if self._group:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
            if self.exited.done():
                self._group = 0


def _tell(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _feed(transport: asyncio.SubprocessTransport, data: bytes) -> None:
    pipe = cast("asyncio.WriteTransport | None", transport.get_pipe_transport(0))
    if pipe is not None:
        pipe.write(data)
        pipe.write_eof()


def _code(transport: asyncio.SubprocessTransport) -> int:
    code = transport.get_returncode()
    assert code is not None  # noqa: S101 - it has exited
    return code if code >= 0 else 128 - code
