"""Whoever dies, service, fork server or wrapper: nothing runs twice and nothing is forgotten."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from dragoman.core.errors import Broken, Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers import processes
from dragoman.schedulers.fork import ForkScheduler
from tests.schedulers.stage import Ends, Play, Stage, marker, see, sleepers, until

pytestmark = pytest.mark.anyio

SERVICE = """
import asyncio, sys
from dragoman.schedulers.fork import ForkScheduler

async def serve():
    scheduler = ForkScheduler()
    await scheduler.open()
    await scheduler.start(*sys.argv[1:])
    print("started", flush=True)
    await asyncio.sleep(3600)

asyncio.run(serve())
"""


WITHOUT_DESCRIPTORS = """
import os, resource
from dragoman.schedulers import processes, traces

me = processes.find(os.getpid())
facts = {"pid": me.pid, "start": me.start}
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass

def tell(fn, *args):
    try:
        print(fn(*args))
    except OSError:
        print("OSError")

tell(processes.boot_id)
tell(processes.find, me.pid)
tell(traces.is_there, facts)
tell(processes.hold, me.pid, me.start)
os.close(taken.pop())
tell(processes.hold, me.pid, me.start)
"""

SHORT_OF_DESCRIPTORS = """
import os, resource, sys
from dragoman.core.errors import Unavailable
from dragoman.schedulers import evidence

directory, token = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for free in range(4):
    try:
        finding = evidence.find(directory, token)
        print("alive" if finding.look.started and not finding.look.ended and finding.pidfd else finding.look)
    except Unavailable:
        print("unknown")
    os.close(taken.pop())
