"""Blocking work in threads, for coroutines that own descriptors. Starts no threads of its own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``fn`` in a thread; also when cancelled, it has ended before this does.

    So what it works on can be closed afterwards, and no other thread meets a descriptor that is not its own.
    """
    return await _ended(asyncio.ensure_future(asyncio.to_thread(fn, *args, **kwargs)), lambda _: None)


async def open_in_thread(close: Callable[[T], None], fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``fn`` in a thread for something that must be closed: by the caller, or by us when cancelled meanwhile."""
    return await _ended(asyncio.ensure_future(asyncio.to_thread(fn, *args, **kwargs)), close)


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
