"""The writing end of the local blob store: an async stream in front of one worker thread. Touches no disk itself."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from dragoman.blobs.digest import BLOCK
from dragoman.blobs.incoming import Incoming
from dragoman.core.ports import Stored

T = TypeVar("T")

_AHEAD = 2


async def _ended(job: "Future[T]") -> T:
    # asyncio.wait leaves the job alone when this task is cancelled: it goes on, and later ones still come after it.
    waiter = asyncio.wrap_future(job)
    await asyncio.wait([waiter])
    return waiter.result()


class LocalWriter:
    """Gathers chunks into blocks and hands them to a thread of its own, a few ahead at most."""

    def __init__(self, incoming: Incoming, check_room: Callable[[], None]) -> None:
        self._incoming, self._check_room = incoming, check_room
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload")
        self._gathered = bytearray()
        self._jobs: deque[Future[None]] = deque()
        self._is_over = False

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes; returns when there is room for more. Raises Unavailable when the disk is full."""
        self._gathered += chunk
        if len(self._gathered) >= BLOCK:
            self._jobs.append(self._thread.submit(self._take, self._taken()))
            await self._drain(_AHEAD)

    async def commit(self) -> Stored:
        """Make everything durable under its key."""
        await self._drain(0)
        stored = await _ended(self._thread.submit(self._publish, self._taken()))
        self._is_over = True
        self._thread.shutdown(wait=False)
        return stored

    async def abort(self) -> None:
        """Forget everything written; after ``commit`` it does nothing. May be called more than once."""
        if self._is_over:
            return
        self._is_over = True
        job = self._thread.submit(self._incoming.forget)
        self._thread.shutdown(wait=False)
        await _ended(job)

    def _take(self, block: bytearray) -> None:
        self._check_room()
        self._incoming.take(block)

    def _publish(self, rest: bytearray) -> Stored:
        self._check_room()
        return self._incoming.publish(rest)

    def _taken(self) -> bytearray:
        taken, self._gathered = self._gathered, bytearray()
        return taken

    async def _drain(self, ahead: int) -> None:
        while len(self._jobs) > ahead:
            await _ended(self._jobs[0])
            self._jobs.popleft()