"""


async def run_and_kill_a_service(play: Play, when: Path) -> None:
    """Another service starts the launch, and is killed as soon as the file is there."""
    command = [sys.executable, "-c", SERVICE, play.directory, play.token]
    service = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert service.stdout is not None
    assert b"started\n" == await service.stdout.readline()
    await until(when.exists)
    service.kill()
    await service.wait()


def pid_of(play: Play) -> int:
    return int(json.loads(Path(play.directory, f".started-{play.token}", "pid.json").read_text())["pid"])


async def test_a_new_service_takes_over_by_looking(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """A run outlives its service; the next one sees it by looking and is told its end."""
    play = stage.play("touch here; until [ -e go ]; do sleep 0.05; done; echo done; exit 5")
    await run_and_kill_a_service(play, play.work / "here")
    look = await see(scheduler, play)
    assert (True, None) == (look.started, look.ended)
    (play.work / "go").touch()
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.EXITED, 5, ["done"]) == (look.ended, look.exit_code, play.lines())


async def test_a_new_service_takes_over_by_starting(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """Starting again what an earlier service has started adopts it: same process, one run, its end is told."""
    play = stage.play("echo ran >> here; until [ -e go ]; do sleep 0.05; done")
    await run_and_kill_a_service(play, play.work / "here")
    assert {"pid": pid_of(play)} == await scheduler.start(play.directory, play.token)
    (play.work / "go").touch()
    await ends.of(play)
    assert "ran\n" == (play.work / "here").read_text()


async def test_a_new_service_can_stop_it(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """A stop finds a run that only an earlier service has known."""
    play = stage.play("touch here; sleep 3600")
    await run_and_kill_a_service(play, play.work / "here")
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play)
    assert Ended.STOPPED == (await see(scheduler, play)).ended


async def test_a_killed_wrapper_is_lost(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """Whose wrapper was killed is LOST; a confined run dies with it."""
    mark = marker()
    play = stage.play(f"sleep {mark}")
    handle = await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 1)
    below = processes.descendants(pid_of(play))
    os.kill(pid_of(play), signal.SIGKILL)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (True, Ended.LOST, None) == (look.started, look.ended, look.exit_code)
    assert {"pid": pid_of(play)} == handle
    if stage.private:
        await until(lambda: sleepers(mark) == 0)
    for process in below:
        processes.send(process, signal.SIGKILL)


@pytest.mark.slow
async def test_a_wrapper_that_hears_no_kill_is_killed(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """A kill also ends a run whose wrapper hangs."""
    mark = marker()
    play = stage.play(f"setsid sleep {mark} & sleep {mark}")
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 2)
    await scheduler.stop(play.directory, play.token, {}, kill=True)
    # It may have heard the kill in the moment before it was halted, and be gone.
    with suppress(ProcessLookupError):
        os.kill(pid_of(play), signal.SIGSTOP)
    await ends.of(play)
    await until(lambda: sleepers(mark) == 0)
    assert (await see(scheduler, play)).ended in {Ended.LOST, Ended.STOPPED}


async def test_a_halted_wrapper_hears_a_stop(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """A wrapper that somebody has halted is woken to stop its run in order."""
    mark = marker()
    play = stage.play(f"sleep {mark}")
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 1)
    os.kill(pid_of(play), signal.SIGSTOP)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play)
    assert Ended.STOPPED == (await see(scheduler, play)).ended


async def test_a_start_that_died_early_is_dead_for_good(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """Whose wrapper died before its command began never begins under this token, and every look says so."""
    play = stage.play("touch ran")
    guard = Path(play.directory, f".started-{play.token}")
    guard.mkdir()
    dead = Look(started=False, dead=True)
    assert (dead, dead) == (await see(scheduler, play), await see(scheduler, play))
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    assert (dead, False) == (await see(scheduler, play), (play.work / "ran").exists())


async def test_a_start_that_was_declared_dead_leaves_silently(stage: Stage) -> None:
    """A slow wrapper that finds its launch declared dead does not run it."""
    play = stage.play("touch ran")
    guard = Path(play.directory, f".started-{play.token}")
    guard.mkdir()
    (guard / "launched").symlink_to("never")
    program = str(Path(processes.__file__).with_name("wrapper.py"))
    command = [sys.executable, program, play.directory, play.token]
    await asyncio.to_thread(subprocess.run, command, check=True)
    assert (False, False) == ((play.work / "ran").exists(), Path(play.directory, "exit.json").exists())


async def test_another_tokens_end_is_not_ours(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """An ``exit.json`` that an earlier token left in the directory says nothing about this one."""
    play = stage.play("exit 6")
    other = {"token": "other", "ended": "EXITED", "exit_code": 0, "started_at": 1, "ended_at": 2}
    Path(play.directory, "exit.json").write_text(json.dumps(other))
    assert Look(started=False) == await see(scheduler, play)
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    assert 6 == (await see(scheduler, play)).exit_code


async def test_a_dead_fork_server_is_started_again(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """When the fork server dies its wrappers go on and are still watched, and new starts find a new server."""
    first, second = stage.play("until [ -e go ]; do sleep 0.05; done"), stage.play("exit 2")
    await scheduler.start(first.directory, first.token)
    parent = processes.find(pid_of(first)) if await wait_for_guard(first) else None
    assert parent is not None
    os.kill(parent.parent, signal.SIGKILL)
    await scheduler.start(second.directory, second.token)
    await ends.of(second)
    (first.work / "go").touch()
    await ends.of(first)
    looks = [await see(scheduler, play) for play in (first, second)]
    assert [0, 2] == [look.exit_code for look in looks]


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["unconfined"], indirect=True)
async def test_a_fork_server_that_hangs_is_replaced(stage: Stage) -> None:
    """It would keep every run from its start, for ever. What it has taken in hand is started once all the same."""
    first, second = stage.play("until [ -e go ]; do sleep 0.05; done"), stage.play("echo once >> count")
    scheduler = ForkScheduler(patience=10.0)
    ends = Ends(scheduler=scheduler, pushes=True)
    await scheduler.open()
    scheduler.on_end(ends.tokens.append)
    try:
        await scheduler.start(first.directory, first.token)
        parent = processes.find(pid_of(first)) if await wait_for_guard(first) else None
        assert parent is not None
        os.kill(parent.parent, signal.SIGSTOP)
        await scheduler.start(second.directory, second.token)
        await ends.of(second)
        assert "once\n" == (second.work / "count").read_text()
        (first.work / "go").touch()
        await ends.of(first)
    finally:
        await scheduler.close()


async def wait_for_guard(play: Play) -> bool:
    await until(Path(play.directory, f".started-{play.token}", "launched").exists)
    return True


async def test_a_directory_without_a_launch_is_refused(scheduler: ForkScheduler, tmp_path: Path) -> None:
    """There is nothing to start where no launch was written."""
    with pytest.raises(Broken, match="There is no launch"):
        await scheduler.start(str(tmp_path), "token")


async def test_a_directory_that_cannot_be_read_is_no_answer(scheduler: ForkScheduler, stage: Stage) -> None:
    """What cannot be looked at is unknown, not gone."""
    play = stage.play("true")
    Path(play.directory, "exit.json").mkdir()
    with pytest.raises(Unavailable, match="cannot be looked at"):
        await see(scheduler, play)


async def test_too_few_descriptors_say_nothing_about_a_run(scheduler: ForkScheduler, stage: Stage, ends: Ends) -> None:
    """With none, one, or two that are free a living run is unknown, not lost."""
    play = stage.play("touch here; until [ -e go ]; do sleep 0.05; done")
    await scheduler.start(play.directory, play.token)
    await until((play.work / "here").exists)
    command = [sys.executable, "-c", SHORT_OF_DESCRIPTORS, play.directory, play.token]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert ["unknown", "unknown", "alive", "alive"] == told.stdout.split()
    (play.work / "go").touch()
    await ends.of(play)
    assert Ended.EXITED == (await see(scheduler, play)).ended


async def test_only_what_is_not_there_is_gone(tmp_path: Path) -> None:
    """A process without a number, a file without a name; not what cannot be read, or held, for want of descriptors."""
    assert (None, b"", None) == (processes.find(2**22 + 1), processes.read("/proc/none"), processes.hold(2**22 + 1, 1))
    with pytest.raises(IsADirectoryError):
        processes.read(str(tmp_path))
    told = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", WITHOUT_DESCRIPTORS], capture_output=True, text=True, check=True
    )
    assert ["OSError"] * 5 == told.stdout.split()
