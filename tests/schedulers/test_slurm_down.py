"""Slurm's daemons die, fall silent and forget: nothing is told as ended that is not, and nothing runs twice."""

import asyncio
import glob
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers import processes
from dragoman.schedulers.slurm import DOUBTS, SlurmScheduler
from tests.hosts.slurm import Slurm, slurm_cluster
from tests.schedulers.stage import BASE, BatchStage, Ends, Play, marker, see, sleepers, until, write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.parametrize("stage", ["slurm"], indirect=True)]


@pytest.fixture
def slurm(request: pytest.FixtureRequest) -> Iterator[Slurm]:
    """A cluster of each test's own."""
    with slurm_cluster(getattr(request, "param", 300)) as cluster:
        yield cluster


async def start(scheduler: SlurmScheduler, play: Play) -> None:
    play.handle.update(await scheduler.start(play.directory, play.token))


def renewed(play: Play) -> Play:
    """The same directory under a new token, as its keeper makes it when the old one is dead."""
    again = replace(play, token=uuid.uuid4().hex, handle={})
    write(again, replace(BASE, script="job.sh"))
    return again


def forget(slurm: Slurm) -> None:
    """The controller comes back as one whose disk has lost all jobs."""
    slurm.kill("controller")
    for path in glob.glob(f"{slurm.place}/state/job_state*"):
        os.unlink(path)
    slurm.start_controller()


