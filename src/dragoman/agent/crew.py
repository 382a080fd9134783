"""The parts of a node that work side by side: each is begun, watched, and ended in turn."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from dragoman.core.patience import ended

log = logging.getLogger(__name__)

Work = Coroutine[Any, Any, None]


class Crew:
    """Tasks that are ended by a stack, last begun first."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._errands: set[asyncio.Task[None]] = set()
        self.failed = asyncio.Event()
        """Set when a part has ended by itself, which none should."""

    def begin(self, work: Work, name: str, *, until: Callable[[], None] | None = None) -> None:
        """Have a part work until the end; then it is told so by ``until``, or is cancelled."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._has_ended)

        async def end() -> None:
            task.remove_done_callback(self._has_ended)
            if until is None:
                await ended([task])
            else:
                until()
                await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()):
                log.warning("the node's %s failed as it ended: %s", name, error)

        self._stack.push_async_callback(end)

    def send(self, work: Work, name: str) -> None:
        """Have something done beside the rest; that it fails is told, and harms nothing."""
        task = asyncio.create_task(work, name=name)
        self._errands.add(task)
        task.add_done_callback(self._has_done)

    def _has_done(self, task: "asyncio.Task[None]") -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s failed: %s", task.get_name(), error)

    def _has_ended(self, task: "asyncio.Task[None]") -> None:
        """No part ends by itself; were one to, the others must not go on as if it did its work."""
        error = None if task.cancelled() else task.exception()
        log.critical("the node's %s has ended by itself; the node ends too", task.get_name(), exc_info=error)
        self.failed.set()
