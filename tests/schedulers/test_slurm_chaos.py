"""Two hundred jobs while Slurm's daemons are killed at random: every one is done, and none is done twice."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers.slurm import SlurmScheduler
from tests.hosts.slurm import Slurm, slurm_cluster
from tests.schedulers.stage import BASE, BatchStage, Play, write

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.serial,
    pytest.mark.timeout(900),
    pytest.mark.parametrize("stage", ["slurm"], indirect=True),
]

JOBS = 200
KILLS = 30


@pytest.fixture
def slurm() -> Iterator[Slurm]:
    """A cluster of this test's own, which does not wait long for a node that has died."""
    with slurm_cluster(timeout=5) as cluster:
        yield cluster


class Keeper:
    """Does with its runs what the engine does: starts, looks at all at once, and starts anew what is dead."""

    def __init__(self, scheduler: SlurmScheduler, plays: list[Play]) -> None:
        self.ends: dict[str, Look] = {}
        """By directory."""
        self.renewed = 0
        self._scheduler = scheduler
        self._plays = {play.directory: play for play in plays}
        self._started: set[str] = set()

    async def keep(self) -> None:
        """Return when all have ended."""
        starting = asyncio.create_task(self._start_all())
        while len(self.ends) < len(self._plays):
            with suppress(Unavailable):
                await self._look()
            await asyncio.sleep(0.5)
        await starting

    async def _start_all(self) -> None:
        several = asyncio.Semaphore(4)

        async def one(directory: str) -> None:
            async with several:
                await self._start(directory)

        await asyncio.gather(*map(one, self._plays))

    async def _start(self, directory: str) -> None:
        while True:
            play = self._plays[directory]
            try:
                play.handle.update(await self._scheduler.start(directory, play.token))
            except Unavailable:
                await asyncio.sleep(0.2)
            else:
                self._started.add(directory)
                return

    async def _look(self) -> None:
        asked = [self._plays[directory] for directory in self._started - set(self.ends)]
        looks = await self._scheduler.look([(play.directory, play.token, play.handle) for play in asked])
        for play in asked:
            look = looks.get(play.token)
            if look is None:
                continue
            play.handle.update(look.handle)
            if look.dead or not (look.started or look.pending or look.ended):
                await self._renew(play)
            elif look.ended:
                self.ends[play.directory] = look

    async def _renew(self, play: Play) -> None:
        self.renewed += 1
        again = self._plays[play.directory] = replace(play, token=uuid.uuid4().hex, handle={})
        write(again, replace(BASE, script="job.sh"))
        await self._start(play.directory)


async def harass(slurm: Slurm, dice: random.Random) -> None:
    """Kill the controller or a node, again and again; each comes back after a while."""
    for _ in range(KILLS):
        name = dice.choice(["controller", *slurm.nodes])
        await asyncio.to_thread(slurm.kill, name)
        await asyncio.sleep(dice.uniform(0.0, 1.0))
        if name == "controller":
            await asyncio.to_thread(slurm.start_controller)
        else:
            await asyncio.to_thread(slurm.start_node, name)
        await asyncio.to_thread(slurm.resume)
        await asyncio.sleep(dice.uniform(0.0, 0.8))


async def nurse(slurm: Slurm) -> None:
    """Somebody resumes the nodes that Slurm has drained after a failure."""
    while True:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(slurm.resume)


async def test_everything_is_done_and_nothing_twice(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ground: Path
) -> None:
    """Every body appends its line exactly once; one that was killed in the middle of it at most once."""
    seed = random.randrange(1 << 32)
    plays = [stage.play(f"echo {number} >> {ground}/lines") for number in range(JOBS)]
    keeper = Keeper(scheduler, plays)
    nursing = asyncio.create_task(nurse(slurm))
    await asyncio.gather(keeper.keep(), harass(slurm, random.Random(seed)))
    nursing.cancel()
    lines = Counter((ground / "lines").read_text().split())
    done = [number for number, play in enumerate(plays) if keeper.ends[play.directory].ended is Ended.EXITED]
    told = f"seed {seed}, {keeper.renewed} started anew, {JOBS - len(done)} broken off"
    assert {} == {number: count for number, count in lines.items() if count > 1}, told
    assert [] == [number for number in done if lines[str(number)] != 1], told
    assert {0} == {keeper.ends[plays[number].directory].exit_code for number in done}, told
    assert len(done) > JOBS * 0.9, told
    print(told)