def kill_all_of(mark: str) -> None:
    """A machine loses its power: the job, and what Slurm has around it, are gone."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        if mark.encode() in processes.read(f"/proc/{name}/cmdline"):
            os.kill(int(name), signal.SIGKILL)


async def test_nothing_is_known_while_the_controller_is_down(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends
) -> None:
    """A controller that is down refuses nothing and ends nothing: ask again later."""
    play, later = stage.play("until [ -e go ]; do sleep 0.1; done; exit 3"), stage.play("exit 4")
    await start(scheduler, play)
    await until(Path(play.directory, f".started-{play.token}", "job").exists)
    await asyncio.to_thread(slurm.kill, "controller")
    waiting = (see(scheduler, play), scheduler.start(later.directory, later.token))
    kinds = [type(found) for found in await asyncio.gather(*waiting, return_exceptions=True)]
    assert [Unavailable, Unavailable] == kinds
    (play.work / "go").touch()
    await asyncio.to_thread(slurm.start_controller)
    assert Look(started=False) == replace(await see(scheduler, later), handle={})
    await start(scheduler, later)
    for each, code in ((play, 3), (later, 4)):
        await ends.of(each)
        assert code == (await see(scheduler, each)).exit_code


async def test_an_answer_that_never_came_is_no_second_job(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends
) -> None:
    """A controller that falls silent may have taken the job: the next start finds it, and it runs once."""
    play = stage.play("echo ran >> count")
    controller = slurm.daemons["controller"].pid
    os.kill(controller, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="timed out"):
            await scheduler.start(play.directory, play.token)
    finally:
        os.kill(controller, signal.SIGCONT)
    await until(lambda: play.token in slurm.run("squeue", "-h", "-t", "all", "-o", "%k"))
    await start(scheduler, play)
    await ends.of(play)
    await see(scheduler, play)
    assert 1 == slurm.run("squeue", "-h", "-t", "all", "-o", "%k").count(play.token)
    assert "ran\n" == (play.work / "count").read_text()


async def test_a_job_that_was_forgotten_before_it_began_is_dead_for_good(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends
) -> None:
    """A job that Slurm has lost is dead after several looks, never begins even if Slurm finds it, and starts anew."""
    play = stage.play("echo ran >> count; exit 5")
    stage.write_script(play, "echo ran >> count; exit 5", "--begin=now+1hour")
    await start(scheduler, play)
    forget(slurm)
    looks = [await see(scheduler, play) for _ in range(DOUBTS)]
    assert [(False, True, False)] * (DOUBTS - 1) == [(each.started, each.pending, each.dead) for each in looks[:-1]]
    assert (Look(started=False, dead=True), True) == (replace(looks[-1], handle={}), (await see(scheduler, play)).dead)
    again = renewed(play)
    stage.write_script(again, "echo ran >> count; exit 5")
    await start(scheduler, again)
    await ends.of(again)
    ghost = ["sbatch", "--parsable", "--wait", f"--comment={play.token}", f"{play.directory}/.dragoman/{play.token}.sh"]
    environment = [f"{name}={value}" for name, value in slurm.environment.items()]
    command = ["runuser", "-u", "alice", "--", "env", *environment, *ghost]
    text = Path(ghost[-1]).read_text().replace("--begin=now+1hour", "--begin=now")
    Path(ghost[-1]).write_text(text)
    await asyncio.to_thread(subprocess.run, command, check=True, cwd=play.directory, stdout=subprocess.DEVNULL)
    assert (5, "ran\n") == ((await see(scheduler, again)).exit_code, (play.work / "count").read_text())


async def test_a_job_that_began_and_was_forgotten_is_lost(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm
) -> None:
    """A job that has begun and of which nothing is left is lost after several looks; it is not run again."""
    mark = marker()
    play = stage.play(f"sleep {mark}; echo never")
    await start(scheduler, play)
    await until(lambda: sleepers(mark) == 1)
    for node in slurm.nodes:
        slurm.kill(node)
    kill_all_of("slurm_script")
    kill_all_of(mark)
    forget(slurm)
    looks = [await see(scheduler, play) for _ in range(DOUBTS)]
    assert [None] * (DOUBTS - 1) == [look.ended for look in looks[:-1]]
    assert (True, Ended.LOST) == (looks[-1].started, looks[-1].ended)


async def test_a_job_that_ended_while_nobody_knew_of_it_has_ended(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm
) -> None:
    """What a job has written down itself counts, though Slurm has forgotten it."""
    play = stage.play("exit 6")
    await start(scheduler, play)
    await until(Path(play.directory, "exit.json").exists)
    forget(slurm)
    look = await see(scheduler, play)
    assert (True, Ended.EXITED, 6) == (look.started, look.ended, look.exit_code)


@pytest.mark.parametrize("slurm", [5], indirect=True)
async def test_a_job_whose_node_dies_ends_with_it(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends
) -> None:
    """Who runs on a node that fails has ended by it; one whose end Slurm did not hear of has ended by itself."""
    mark = marker()
    gone, quiet = stage.play(f"sleep {mark}"), stage.play("touch here; until [ -e go ]; do sleep 0.1; done; exit 7")
    for play in (gone, quiet):
        await start(scheduler, play)
    await until(lambda: sleepers(mark) == 1 and (quiet.work / "here").exists())
    for node in slurm.nodes:
        slurm.kill(node)
    job = gone.handle["job"]
    for what in (f"[{job}.batch]", f"job{job:0>5}/slurm_script", mark):
        kill_all_of(what)
    (quiet.work / "go").touch()
    await ends.of(gone)
    look = await see(scheduler, gone)
    assert (True, Ended.NODE, "NODE_FAIL") == (look.started, look.ended, look.scheduler_state)
    await ends.of(quiet)
    assert (Ended.EXITED, 7) == ((look := await see(scheduler, quiet)).ended, look.exit_code)


async def test_a_stop_before_the_beginning_holds_though_slurm_is_down(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm
) -> None:
    """A stop that cannot reach Slurm is told as such, and may be repeated."""
    play = stage.play("true")
    stage.write_script(play, "touch ran", "--begin=now+1hour")
    await start(scheduler, play)
    await asyncio.to_thread(slurm.kill, "controller")
    with pytest.raises(Unavailable):
        await scheduler.stop(play.directory, play.token, play.handle, kill=False)
    await asyncio.to_thread(slurm.start_controller)
    await scheduler.stop(play.directory, play.token, play.handle, kill=False)
    assert Look(started=False, ended=Ended.STOPPED) == replace(await see(scheduler, play), handle={})
    assert "" == slurm.run("squeue", "-h", "-t", "pending", "-o", "%k")
