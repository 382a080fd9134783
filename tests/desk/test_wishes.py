"""Wishes for an end: they get stronger, never weaker, and reach exactly the runs they are meant for."""

from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Page
from tests.desk.people import create
from tests.engine.house import DOOR, Bench, bench

pytestmark = pytest.mark.anyio

JOB = "AAAAAA"


STRONGER = [
    ([Wish.STOP], [Wish.STOP]),
    ([Wish.STOP, Wish.STOP], [Wish.STOP]),
    ([Wish.STOP, Wish.KILL], [Wish.STOP, Wish.KILL]),
    ([Wish.KILL, Wish.STOP], [Wish.KILL]),
    ([Wish.KILL, Wish.KILL], [Wish.KILL]),
    ([Wish.STOP, Wish.NONE], [Wish.STOP]),
]
"""What is wished one after another, and what of it counts."""


async def wished(house: Bench, alias: str = JOB) -> tuple[Wish, list[Wish]]:
    """What is wished for the job and for each of its runs."""
    job = (await house.desk.jobs.find(house.who, DOOR, alias)).job
    return job.wish, [run.wish for run in (await house.desk.jobs.runs(house.who, DOOR, alias, Page(limit=100)))[1]]


async def told(house: Bench, alias: str = JOB) -> list[str]:
    """The wishes in the job's history."""
    return [event.now for event in await house.history(alias) if event.kind == "wish"]


async def test_wishes_for_a_job_get_only_stronger(tmp_path: Path) -> None:
    """The strongest stands, for its run too, and the history tells each that was stronger than the last."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        for place, (wishes, counted) in enumerate(STRONGER):
            alias = f"AAAAA{place}"
            await house.submit("true", alias=alias)
            for wish in wishes:
                await house.desk.jobs.wish(house.who, DOOR, alias, wish)
            assert counted == await told(house, alias)
            assert (counted[-1], [counted[-1]]) == await wished(house, alias)


async def test_wishes_for_a_run_get_only_stronger(tmp_path: Path) -> None:
    """As for a job, whose own wish they are not."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        for place, (wishes, counted) in enumerate(STRONGER):
            alias = f"AAAAA{place}"
            await house.submit("true", alias=alias)
            for wish in wishes:
                await house.desk.jobs.wish_run(house.who, DOOR, alias, 1, wish)
            assert counted == await told(house, alias)
            assert (Wish.NONE, [counted[-1]]) == await wished(house, alias)


async def test_a_wish_for_one_run_leaves_the_others(tmp_path: Path) -> None:
    """It goes on for them; a wish for the job is one for all of them."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await house.submit("true", runs=3)
        await house.desk.jobs.wish_run(house.who, DOOR, JOB, 2, Wish.STOP)
        assert (Wish.NONE, [Wish.NONE, Wish.STOP, Wish.NONE]) == await wished(house)
        await house.desk.jobs.wish(house.who, DOOR, JOB, Wish.KILL)
        assert (Wish.KILL, [Wish.KILL] * 3) == await wished(house)


async def test_a_gentle_wish_for_the_job_weakens_no_run(tmp_path: Path) -> None:
    """A run that is to end at once stays so when all the others are asked to end."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await house.submit("true", runs=2)
        await house.desk.jobs.wish_run(house.who, DOOR, JOB, 1, Wish.KILL)
        await house.desk.jobs.wish(house.who, DOOR, JOB, Wish.STOP)
        assert (Wish.STOP, [Wish.KILL, Wish.STOP]) == await wished(house)


async def test_a_draft_has_nothing_to_stop(tmp_path: Path) -> None:
    """Such a wish is a conflict, and so it stays a draft."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await create(house, house.who, JOB)
        with pytest.raises(Conflict, match="never submitted"):
            await house.desk.jobs.wish(house.who, DOOR, JOB, Wish.STOP)
        assert JobState.DRAFT is (await house.desk.jobs.find(house.who, DOOR, JOB)).job.state
        assert [] == await house.history(JOB)


async def test_a_run_that_is_not_there_cannot_be_stopped(tmp_path: Path) -> None:
    """Runs are counted from one."""
    async with bench(str(tmp_path)) as house:
        house.engine.stop()
        await house.submit("true")
        for number in (0, 2, -1):
            with pytest.raises(NotFound):
                await house.desk.jobs.wish_run(house.who, DOOR, JOB, number, Wish.STOP)


async def test_what_has_ended_is_not_stopped_again(tmp_path: Path) -> None:
    """Nothing happens, and nothing is told."""
    async with bench(str(tmp_path)) as house:
        await house.submit("true")
        ended = await house.ended()
        await house.desk.jobs.wish(house.who, DOOR, JOB, Wish.KILL)
        await house.desk.jobs.wish_run(house.who, DOOR, JOB, 1, Wish.KILL)
        assert ended == (await house.desk.jobs.find(house.who, DOOR, JOB)).job
        assert (Wish.NONE, [Wish.NONE]) == await wished(house)
        assert [] == await told(house)
