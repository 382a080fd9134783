"""Runs through a real engine: what they leave, how they end, and what happens when the world says no."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dragoman.core.errors import Closed, Conflict, Invalid, Unavailable
from dragoman.core.job import Run
from dragoman.core.ports import Entry
from dragoman.core.states import RUN_MOVES, Cause, JobState, RunState, Wish
from dragoman.core.things import FileQuery, Page
from dragoman.host.clock import HostClock
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store.sqlite import SqliteDb
from dragoman.store.tables import work
from tests.engine.house import DOOR, LIMITS, Bench, bench

pytestmark = [pytest.mark.anyio, pytest.mark.slow]  # each starts real runs


def check_history(events: list[object]) -> None:
    """Every run's moves are a path of the table."""
    stands: dict[int, str] = {}
    for event in events:
        run_id, was, now = getattr(event, "run_id", None), getattr(event, "was", ""), getattr(event, "now", "")
        if run_id is None or getattr(event, "kind", "") != "move":
            continue
        assert was == stands.get(run_id, "")
        assert not was or RunState(now) in RUN_MOVES[RunState(was)]
        stands[run_id] = now


async def outputs(house: Bench, alias: str = "AAAAAA") -> dict[str, bytes]:
    """What the job left, by path."""
    found: dict[str, bytes] = {}
    for view in (await house.desk.files.list(house.who, DOOR, FileQuery(job_alias=alias), Page(limit=1000)))[1]:
        with (await house.desk.files.open(house.who, DOOR, view.file.alias))[1] as source:
            found[view.file.relative_path] = source.read()
    return found


async def test_a_command_runs_and_its_files_are_kept(tmp_path: Path) -> None:
    """The command's files and its log are outputs, and the run directory is gone afterwards."""
    async with bench(str(tmp_path)) as house:
        await house.submit("echo hello; mkdir sub; echo deep > sub/file")
        job = await house.ended()
        assert RunState.FINISHED is job.outcome
        assert {"log": b"hello\nexit 0\n", "sub/file": b"deep\n"} == await outputs(house)
        check_history(list(await house.history()))
        await house.until(lambda: [] == os.listdir(tmp_path / "runs"))


async def test_a_failing_command_fails_the_job_with_its_exit_code(tmp_path: Path) -> None:
    """The reason names the code, and the outputs are kept all the same."""
    async with bench(str(tmp_path)) as house:
        await house.submit("echo partial > result; exit 3")
        job = await house.ended()
        assert (RunState.FAILED, Cause.EXIT) == (job.outcome, job.cause)
        assert "code 3" in job.reason
        assert "result" in await outputs(house)


async def test_many_outputs_are_kept_in_a_step_of_their_own(tmp_path: Path) -> None:
    """More files than are worth doing on the way: STAGING_OUT is committed first."""
    async with bench(str(tmp_path)) as house:
        await house.submit("for i in $(seq 120); do echo $i > f$i; done")
        await house.ended()
        assert 121 == len(await outputs(house))
        check_history(list(await house.history()))


async def test_a_stop_ends_the_run_and_keeps_its_outputs(tmp_path: Path) -> None:
    """A wish reaches a running command."""
    async with bench(str(tmp_path)) as house:
        await house.submit("echo started; sleep 300; echo never")
        await house.run_when(RunState.RUNNING)
        await house.desk.jobs.wish(house.who, DOOR, "AAAAAA", Wish.STOP)
        job = await house.ended()
        assert (RunState.CANCELLED, Cause.STOPPED) == (job.outcome, job.cause)
        assert b"never" not in (await outputs(house))["log"]


@pytest.mark.slow
async def test_a_waiting_run_is_shown_as_blocked_and_can_be_stopped(tmp_path: Path) -> None:
    """With the only slot taken, the next run says what it waits for, and a stop takes it out of the line."""
    async with bench(str(tmp_path), slots=1) as house:
        await house.submit("sleep 300", alias="FIRST1")
        await house.run_when(RunState.RUNNING, "FIRST1")
        await house.submit("true", alias="SECOND")
        run = await house.run_when(RunState.BLOCKED, "SECOND")
        assert "free slot on local" in run.reason
        await house.desk.jobs.wish(house.who, DOOR, "SECOND", Wish.STOP)
        assert RunState.CANCELLED is (await house.ended("SECOND")).outcome
        await house.desk.jobs.wish(house.who, DOOR, "FIRST1", Wish.KILL)
        await house.ended("FIRST1")
        check_history(list(await house.history("SECOND")))


@pytest.mark.slow
async def test_a_stop_right_after_the_submit_begins_nothing(tmp_path: Path) -> None:
    """What is wished before the launch is written down comes in time."""
    async with bench(str(tmp_path)) as house:
        for number in range(10):
            alias = f"QUICK{number}"
            await house.submit(f"touch {tmp_path}/began", alias=alias)
            await house.desk.jobs.wish(house.who, DOOR, alias, Wish.KILL)
            check_history(list(await house.history(alias)))
            assert RunState.CANCELLED is (await house.ended(alias)).outcome


