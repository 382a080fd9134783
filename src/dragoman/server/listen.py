"""Runs the front on uvicorn until a signal asks for the end."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from dragoman.core.errors import Conflict, Unavailable
from dragoman.server.heads import BoundedHeads


def bind(host: str, port: int, *, said: str = "--port") -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises a Problem that says what stands in the way.

    ``said`` is where the port was chosen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY; without, each answer waits 40 ms for an acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        kind = Conflict if error.errno == errno.EADDRINUSE else Unavailable
        # Names and addresses that are not this host's have nothing to do with the port.
        is_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        hint = "Choose an address of this host: --host." if is_host else f"Choose another {said}."
        raise kind(f"Cannot listen on {host}:{port}: {error.strerror}.", hint=hint) from error
    sock.listen(2048)
    return sock


class _Server(uvicorn.Server):
    """Tells when it answers, leaves signals to us, and does not tick: ten times a second would not be idle."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_ready = ready
        self._asked_to_end = asyncio.Event()

    def end(self) -> None:
        """Take no more requests."""
        self.should_exit = True
        self._asked_to_end.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell_ready()

    async def main_loop(self) -> None:
        await self._asked_to_end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def listen(served: Sequence[tuple[Any, socket.socket]], *, ready: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or SIGINT; requests in hand get a few seconds to finish.

    Each application answers on a socket; ``ready`` is called when all do.
    """
    waiting = len(served)

    def one_is_ready() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            ready()

    servers = [_Server(_config(app), one_is_ready) for app, _ in served]

    def end() -> None:
        for server in servers:
            server.end()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    await asyncio.gather(*(server.serve(sockets=[sock]) for server, (_, sock) in zip(servers, served, strict=True)))


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=BoundedHeads,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # see heads
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
    )
