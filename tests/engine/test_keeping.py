"""What may take long: outputs that are kept slowly, inputs, and hosts that cannot be asked. How it is given up."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.launch import Look
from dragoman.core.ports import BlobStore, Stored
from dragoman.core.states import Cause, RunState, Wish
from dragoman.schedulers.fork import ForkScheduler
from dragoman.shells import LocalShell, UnpackLimits
from tests.engine.house import DOOR, bench
from tests.engine.test_runs import outputs

pytestmark = [pytest.mark.anyio, pytest.mark.slow]  # each starts real runs

MANY = "echo said; for i in {1..50}; do echo $i > f$i; done"
"""So many outputs that keeping them is shown."""


class Slow(LocalShell):
    """A shell that keeps single files at once, and many when it is let; it counts what it has kept."""

    def __init__(self) -> None:
        super().__init__(UnpackLimits())
        self.let = asyncio.Event()

    async def collect(
        self, directory: str, wanted: Sequence[tuple[str, str]], blobs: BlobStore, *, most: int | None = None
    ) -> list[Stored]:
        kept = await super().collect(directory, wanted, blobs, most=most)
        if len(wanted) > 1:
            await self.let.wait()
        return kept


def kept(place: Path) -> list[Path]:
    """Everything in the blob store."""
    return [path for path in (place / "blobs").rglob("*") if path.is_file()]


async def test_a_run_whose_outputs_take_long_has_its_slot(tmp_path: Path) -> None:
    """So what is to be kept cannot pile up: the next one begins when it has ended."""
    shell = Slow()
    async with bench(str(tmp_path), slots=1, shell=shell) as house:
        await house.submit(MANY)
        await house.run_when(RunState.STAGING_OUT)
        await house.submit("true", alias="SECOND")
        await house.run_when(RunState.BLOCKED, "SECOND")
        shell.let.set()
        assert [RunState.FINISHED] * 2 == [(await house.ended(alias)).outcome for alias in ("AAAAAA", "SECOND")]
        assert 51 == len(await outputs(house))


@pytest.mark.parametrize("wish", [Wish.STOP, Wish.KILL])
async def test_a_kill_ends_the_keeping_of_outputs(tmp_path: Path, wish: Wish) -> None:
    """The log alone is kept then, nothing else is left in the store; a stop does not lose what was computed."""
    shell = Slow()
    async with bench(str(tmp_path), shell=shell) as house:
        await house.submit(MANY)
        await house.run_when(RunState.STAGING_OUT)
        await house.desk.jobs.wish(house.who, DOOR, "AAAAAA", wish)
        if wish is Wish.STOP:
            shell.let.set()
        job = await house.ended()
        left = await outputs(house)
        assert len(left) == len(kept(tmp_path))
        if wish is Wish.STOP:
            assert (RunState.FINISHED, 51) == (job.outcome, len(left))
        else:
            assert (RunState.CANCELLED, Cause.STOPPED) == (job.outcome, job.cause)
            assert {"log": b"said\nexit 0\n"} == left
            assert "while its outputs were being kept. Only its log was kept." in job.reason


class Mute(ForkScheduler):
    """A scheduler that cannot look or stop for some time, for want of descriptors, say."""

    is_mute = False

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        self._check()
        return await super().look(launches)

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        self._check()
        await super().stop(directory, token, handle, kill=kill)

    def _check(self) -> None:
        if self.is_mute:
            raise Unavailable("Too many open files.")


async def test_what_may_still_run_is_not_given_up(tmp_path: Path) -> None:
    """Its directory stays and nobody is told of an end, however often it cannot be looked at; then it is stopped."""
    scheduler = Mute()
    async with bench(str(tmp_path), scheduler=scheduler) as house:
        await house.submit("while :; do date > alive; sleep 0.05; done")
        await house.run_when(RunState.RUNNING)
        scheduler.is_mute = True
        await house.desk.jobs.wish(house.who, DOOR, "AAAAAA", Wish.KILL)
        run = await house.run_when(RunState.BLOCKED)
        assert "Too many open files." == run.reason
        (work,) = tmp_path.glob("runs/*/home/work")
        await house.until((work / "alive").exists)
        os.unlink(work / "alive")
        await house.until((work / "alive").exists)
        scheduler.is_mute = False
        assert RunState.CANCELLED is (await house.ended()).outcome
        assert "alive" in await outputs(house)
