"""Long work for a run, given up as soon as somebody wants the run to end."""

import asyncio
from collections.abc import Container, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from dragoman.core.errors import Problem
from dragoman.core.job import Run
from dragoman.core.patience import ended
from dragoman.core.states import Wish
from dragoman.engine.world import World
from dragoman.store import moves

T = TypeVar("T")

LOOK = 1.0
"""Seconds between two looks for a wish."""


async def heeding(world: World, run: Run, work: Coroutine[Any, Any, T], wishes: Container[Wish]) -> T | None:
    """What the work gives; None when it was given up, because one of these wishes came in meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=LOOK))[0]:
            if await _has_come(world, run, wishes):
                return None
        return task.result()
    finally:
        if not task.done():
            await ended([task])
            with suppress(asyncio.CancelledError, Problem):
                task.result()


async def _has_come(world: World, run: Run, wishes: Container[Wish]) -> bool:
    try:
        now = await world.db.read(moves.get_run, run.id)
    except Problem:
        return False  # the work matters more than a look at the wishes
    return now is not None and now.wish is not run.wish and now.wish in wishes
