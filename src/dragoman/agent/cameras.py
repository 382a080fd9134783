"""Simulated cameras: pictures and endless videos over HTTP on the loopback address, as cameras on a network have them.

A node without hardware has them, so that plugins that take pictures can be tried.
"""

import asyncio
import logging
import time
from contextlib import suppress
from urllib.parse import unquote

from dragoman.agent.pictures import HEADER, frame, png

log = logging.getLogger(__name__)

FRAMES = 5
"""In a second."""
MOST_HEAD = 1 << 14
_PATIENCE = 10.0


class Cameras:
    """Serves every name: ``/NAME.png`` is a picture of now, ``/NAME.y4m`` a video that never ends."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._watched: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Serve on a free port; the address below which cameras are found."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MOST_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Serve no longer."""
        if self._server:
            self._server.close()
        for task in self._watched:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of a server runs in one
        self._watched.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                await _answer(head, writer)
        except asyncio.CancelledError:
            log.debug("a camera was switched off while somebody looked")
        finally:
            self._watched.discard(task)
            writer.close()


async def _answer(head: bytes, writer: asyncio.StreamWriter) -> None:
    words = head.split(b"\r\n", 1)[0].split(b" ")
    path = unquote(words[1].decode(errors="replace")).partition("?")[0] if len(words) == 3 else ""
    if path.endswith(".png"):
        body = png(time.time())
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await writer.drain()
    elif path.endswith(".y4m"):
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: video/x-yuv4mpeg\r\n\r\n" + HEADER)
        while True:
            writer.write(frame(time.time()))
            await writer.drain()
            await asyncio.sleep(1 / FRAMES)
    else:
        writer.write(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
