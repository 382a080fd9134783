"""Starts the ``dragoman`` command with faults built in from outside.

    python -m tests.chaos.launcher FAULT[,FAULT] serve --data DIR …

The product has no hooks for this: classes and statements are wrapped here, in the service's own process.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from dragoman.cli import main
from dragoman.core.launch import BatchScript
from dragoman.core.work import Claim
from dragoman.desk import app_copies, packages
from dragoman.engine.loop import Engine
from dragoman.engine.run import commit
from dragoman.schedulers.fork import ForkScheduler
from dragoman.store import queue
from dragoman.store.sqlite import SqliteDb
from dragoman.web.zips import Member

Condition = Callable[..., bool]
"""Whether a write of the store, told by its function and arguments, is the one that is meant."""

for_ever = contextlib.ExitStack()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dying_around(point: Condition, *, done: bool) -> Callable[[], None]:
    """SIGKILL itself when that is to be committed; ``done``: when it is on disk."""

    def build_in() -> None:
        whole = SqliteDb.write

        async def write(self: SqliteDb, fn: Any, *args: Any, **kwargs: Any) -> Any:
            meant = point(fn, *args)
            if meant and not done:
                _die()
            answer = await whole(self, fn, *args, **kwargs)
            if meant:
                _die()
            return answer

        SqliteDb.write = write  # type: ignore[method-assign]

    return build_in


def _dying_in_start(*, done: bool) -> Callable[[], None]:
    """SIGKILL itself instead of the first start, or when it has been made and nobody has heard of it."""

    def build_in() -> None:
        whole = ForkScheduler.start

        async def start(
            self: ForkScheduler, directory: str, token: str, batch: BatchScript | None = None
        ) -> Mapping[str, object]:
            if done:
                await whole(self, directory, token)
            _die()
            return {}

        ForkScheduler.start = start  # type: ignore[method-assign]

    return build_in


def _dying_while_packing() -> None:
    """SIGKILL itself when a part of an archive has been written."""
    whole = packages.zipped  # type: ignore[attr-defined]

    async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
        async for piece in whole(members):
            yield piece
            _die()

    packages.zipped = zipped  # type: ignore[attr-defined]


def _without_the_fence() -> None:
    """Commits no longer ask whether somebody else has claimed the work meanwhile, and nobody ends who has lost it."""
    from tests.store.test_model import without_the_fence

    async def go_on(_: Engine, __: Claim) -> None:
        pass

    Engine._end_former = go_on  # type: ignore[method-assign,assignment]

    for_ever.enter_context(without_the_fence())


def _with_a_late_heartbeat() -> None:
    """Leases are extended some time after they should be, as on a machine that has no time for that thread."""
    whole = SqliteDb.write_now

    def write_now(self: SqliteDb, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if fn is queue.extend:
            time.sleep(0.2)
        return whole(self, fn, *args, **kwargs)

    SqliteDb.write_now = write_now  # type: ignore[method-assign]


def _has_token(fn: Any, *args: Any) -> bool:
    return fn is commit and "token" in args[1].patch


def _is_last(fn: Any, *args: Any) -> bool:
    return fn is commit and bool(args[1].files)


def _is_copy(fn: Any, *_: Any) -> bool:
    return fn is app_copies.add_copy


FAULTS: Mapping[str, Callable[[], None]] = {
    "no-fence": _without_the_fence,
    "late-heartbeat": _with_a_late_heartbeat,
    "before-intent": _dying_around(_has_token, done=False),
    "before-start": _dying_in_start(done=False),
    "after-start": _dying_in_start(done=True),
    "before-last-commit": _dying_around(_is_last, done=False),
    "after-last-commit": _dying_around(_is_last, done=True),
    "while-packing": _dying_while_packing,
    "before-copy": _dying_around(_is_copy, done=False),
    "after-copy": _dying_around(_is_copy, done=True),
}

if __name__ == "__main__":
    for fault in sys.argv.pop(1).split(","):
        FAULTS[fault]()
    main()
