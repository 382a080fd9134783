"""Does what takes long beside the event loop, so that others are answered meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LARGE = 64 << 10
"""Texts of more bytes than this take long."""

# Only one: it competes with the loop for the interpreter, and what it works on is in memory.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="aside")


async def aside(size: int, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``fn`` makes of something with so many bytes; when these are many, others are answered meanwhile."""
    if size <= LARGE:
        return fn(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: fn(*args, **kwargs))
