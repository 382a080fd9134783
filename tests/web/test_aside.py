"""What takes long is done beside the event loop, and what does not is done at once."""

import asyncio
import threading

import pytest

from dragoman.web.aside import LARGE, aside

pytestmark = pytest.mark.anyio


async def test_the_loop_goes_on_while_something_large_is_worked_on() -> None:
    """The work ends only after the loop has done something else."""
    told = threading.Event()
    working = asyncio.create_task(aside(LARGE + 1, told.wait, timeout=20))
    await asyncio.sleep(0)
    told.set()
    assert await working


async def test_something_small_is_done_at_once() -> None:
    """On the loop's own thread."""
    assert threading.get_ident() == await aside(LARGE, threading.get_ident)


@pytest.mark.parametrize("size", [0, LARGE + 1])
async def test_a_fault_comes_through(size: int) -> None:
    """As if there were no thread."""
    with pytest.raises(ZeroDivisionError):
        await aside(size, lambda: 1 // 0)
