"""Nobody's hosts that hang keep the runs of others from being handled."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.states import JobState, RunState
from dragoman.core.work import DELIVERY, Claim
from dragoman.engine.hands import room
from dragoman.shells import LocalShell, UnpackLimits
from tests.desk.people import create, somebody, until
from tests.engine.house import DOOR, LIMITS, bench

pytestmark = pytest.mark.anyio


def held(*owners: int | None, kind: str = "run") -> list[Claim]:
    """Work in hand."""
    return [
        Claim(id=number, kind=kind, ref=1, fence=1, attempt=1, lease_until=1, note={}, owner_id=owner)
        for number, owner in enumerate(owners)
    ]


def test_the_last_quarter_is_for_others() -> None:
    """Of 16 hands."""
    assert (12, ()) == room(held(), 16)
    assert (1, ()) == room(held(*[1] * 11), 16)
    assert (2, [1]) == room(held(*[1] * 12), 16)
    assert (2, [1]) == room(held(*[1] * 10, 2, None), 16)
    assert (1, [1, 2]) == room(held(*[1] * 11, *[2] * 4), 16)
    assert (0, [1]) == room(held(*[1] * 13, 2, 2, 3), 16)
    assert (12, ()) == room(held(*[1] * 12, kind=DELIVERY), 16)
    assert (1, ()) == room(held(), 1)


class Hanging(LocalShell):
    """A shell that never comes to an end where it was asked while it hung."""

    def __init__(self) -> None:
        super().__init__(UnpackLimits())
        self.hangs, self.asked = True, 0

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        if self.hangs:
            self.asked += 1
            await asyncio.Event().wait()
        await super().fresh(directory, files)


@pytest.mark.slow
async def test_many_runs_that_hang_keep_no_other_ones_waiting(tmp_path: Path) -> None:
    """There are always hands for whoever has little in hand."""
    shell = Hanging()
    async with bench(str(tmp_path), slots=100, shell=shell, limits=replace(LIMITS, workers=8)) as house:
        await house.submit("true", alias="MANY", runs=30)
        await house.until(lambda: shell.asked == 6)
        shell.hangs = False
        bob = await somebody(house, "bob")
        await create(house, bob, "ONE")
        await house.desk.jobs.submit(bob, DOOR, "ONE")

        async def is_over() -> bool:
            return (await house.desk.jobs.find(bob, DOOR, "ONE")).job.state is JobState.ENDED

        await until(is_over)
        assert RunState.FINISHED is (await house.desk.jobs.find(bob, DOOR, "ONE")).job.outcome
        assert 6 == shell.asked