@pytest.mark.slow
async def test_the_walltime_ends_a_run(tmp_path: Path) -> None:
    """A run that takes too long is ended, and says why."""
    async with bench(str(tmp_path)) as house:
        await house.submit("sleep 300", walltime=1)
        job = await house.ended()
        assert (RunState.FAILED, Cause.WALLTIME) == (job.outcome, job.cause)


async def test_a_job_of_many_runs_keeps_to_its_slots_and_ends_once(tmp_path: Path) -> None:
    """Seven runs over two slots: all end, and the job has one end."""
    async with bench(str(tmp_path), slots=2) as house:
        await house.submit("true", runs=7)
        job = await house.ended()
        assert (7, RunState.FINISHED) == (job.runs, job.outcome)
        ends = [event for event in await house.history() if event.now == JobState.ENDED]
        assert 1 == len(ends)


class Moody(LocalShell):
    """A shell whose disk is full for some time, or whose program is wrong."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__(UnpackLimits())
        self.error, self.times = error, times

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        if self.times > 0:
            self.times -= 1
            raise self.error
        await super().fresh(directory, files)


class Halting(LocalShell):
    """A shell that never comes to an end."""

    def __init__(self) -> None:
        super().__init__(UnpackLimits())

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        await asyncio.Event().wait()


class Cluttered(LocalShell):
    """A shell in whose work directories a directory has the name of the log."""

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        await super().fresh(directory, files)
        os.makedirs(os.path.join(directory, "home", "work", "log"))


class Late(LocalShell):
    """A shell that finds what a run has left, and then not for a while."""

    def __init__(self) -> None:
        super().__init__(UnpackLimits())
        self.walks = 0

    async def walk(self, directory: str, *, most: int | None = None) -> list[Entry]:
        self.walks += 1
        if self.walks in {2, 3}:
            raise Unavailable("The disk is gone.")
        return await super().walk(directory, most=most)


class SetClock(HostClock):
    """The host's time, moved on by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = 0

    def now(self) -> int:
        """See core.ports.Clock."""
        return super().now() + self.ahead * 1_000_000


class Clinging(LocalShell):
    """A shell that cannot remove one directory."""

    async def remove(self, directory: str) -> None:
        if directory.endswith("/777"):
            raise Unavailable("It is busy.")
        await super().remove(directory)


async def test_a_command_that_was_never_begun_is_not_blamed(tmp_path: Path) -> None:
    """Its wrapper's own trouble is told in place of an exit code."""
    async with bench(str(tmp_path), shell=Cluttered(UnpackLimits())) as house:
        await house.submit("true")
        job = await house.ended()
        assert (RunState.FAILED, Cause.EXIT) == (job.outcome, job.cause)
        assert job.reason.startswith("The command could not be run to its end: ")
        assert "Is a directory" in job.reason


async def test_what_is_unavailable_blocks_the_run_until_it_is_back(tmp_path: Path) -> None:
    """A full disk shows as BLOCKED with its reason; then the run goes on as if nothing had been."""
    shell = Moody(Unavailable("The disk is full."), 1_000)
    async with bench(str(tmp_path), shell=shell, limits=replace(LIMITS, attempts=1_000)) as house:
        await house.submit("echo fine")
        run: Run = await house.run_when(RunState.BLOCKED)
        assert (RunState.ACCEPTED, "The disk is full.") == (run.left, run.reason)
        shell.times = 0
        assert RunState.FINISHED is (await house.ended()).outcome
        check_history(list(await house.history()))


async def test_what_stays_unavailable_fails_in_the_end(tmp_path: Path) -> None:
    """Retries are bounded."""
    async with bench(str(tmp_path), shell=Moody(Unavailable("The disk is full."), 99)) as house:
        await house.submit("true")
        job = await house.ended()
        assert (RunState.FAILED, "The disk is full.") == (job.outcome, job.reason)


@pytest.mark.parametrize(
    ("command", "end"), [("true", (RunState.FINISHED, Cause.NONE)), ("exit 3", (RunState.FAILED, Cause.EXIT))]
)
async def test_what_comes_in_the_way_later_changes_no_end(
    tmp_path: Path, command: str, end: tuple[RunState, Cause]
) -> None:
    """A run that is held up with its outputs ends as its program did."""
    async with bench(str(tmp_path), shell=Late()) as house:
        await house.submit(f"touch $(seq 300); {command}")
        job = await house.ended()
        assert (RunState.STAGING_OUT, RunState.BLOCKED) in [(one.was, one.now) for one in await house.history()]
        assert end == (job.outcome, job.cause)
        assert ("code 3" in job.reason) is (command == "exit 3")
        assert "log" in await outputs(house)
        check_history(list(await house.history()))


