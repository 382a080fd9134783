"""What the wrapper sees to beside the scheduler's contract: the log, what steps inherit, what cannot be run."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.launch import Ended, LaunchStep
from dragoman.core.ports import Scheduler
from dragoman.schedulers import processes
from tests.schedulers.stage import BASE, STAMPED, Ends, Play, Stage, marker, see, sleepers, until, write

pytestmark = pytest.mark.anyio


async def run(scheduler: Scheduler, ends: Ends, play: Play) -> int | None:
    await scheduler.start(play.directory, play.token)
    await ends.of(play, within=60)
    return (await see(scheduler, play)).exit_code


@pytest.mark.parametrize(
    "mischief", ["rm run.log", "rm run.log; ln -s /etc/passwd run.log", "mv run.log x; echo y > run.log"]
)
async def test_the_log_is_put_back(scheduler: Scheduler, stage: Stage, ends: Ends, mischief: str) -> None:
    """A command that deletes or replaces the log does not lose it."""
    play = stage.play(f"echo before; {mischief}; echo after")
    assert 0 == await run(scheduler, ends, play)
    assert (["before", "after"], False) == (play.lines(), (play.work / "run.log").is_symlink())


async def test_a_staged_link_does_not_lead_the_log_away(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A link of the log's name that came with the inputs is replaced, not followed."""
    play = stage.play("echo hello")
    target = stage.root / "target"
    target.write_text("kept")
    (play.work / "run.log").symlink_to(target)
    assert 0 == await run(scheduler, ends, play)
    assert (["hello"], "kept") == (play.lines(), target.read_text())


