"""The service's side of the fork server: starts it, asks it for wrappers, and starts it again when it has died."""

import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
from typing import Any

from dragoman.core.errors import Broken, Unavailable

_PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forkserver.py")
_ATTEMPTS = 3
PATIENCE = 60.0
"""Seconds that the server may take for a fork; one that hangs would keep every run from its start."""


class ForkClient:
    """Asks one fork server, in order and many at once."""

    def __init__(self, patience: float) -> None:
        self._line: _Line | None = None
        self._opening = asyncio.Lock()
        self._patience = patience

    async def fork(self, directory: str, token: str) -> tuple[int, int] | None:
        """A new wrapper for this launch: its process number and a pidfd; None when it was started before.

        Raises Broken when the directory holds no launch, and Unavailable when no process can be made.
        """
        for _ in range(_ATTEMPTS):
            try:
                return await (await self._connected()).ask(directory, token, self._patience)
            except ConnectionError:
                continue  # asking twice is safe: the wrapper's guard lets only one of them run
        raise Unavailable(
            "The fork server dies again and again.", hint="See the service's error output for its reason."
        )

    async def open(self) -> None:
        """Start the server unless it is there. Raises Unavailable when it cannot be started."""
        await self._connected()

    async def _connected(self) -> "_Line":
        async with self._opening:
            if self._line is None or self._line.broken:
                if self._line:
                    await self._line.close()
                self._line = await _start()
            return self._line

    async def close(self) -> None:
        """End the server; wrappers go on."""
        if self._line:
            await self._line.close()
            self._line = None


class _Line:
    """One fork server and the socket to it."""

    def __init__(self, server: subprocess.Popen[bytes], end: socket.socket) -> None:
        self.broken = False
        self._server = server
        self._end = end
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[tuple[int, int] | None]] = {}
        self._sending = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._hear)

    async def ask(self, directory: str, token: str, patience: float) -> tuple[int, int] | None:
        """What the server answers. Raises ConnectionError when it does not in time, or is gone."""
        number = next(self._numbers)
        request = json.dumps({"number": number, "directory": directory, "token": token}).encode()
        answer: asyncio.Future[tuple[int, int] | None] = self._loop.create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(patience):
                async with self._sending:
                    await self._loop.sock_sendall(self._end, request)
                return await answer
        except OSError as problem:  # no answer in time is one, too
            self._waiting.pop(number, None)
            self._break()
            raise ConnectionResetError("the fork server is gone") from problem
        finally:
            self._waiting.pop(number, None)

    def _hear(self) -> None:
        while not self.broken:
            try:
                message, pidfds, _, _ = socket.recv_fds(self._end, 1 << 16, 1, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if message:
                self._settle(json.loads(message), pidfds)
            else:
                self._break()

    def _settle(self, reply: dict[str, Any], pidfds: list[int]) -> None:
        answer = self._waiting.pop(reply["number"], None)
        if answer is None or answer.done():
            for pidfd in pidfds:
                os.close(pidfd)
        elif problem := reply.get("problem"):
            answer.set_exception(Broken(problem))
        elif trouble := reply.get("trouble"):
            answer.set_exception(Unavailable(f"No process can be made for the run: {trouble}"))
        else:
            answer.set_result((reply["pid"], pidfds[0]) if pidfds else None)

    def _break(self) -> None:
        self.broken = True
        self._loop.remove_reader(self._end)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the fork server is gone"))

    async def close(self) -> None:
        self._break()
        self._end.close()
        await asyncio.to_thread(_see_off, self._server)


async def _start() -> _Line:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    try:
        server = await asyncio.to_thread(_spawn, theirs)
    except OSError as problem:
        ours.close()
        raise Unavailable(f"The fork server cannot be started: {problem}") from problem
    finally:
        theirs.close()
    return _Line(server, ours)


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    # The service's own variables may hold secrets, and steps get exactly what they are given.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-S", "-E", "-X", "utf8", _PROGRAM, str(theirs.fileno())],
        pass_fds=(theirs.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**kept, "PATH": os.defpath, "LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )


def _see_off(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
