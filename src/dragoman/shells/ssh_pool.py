"""Keeps one connection for each login, shared by all who use it: opened when needed, closed when idle.

After a failure nothing is tried for a while, so that a host that is down, or a secret that was refused, costs little.
"""

import asyncio
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dragoman.core.errors import Problem, Unavailable
from dragoman.shells.known_hosts import KnownHosts
from dragoman.shells.notes import Forget
from dragoman.shells.ssh_connect import connect
from dragoman.shells.ssh_link import Link
from dragoman.shells.ssh_target import SshLimits, SshTarget


class _Line:
    """What is known of one target: its link, who uses it, how often it has failed, and what files were left by that."""

    def __init__(self) -> None:
        self.link: Link | None = None
        self.opening = asyncio.Lock()
        self.users = 0
        self.resting: asyncio.TimerHandle | None = None
        self.failures = 0
        self.failure: Problem | None = None
        self.not_before = -math.inf
        self.left: dict[str, Forget] = {}

    def wake(self) -> None:
        self.users += 1
        if self.resting is not None:
            self.resting.cancel()
            self.resting = None


class SshPool:
    """The connections of one event loop."""

    def __init__(self, known: KnownHosts, limits: SshLimits | None = None) -> None:
        self._known, self._limits = known, limits or SshLimits()
        self._lines: dict[SshTarget, _Line] = {}

    @asynccontextmanager
    async def borrow(self, target: SshTarget) -> AsyncIterator[Link]:
        """The target's connection, open, for the time of the block. Raises Denied, Unavailable and Broken."""
        line = self._lines.get(target) or self._new_line(target)
        line.wake()
        try:
            async with line.opening:
                link = await self._opened(target, line)
            yield link
        finally:
            line.users -= 1
            if not line.users:
                loop = asyncio.get_running_loop()
                line.resting = loop.call_later(self._limits.idle, self._forget, target, line)

    async def close(self) -> None:
        """Close all connections; what is under way on them ends with Unavailable."""
        links = [line.link for line in self._lines.values() if line.link is not None]
        for line in self._lines.values():
            if line.resting is not None:
                line.resting.cancel()
        self._lines.clear()
        for link in links:
            link.drop()
        for link in links:
            await link.connection.wait_closed()

    async def _opened(self, target: SshTarget, line: _Line) -> Link:
        if line.link is not None and line.link.is_open:
            return line.link
        loop = asyncio.get_running_loop()
        left = line.not_before - loop.time()
        if line.failure is not None and left > 0:
            raise type(line.failure)(line.failure.message, hint=f"It is tried again in {math.ceil(left)} s.")
        try:
            connection = await connect(target, self._known, self._limits)
        except Problem as problem:
            line.failure, line.not_before = problem, loop.time() + self._pause(line.failures)
            line.failures += 1
            raise
        line.failures, line.failure = 0, None
        line.link = Link(connection, target.name, self._limits, line.left)
        if self._lines.get(target) is not line:
            line.link.drop()
            raise Unavailable("The service is being stopped.")
        return line.link

    def _pause(self, failures: int) -> float:
        whole = min(self._limits.longest_pause, self._limits.first_pause * 2.0 ** min(failures, 30))
        return whole * (1 - random.random() / 2)  # noqa: S311 - so that many do not come back at once

    def _new_line(self, target: SshTarget) -> _Line:
        line = self._lines[target] = _Line()
        return line

    def _forget(self, target: SshTarget, line: _Line) -> None:
        """Nobody has used the line for long: neither its connection nor its failures matter any more."""
        if self._lines.get(target) is line:
            del self._lines[target]
        if line.link is not None:
            line.link.connection.close()
