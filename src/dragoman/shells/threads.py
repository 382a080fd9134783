"""Blocking work in threads of its own, for coroutines that own descriptors: people's work keeps no run waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

MOST = 16

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = ThreadPoolExecutor(MOST, thread_name_prefix="login")


async def in_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``fn`` in a thread; also when cancelled, it has ended before this does.

    So what it works on can be closed afterwards, and no other thread meets a descriptor that is not its own.
    """
    return await _ended(_begun(partial(fn, *args, **kwargs)), lambda _: None)


async def open_in_thread(close: Callable[[T], None], fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``fn`` in a thread for something that must be closed: by the caller, or by us when cancelled meanwhile."""
    return await _ended(_begun(partial(fn, *args, **kwargs)), close)


def _begun(call: Callable[[], T]) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(_THREADS, call)


async def _ended(work: asyncio.Future[T], close: Callable[[T], None]) -> T:
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if work.exception() is None:
            close(work.result())
        raise