async def test_what_is_switched_off_is_waited_for_a_week(tmp_path: Path) -> None:
    """However often it is looked at meanwhile; then the run fails for that."""
    clock, shell = SetClock(), Moody(Closed("The system is disabled."), 1_000)
    async with bench(str(tmp_path), shell=shell, clock=clock) as house:
        await house.submit("true")
        run: Run = await house.run_when(RunState.BLOCKED)
        assert Cause.CLOSED is run.cause
        assert run.reason.startswith("The system is disabled. It is waited for until 20")
        clock.ahead += 7 * 86_400 - 600
        tries = shell.times
        await house.until(lambda: shell.times < tries - 5)
        assert run.reason == (await house.run_when(RunState.BLOCKED)).reason
        clock.ahead += 601
        job = await house.ended()
        assert (RunState.FAILED, Cause.CLOSED, "The system is disabled.") == (job.outcome, job.cause, job.reason)


async def test_leases_are_held_whatever_has_befallen_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it fails in a way that nobody foresaw: nobody else would go on holding them."""
    beats = 0

    def shaky(fn: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        nonlocal beats
        beats += 1
        if beats == 1:
            raise ZeroDivisionError
        SqliteDb.write_now(house.db, fn, *args, **kwargs)

    async with bench(str(tmp_path), limits=replace(LIMITS, lease=0.3), shell=Halting()) as house:
        monkeypatch.setattr(house.db, "write_now", shaky)
        await house.submit("true")
        await house.until(lambda: beats > 3)


async def test_a_clock_that_is_set_back_holds_nothing_up(tmp_path: Path) -> None:
    """What was to be tried again within a second is not tried a day later; so also when no service ran meanwhile."""
    clock, shell = SetClock(), Moody(Unavailable("The disk is full."), 10_000)
    clock.ahead, limits = 86_400, replace(LIMITS, attempts=10_000)
    async with bench(str(tmp_path), shell=shell, clock=clock, limits=limits) as house:
        await house.submit("true")
        await house.run_when(RunState.BLOCKED)
        clock.ahead = 0
        tries = shell.times
        await house.until(lambda: shell.times < tries - 1)
    clock.ahead = -86_400
    async with bench(str(tmp_path), clock=clock, limits=limits) as house:
        assert RunState.FINISHED is (await house.ended()).outcome


async def test_a_poison_step_ends_blocked_then_failed(tmp_path: Path) -> None:
    """An error nobody foresaw is tried again a few times, visibly, and then fails the run; the engine lives on."""
    async with bench(str(tmp_path), shell=Moody(ZeroDivisionError("oops"), 2)) as house:
        await house.submit("true")
        job = await house.ended()
        assert RunState.FAILED is job.outcome
        assert "ZeroDivisionError" in job.reason
        assert RunState.BLOCKED in [event.now for event in await house.history()]
        await house.submit("true", alias="AFTER1")
        assert RunState.FINISHED is (await house.ended("AFTER1")).outcome


async def test_a_step_that_nobody_survives_is_given_up(tmp_path: Path) -> None:
    """A run whose handling ends the service again and again fails with that reason, and does not do so for ever."""
    async with bench(str(tmp_path), slots=1) as house:
        await house.submit("sleep 300", alias="FIRST1")
        await house.run_when(RunState.RUNNING, "FIRST1")
        await house.submit("true")
        await house.db.write(lambda conn: conn.execute(update(work).where(work.c.gate.is_not(None)).values(attempt=3)))
        await house.desk.jobs.wish(house.who, DOOR, "FIRST1", Wish.KILL)
        job = await house.ended()
        assert (RunState.FAILED, Cause.BROKEN) == (job.outcome, job.cause)
        assert "at this step 3 times" in job.reason


async def test_what_is_wrong_for_good_is_not_tried_again(tmp_path: Path) -> None:
    """A problem that is no outage fails the run at once, with its own words."""
    async with bench(str(tmp_path), shell=Moody(Invalid.field("x.zip", why="It is damaged."), 1)) as house:
        await house.submit("true")
        job = await house.ended()
        assert "It is damaged." in job.reason
        assert RunState.BLOCKED not in [event.now for event in await house.history()]


@pytest.mark.slow
async def test_a_new_engine_takes_over_what_runs(tmp_path: Path) -> None:
    """The command outlives its engine; the next one finds it, and is told its end."""
    async with bench(str(tmp_path)) as house:
        await house.submit("sleep 1; echo done")
        await house.run_when(RunState.RUNNING)
    async with bench(str(tmp_path)) as house:
        job = await house.ended()
        assert RunState.FINISHED is job.outcome
        assert b"done" in (await outputs(house))["log"]


async def test_what_does_not_belong_among_the_runs_does_not_stop_the_engine(tmp_path: Path) -> None:
    """Names that are no runs, and what cannot be removed, are left alone; jobs go on."""
    for name in ("²", "777", "notes"):
        os.makedirs(tmp_path / "runs" / name)
    async with bench(str(tmp_path), shell=Clinging(UnpackLimits())) as house:
        await house.submit("true")
        assert RunState.FINISHED is (await house.ended()).outcome
        await house.until(lambda: ["777"] == os.listdir(tmp_path / "runs"))


async def test_submitting_twice_is_refused(tmp_path: Path) -> None:
    """A job runs once."""
    async with bench(str(tmp_path)) as house:
        await house.submit("true")
        with pytest.raises(Conflict, match="submitted already"):
            await house.desk.jobs.submit(house.who, DOOR, "AAAAAA")
