"""Long work in turns: everybody gets on, and what is given up lets go of everything."""

import asyncio
import threading
import time

import pytest

from dragoman.shells.turns import Turns, Work, finish

pytestmark = pytest.mark.anyio


class Job:
    """Work that takes some steps, or never ends."""

    def __init__(self, steps: int | None = None) -> None:
        self.left, self.done, self.closed_in = steps, 0, ""

    def work(self) -> Work[int]:
        try:
            while self.left is None or self.done < self.left:
                time.sleep(0.001)
                self.done += 1
                yield
        finally:
            self.closed_in = threading.current_thread().name
        return self.done


async def test_the_result_is_what_the_work_returns() -> None:
    """Whether it is done in turns or at once, and however many steps it has."""
    turns = Turns(1)
    assert [0, 5, 100] == [await turns.take(Job(steps).work()) for steps in (0, 5, 100)]
    assert 5 == finish(Job(5).work())


async def test_what_goes_wrong_reaches_who_asked() -> None:
    """And nobody else."""

    def broken() -> Work[None]:
        yield
        raise ZeroDivisionError

    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        await turns.take(broken())
    assert 3 == await turns.take(Job(3).work())


async def test_endless_work_keeps_nobody_waiting() -> None:
    """With one thread and many that never end, a short piece of work ends all the same."""
    turns, endless = Turns(1), [Job() for _ in range(8)]
    tasks = [asyncio.create_task(turns.take(job.work())) for job in endless]
    async with asyncio.timeout(120):
        assert 50 == await turns.take(Job(50).work())
        while not all(job.done for job in endless):
            await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize("waits_for", [0, 3], ids=["under way", "in line"])
async def test_cancelled_work_is_closed_before_its_task_ends(waits_for: int) -> None:
    """In the thread that may block; afterwards nothing more is done, however often it was cancelled."""
    turns, others, job = Turns(1), [Job() for _ in range(waits_for)], Job()
    tasks = [asyncio.create_task(turns.take(one.work())) for one in (*others, job)]
    async with asyncio.timeout(120):
        while not job.done:
            await asyncio.sleep(0.001)
    for _ in range(3):
        tasks[-1].cancel()
        await asyncio.sleep(0)
    await asyncio.wait(tasks[-1:])
    done = job.done
    assert (True, "turns_0") == (tasks[-1].cancelled(), job.closed_in)
    await asyncio.sleep(0.05)
    assert done == job.done
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