async def test_a_log_beyond_its_limit_is_cut_and_says_so(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """Output beyond the limit is read and dropped; one line says so, and the closing lines still come."""
    like = replace(BASE, log=STAMPED, log_bytes=1_000_000)
    play = stage.play("yes 0123456789 | head -c 150000000; echo last", like=like)
    assert 0 == await run(scheduler, ends, play)
    texts = [line[24:] for line in play.lines()]
    said = "Output beyond 1000000 bytes was dropped (setting local.log_bytes)."
    assert [said, "Exited with code 0", ""] == texts[-3:]
    assert {"0123456789"} == set(texts[1:-3])
    assert 990_000 < os.path.getsize(play.work / "run.log") < 1_001_000


async def test_part_of_a_line_is_seen_at_once_and_stamped_once(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A line that grows slowly shows in the log as it grows, under one stamp."""
    play = stage.play("printf par; until [ -e go ]; do sleep 0.05; done; echo tial", like=replace(BASE, log=STAMPED))
    await scheduler.start(play.directory, play.token)
    await until(lambda: (play.work / "run.log").exists() and play.log().endswith("]: par"))
    (play.work / "go").touch()
    await ends.of(play)
    assert ["partial", "Exited with code 0", ""] == [line[24:] for line in play.lines()[1:]]


@pytest.mark.slow
async def test_a_line_is_stamped_when_it_comes(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A line has the time of its own coming, not that of the line before it."""
    play = stage.play(
        "echo a; until [ -e go ]; do sleep 0.05; done; sleep 1.1; echo b", like=replace(BASE, log=STAMPED)
    )
    await scheduler.start(play.directory, play.token)
    await until(lambda: (play.work / "run.log").exists() and play.log().endswith("]: a\n"))
    (play.work / "go").touch()
    await ends.of(play)
    first, second = play.lines()[1:3]
    assert first[:21] != second[:21]


async def test_output_of_a_pipeline_that_ends_late_is_kept(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A filter behind the command still writes what it holds (unconfined: a process space ends with its command)."""
    if stage.private:
        return
    play = stage.play("exec > >(sleep 0.3; cat); echo late")
    assert 0 == await run(scheduler, ends, play)
    assert ["late"] == play.lines()


async def test_what_cannot_be_started_says_so(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A program that is not there exits with 127, and the log names it."""
    step = LaunchStep(argv=("/no/such/program",), environment={}, command="x")
    play = stage.play("true")
    write(play, replace(BASE, log=STAMPED, steps=(step,)))
    assert 127 == await run(scheduler, ends, play)
    texts = [line[24:] for line in play.lines()]
    assert ["Cannot start /no/such/program:", "Exited with code 127"] == [texts[1][:30], texts[2]]


@pytest.mark.parametrize("command", ["true #" + "x" * (1 << 18), "echo \0"], ids=["too long", "no text"])
async def test_a_command_that_no_host_takes_says_so(
    scheduler: Scheduler, stage: Stage, ends: Ends, command: str
) -> None:
    """A command too long for the host, or one that is no text, exits with 126."""
    play = stage.play(command)
    assert 126 == await run(scheduler, ends, play)
    assert play.lines()[0].startswith("Cannot start /")


async def test_the_wrappers_own_trouble_is_an_end_with_a_reason(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """Where no log can be opened nothing runs, and ``exit.json`` says why."""
    play = stage.play("touch ran")
    (play.work / "run.log").mkdir()
    assert 126 == await run(scheduler, ends, play)
    end = json.loads(Path(play.directory, "exit.json").read_text())
    assert ("EXITED", [], True) == (end["ended"], end["steps"], "run.log" in end["reason"])
    assert not (play.work / "ran").exists()
    assert end["reason"] == (await see(scheduler, play)).reason


async def test_a_wrapper_in_trouble_leaves_nobody_behind(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """What it has begun ends with it, whatever the trouble: here a plan that it cannot obey when it is told to stop."""
    mark = marker()
    play = stage.play(f"setsid sleep {mark} & sleep {mark}")
    file = Path(play.directory, "run.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "grace": "none"}))
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 2)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play, within=60)
    look = await see(scheduler, play)
    assert (0, 126, True) == (sleepers(mark), look.exit_code, look.reason.startswith("TypeError"))


@pytest.mark.parametrize("days", [24, 25, 10_000])
async def test_a_time_limit_may_be_long(scheduler: Scheduler, stage: Stage, ends: Ends, days: int) -> None:
    """Longer than the kernel waits at once, too: the command runs to its own end."""
    play = stage.play("until [ -e go ]; do sleep 0.05; done", like=replace(BASE, walltime=days * 86_400))
    await scheduler.start(play.directory, play.token)
    (play.work / "go").touch()
    await ends.of(play, within=60)
    assert (Ended.EXITED, 0) == ((seen := await see(scheduler, play)).ended, seen.exit_code)


async def test_steps_inherit_nothing(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A command has three open files, no ignored signals, its own session, and no variables but those given."""
    play = stage.play("ls /proc/self/fd | wc -l; env | grep -c PYTEST; umask; grep SigIgn /proc/self/status")
    assert 0 == await run(scheduler, ends, play)
    assert ["4", "0", "0022"] == play.lines()[:3]
    usual = (1 << 31) - 1  # the C library keeps two more for itself
    assert 0 == int(play.lines()[3].split()[1], 16) & usual


async def test_the_hosts_own_mounts_are_untouched(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """Confined runs of root's are spared the kernel's own file systems; on the host nothing is unmounted."""
    before = mounts_of_the_kernel()
    play = stage.play("grep -c ' - cgroup' /proc/self/mountinfo")
    await run(scheduler, ends, play)
    assert before <= mounts_of_the_kernel()
    seen = 0 if stage.private and os.geteuid() == 0 else sum(" - cgroup" in mount for mount in before)
    assert [str(seen)] == play.lines()


def mounts_of_the_kernel() -> set[str]:
    """Those of its own file systems, which nobody unmounts meanwhile; other tests come and go with disks."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return {mount for mount in mounts if mount.partition(" - ")[2].split()[0] in KERNELS}


KERNELS = {"cgroup", "cgroup2", "proc", "sysfs", "devpts", "mqueue", "debugfs", "tracefs", "securityfs"}


async def test_a_step_gets_its_environment_and_directory(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A command runs in the working directory, below its own home."""
    play = stage.play('echo "$PWD $HOME $TMPDIR"; pwd; touch "$TMPDIR/x"; read line || echo no input')
    assert 0 == await run(scheduler, ends, play)
    tmp = "/tmp" if stage.private else f"{play.directory}/tmp"
    home = f"{play.directory}/home"
    assert [f"{home}/work {home} {tmp}", f"{home}/work", "no input"] == play.lines()
    assert Path(play.directory, "tmp", "x").exists()


async def test_the_wrapper_also_runs_alone(stage: Stage) -> None:
    """On a host without the service, any Python runs the wrapper by its path."""
    play = stage.play("echo alone; exit 9")
    program = str(Path(processes.__file__).with_name("wrapper.py"))
    command = [sys.executable, program, play.directory, play.token]
    await asyncio.to_thread(subprocess.run, command, check=True, cwd="/", env={})
    end = json.loads(Path(play.directory, "exit.json").read_text())
    assert (Ended.EXITED, 9, [9], ["alone"]) == (end["ended"], end["exit_code"], end["steps"], play.lines())


async def test_output_and_errors_are_merged_in_the_log(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """Output and errors come in their order, between the opening and the closing lines, each with its time."""
    play = stage.play("echo one; echo two >&2; printf three", like=replace(BASE, log=STAMPED))
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    stamps, texts = zip(*((line[:24], line[24:]) for line in play.log().split("\n")[:-1]), strict=True)
    opening = f"Launching echo one; echo two >&2; printf three, Working dir: {play.work}.  Process output follows:"
    assert (opening, "one", "two", "three", "Exited with code 0", "") == texts
    assert all(re.fullmatch(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\]: ", stamp) for stamp in stamps)


@pytest.mark.slow
async def test_the_time_limit_spans_all_steps(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """When its time is over a launch is stopped, and says that this was why."""
    play = stage.play("sleep 0.6", "sleep 3600", like=replace(BASE, walltime=1))
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.WALLTIME, 143) == (look.ended, look.exit_code)
    assert 1_000_000 <= (look.ended_at or 0) - (look.started_at or 0) < 60_000_000
