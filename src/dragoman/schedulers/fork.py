"""The fork scheduler: each launch is a wrapper process on the service's own host, which outlives the service."""

import asyncio
import os
import signal
import weakref
from collections.abc import Callable, Mapping, Sequence

from dragoman.core.launch import BatchScript, Look
from dragoman.schedulers import evidence, processes
from dragoman.schedulers.evidence import Finding
from dragoman.schedulers.forkclient import PATIENCE, ForkClient

_INSIST = 3.0
"""Seconds that a wrapper has to obey a kill before it is killed itself."""


class _Watched:
    """A living wrapper: its number, a pidfd, and a mark for its end."""

    __slots__ = ("gone", "pid", "pidfd")

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self.pidfd = pidfd
        self.gone = asyncio.Event()


class ForkScheduler:
    """Starts launches through a fork server and is told of every end by the kernel. Use it on one event loop.

    A server that takes longer than ``patience`` seconds for a fork is replaced.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._forks = ForkClient(patience)
        self._watched: dict[str, _Watched] = {}
        self._starting: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._insisting: dict[str, asyncio.Task[None]] = {}
        self._tell: Callable[[str], None] = lambda token: None

    async def open(self) -> None:
        """Start the fork server. Raises Unavailable."""
        await self._forks.open()

    async def close(self) -> None:
        """Let go of everything; what runs goes on."""
        await self._forks.close()
        for task in self._insisting.values():
            task.cancel()
        for token in list(self._watched):
            self._let_go(token)

    def on_end(self, tell: Callable[[str], None]) -> None:
        """Call ``tell(token)`` as soon as a watched launch ends."""
        self._tell = tell

    async def start(self, directory: str, token: str, batch: BatchScript | None = None) -> Mapping[str, object]:
        """Start the launch; the one that an earlier service started under this token is taken over.

        Raises Broken when the directory holds no launch, and Unavailable when no process can be made.
        """
        # Of two wrappers of one token, one that has hardly begun would be taken for dead.
        async with self._starting.setdefault(token, asyncio.Lock()):
            if token not in self._watched:
                forked = await self._forks.fork(directory, token)
                if forked:
                    self._watch(token, *forked)
                else:
                    await self._take_over(directory, token)
        watched = self._watched.get(token)
        return {"pid": watched.pid} if watched else {}

    async def _take_over(self, directory: str, token: str) -> None:
        self._keep(token, await asyncio.to_thread(evidence.find, directory, token))
        if token not in self._watched:
            asyncio.get_running_loop().call_soon(self._tell, token)

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        """Look at many at once; those alive are watched from then on. Raises Unavailable."""
        asked = [(directory, token, token in self._watched) for directory, token, _ in launches]
        findings = await asyncio.to_thread(_look_at, asked)
        for token, finding in findings.items():
            self._keep(token, finding)
        return {token: finding.look for token, finding in findings.items()}

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        """Ask the wrapper for the end; one that does not obey a kill is killed with all it runs. Raises Unavailable."""
        if token not in self._watched:
            self._keep(token, await asyncio.to_thread(evidence.find, directory, token))
        watched = self._watched.get(token)
        if watched is None:
            return
        # A halted wrapper would never hear it.
        for number in (signal.SIGUSR1 if kill else signal.SIGTERM, signal.SIGCONT):
            _signal(watched.pidfd, number)
        if kill and token not in self._insisting:
            task = asyncio.create_task(_insist(watched))
            self._insisting[token] = task
            task.add_done_callback(lambda _: self._insisting.pop(token, None))

    def _keep(self, token: str, finding: Finding) -> None:
        if finding.pidfd is not None:
            self._watch(token, finding.pid, finding.pidfd)

    def _watch(self, token: str, pid: int, pidfd: int) -> None:
        if token in self._watched:
            os.close(pidfd)
            return
        self._watched[token] = _Watched(pid, pidfd)
        asyncio.get_running_loop().add_reader(pidfd, self._ended, token)

    def _ended(self, token: str) -> None:
        self._let_go(token)
        self._tell(token)

    def _let_go(self, token: str) -> None:
        watched = self._watched.pop(token)
        asyncio.get_running_loop().remove_reader(watched.pidfd)
        os.close(watched.pidfd)
        watched.gone.set()


def _look_at(asked: Sequence[tuple[str, str, bool]]) -> dict[str, Finding]:
    return {token: evidence.find(directory, token, watched=watched) for directory, token, watched in asked}


async def _insist(watched: _Watched) -> None:
    pidfd = os.dup(watched.pidfd)
    try:
        async with asyncio.timeout(_INSIST):
            await watched.gone.wait()
    except TimeoutError:
        await asyncio.to_thread(_put_down, watched.pid, pidfd)
    finally:
        os.close(pidfd)


def _put_down(pid: int, pidfd: int) -> None:
    # Halted first, so that it starts nothing more; as long as it is there, all its processes stay below it.
    _signal(pidfd, signal.SIGSTOP)
    processes.destroy(pid)
    _signal(pidfd, signal.SIGKILL)


def _signal(pidfd: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        return
