"""What the Slurm scheduler does on a real cluster beside the contract: states, refusals, twins, arrays, signals."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.errors import Broken, Invalid, Problem
from dragoman.core.launch import Ended, Look
from dragoman.schedulers.slurm import SlurmScheduler
from tests.hosts.login import AccountLogin
from tests.hosts.slurm import Slurm
from tests.schedulers.stage import BASE, SCRIPT, BatchStage, Ends, Play, see, until, write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.parametrize("stage", ["slurm"], indirect=True)]

LATER = "--begin=now+1hour"


async def started(scheduler: SlurmScheduler, play: Play) -> Look:
    """Start it, and keep its handle as its keeper does."""
    play.handle.update(await scheduler.start(play.directory, play.token))
    return await see(scheduler, play)


async def until_seen(scheduler: SlurmScheduler, play: Play, condition: Callable[[Look], bool]) -> Look:
    """The first look that fulfils the condition."""
    async with asyncio.timeout(120):
        while not condition(look := await see(scheduler, play)):
            await asyncio.sleep(0.1)
    return look


def scripted(stage: BatchStage, body: str, *directives: str) -> Play:
    """A launch whose script has these directives."""
    play = stage.play("true")
    stage.write_script(play, body, *directives)
    return play


def number(play: Play) -> str:
    return str(play.handle["job"])


def as_alice(slurm: Slurm, *argv: str) -> str:
    command = ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "env", *argv]
    return slurm.run(*command)


async def test_states_and_reasons_are_slurms_own(scheduler: SlurmScheduler, stage: BatchStage, ends: Ends) -> None:
    """A job waits for a reason, and its end has Slurm's word, its exit code and its times."""
    waiting, failed = scripted(stage, "true", LATER), stage.play("exit 3")
    look = await started(scheduler, waiting)
    assert (False, True, "PENDING", None) == (look.started, look.pending, look.scheduler_state, look.ended)
    await until_seen(scheduler, waiting, lambda look: look.reason == "BeginTime")
    await started(scheduler, failed)
    look = await until_seen(scheduler, failed, lambda look: look.ended is not None)
    assert (Ended.EXITED, 3, "FAILED", "NonZeroExitCode") == (
        look.ended, look.exit_code, look.scheduler_state, look.reason,
    )  # fmt: skip
    assert 0 < (look.started_at or 0) <= (look.ended_at or 0)
    await scheduler.stop(waiting.directory, waiting.token, waiting.handle, kill=False)
    assert Look(started=False, ended=Ended.STOPPED) == replace(await see(scheduler, waiting), handle={})


@pytest.mark.parametrize("directives", [(), (LATER,)], ids=["running", "waiting"])
async def test_who_is_cancelled_by_others_was_ended_by_the_scheduler(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, directives: tuple[str, ...]
) -> None:
    """A job that its owner cancels by hand did not end by itself, nor was it stopped through us."""
    play = scripted(stage, "touch here; sleep 3600", *directives)
    await started(scheduler, play)
    if not directives:
        await until((play.work / "here").exists)
    as_alice(slurm, "scancel", number(play))
    look = await until_seen(scheduler, play, lambda look: look.ended is not None)
    assert (Ended.SCHEDULER, "CANCELLED", not directives) == (look.ended, look.scheduler_state, look.started)


async def test_who_takes_too_much_memory_is_told_so(scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm) -> None:
    """A job that Slurm kills for its memory has ended by its memory, with the exit code of what was killed."""
    if not slurm.memory:
        pytest.skip("this machine has no control groups that limit memory")
    play = stage.play("python3 -c 'print(len(bytearray(200 << 20)))'; exit $?")
    await started(scheduler, play)
    look = await until_seen(scheduler, play, lambda look: look.ended is not None)
    assert (Ended.MEMORY, "OUT_OF_MEMORY", 137) == (look.ended, look.scheduler_state, look.exit_code)


async def test_who_takes_too_long_is_told_so(scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm) -> None:
    """A job that Slurm ends for its time has ended by its time."""
    play = stage.play("touch here; sleep 3600")
    await started(scheduler, play)
    await until((play.work / "here").exists)
    slurm.run("scontrol", "update", f"jobid={number(play)}", "EndTime=now")
    look = await until_seen(scheduler, play, lambda look: look.ended is not None)
    assert (Ended.WALLTIME, 143) == (look.ended, look.exit_code)


@pytest.mark.parametrize(
    ("directive", "field"),
    [
        ("--partition=nope", "queue"),
        ("--partition=short --time=5000", "time"),
        ("--mem=999G", "memory"),
        ("--nodes=9", "nodes"),
        ("--constraint=magic", "constraint"),
    ],
)
async def test_slurm_says_what_it_refuses(
    scheduler: SlurmScheduler, stage: BatchStage, directive: str, field: str
) -> None:
    """A refusal names its field in Slurm's own words; nothing was submitted."""
    play = scripted(stage, "true", directive)
    with pytest.raises(Invalid, match="Slurm refuses it: ") as refused:
        await scheduler.start(play.directory, play.token)
    assert {(field,)} == set(refused.value.fields)


@pytest.mark.parametrize(
    ("mischief", "says"),
    [
        (lambda play: (Path(play.directory) / SCRIPT).unlink(), "The batch script job.sh is missing"),
        (lambda play: write(play, BASE), "names no batch script"),
        (lambda play: (Path(play.directory) / "run.json").unlink(), "There is no launch"),
        (lambda play: (Path(play.directory) / SCRIPT).write_text("true\n"), "must begin with #!"),
        (lambda play: (Path(play.directory) / SCRIPT).write_text("#!/bin/sh\n#SBATCH --foo\n"), "unrecognized option"),
    ],
    ids=["missing", "unnamed", "no launch", "no script", "no directive"],
)
async def test_what_cannot_be_submitted_is_refused(
    scheduler: SlurmScheduler, stage: BatchStage, mischief: Callable[[Play], object], says: str
) -> None:
    """Without a script that Slurm can take nothing is submitted, and it is said why."""
    play = stage.play("true")
    mischief(play)
    with pytest.raises((Broken, Invalid), match=says):
        await scheduler.start(play.directory, play.token)


async def test_a_host_without_slurm_says_so(stage: BatchStage) -> None:
    """Where there is no Slurm, it is said what to do."""
    play = stage.play("true")
    scheduler = SlurmScheduler(AccountLogin("alice"), {"PATH": "/nowhere"})
    with pytest.raises(Problem, match=r"was not found on the host. Its folder must be in a PATH"):
        await scheduler.look([(play.directory, play.token, {})])


async def test_an_answer_that_was_lost_is_found_again(scheduler: SlurmScheduler, stage: BatchStage) -> None:
    """A start that does not know what became of an earlier one finds its job by the token."""
    play = scripted(stage, "true", LATER)
    await started(scheduler, play)
    (Path(play.directory) / ".dragoman" / f"{play.token}.job").unlink()
    again = await scheduler.start(play.directory, play.token)
    assert number(play) == again["job"]
    await scheduler.stop(play.directory, play.token, play.handle, kill=True)


async def test_a_twin_does_nothing(scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends) -> None:
    """A job that was submitted twice does its work once; the twin spoils neither its output nor its end."""
    play = scripted(stage, "echo once; echo ran >> count; exit 5", "--hold")
    await started(scheduler, play)
    for name in ("job", "sh"):
        (Path(play.directory) / ".dragoman" / f"{play.token}.{name}").unlink()
    forgetful = SlurmScheduler(AccountLogin("alice"), slurm.environment)
    second = await forgetful.start(play.directory, play.token)
    assert number(play) != second["job"]
    both = f"{number(play)},{second['job']}"
    as_alice(slurm, "scontrol", "release", both)
    await until(lambda: not slurm.run("squeue", "-h", "-j", both), within=60)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.EXITED, 5, ["once"]) == (look.ended, look.exit_code, play.lines())
    assert "ran\n" == (play.work / "count").read_text()


async def test_output_begins_anew_unless_it_is_to_be_appended(
    scheduler: SlurmScheduler, stage: BatchStage, ends: Ends
) -> None:
    """As with Slurm alone, an output file that is there is overwritten, or appended to when the script says so."""
    plays = [scripted(stage, "echo new"), scripted(stage, "echo new", "--open-mode=append")]
    for play in plays:
        (play.work / "run.log").write_text("old\n")
        subprocess.run(["chown", "-R", "alice", play.directory], check=True)
        await scheduler.start(play.directory, play.token)
    for play in plays:
        await ends.of(play)
    assert [["new"], ["old", "new"]] == [play.lines() for play in plays]


async def test_an_array_ends_with_its_last_task(scheduler: SlurmScheduler, stage: BatchStage, ends: Ends) -> None:
    """Every task of an array job runs once; the job ends with the last of them, with the code of one that failed."""
    body = "echo $SLURM_ARRAY_TASK_ID >> tasks; sleep 0.$SLURM_ARRAY_TASK_ID; [ $SLURM_ARRAY_TASK_ID != 2 ] || exit 9"
    play = scripted(stage, body, "--array=1-4%3")
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.EXITED, 9) == (look.ended, look.exit_code)
    assert ["1", "2", "3", "4"] == sorted((play.work / "tasks").read_text().split())


@pytest.mark.parametrize("name", ["USR1", "INT"])
async def test_a_signal_for_the_script_reaches_it(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends, name: str
) -> None:
    """An early warning for the script reaches it, though ours is the shell that Slurm tells."""
    play = scripted(stage, f"trap 'echo warned; exit 8' {name}; touch here; while :; do sleep 0.05; done")
    await started(scheduler, play)
    await until((play.work / "here").exists)
    as_alice(slurm, "scancel", f"--signal={name}", "--batch", number(play))
    await ends.of(play)
    assert (8, ["warned"]) == ((await see(scheduler, play)).exit_code, play.lines())


async def test_a_script_may_save_its_state_when_slurm_ends_it(
    scheduler: SlurmScheduler, stage: BatchStage, slurm: Slurm, ends: Ends
) -> None:
    """Who is cancelled by others has the time that Slurm gives, and its last exit code is kept."""
    play = scripted(stage, "trap 'sleep 0.5; echo saved; exit 9' TERM; touch here; while :; do sleep 0.05; done")
    await started(scheduler, play)
    await until((play.work / "here").exists)
    as_alice(slurm, "scancel", number(play))
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.SCHEDULER, 9, True) == (look.ended, look.exit_code, "saved" in play.lines())


PROFILE = """\
echo Welcome
read -r line
export PATH=/site/bin:$PATH FROM_PROFILE="two
lines; \\$HOME" token=mine
module() { echo "loaded $2"; }
export -f module
"""


async def variables_of(stage: BatchStage, slurm: Slurm, profile: str, *directives: str) -> dict[str, str]:
    """What a job sees of an account with this profile."""
    home = stage.root / "home"
    home.mkdir(exist_ok=True)
    (home / ".profile").write_text(profile)
    login = AccountLogin("alice", {"HOME": str(home), "LC_ALL": "C", "SSH_TTY": "/dev/pts/1", "IN_SESSION": "yes"})
    scheduler = SlurmScheduler(login, {**slurm.environment, "SLURM_TIME_FORMAT": "%s"}, path="/slurm/bin")
    play = scripted(stage, "module load gcc; env -0 | tr '\\0\\n' '\\n '", *directives)
    await scheduler.start(play.directory, play.token)
    await Ends(scheduler=scheduler, pushes=False).of(play)
    lines = play.lines()
    return {"module": lines[0], **dict(line.split("=", 1) for line in lines if "=" in line)}


async def test_a_job_has_the_variables_of_a_login(stage: BatchStage, slurm: Slurm) -> None:
    """As after a login of its account, with what its profile sets, functions too; none of ours are among them."""
    plain = await variables_of(stage, slurm, PROFILE)
    assert (str(stage.root / "home"), "alice") == (plain["HOME"], plain["LOGNAME"])
    assert ("two lines; $HOME", "mine", "loaded gcc") == (plain["FROM_PROFILE"], plain["token"], plain["module"])
    assert plain["PATH"].startswith("/slurm/bin:/site/bin:/")
    assert [] == [name for name in ("here", "script", "SSH_TTY", "SLURM_EXPORT_ENV") if name in plain]


async def test_a_script_may_choose_its_variables(stage: BatchStage, slurm: Slurm) -> None:
    """Those that it names itself."""
    chosen = await variables_of(stage, slurm, PROFILE, "--export=HOME,COLOUR=red")
    assert (str(stage.root / "home"), "red") == (chosen["HOME"], chosen["COLOUR"])
    assert "FROM_PROFILE" not in chosen


async def test_a_profile_that_leads_elsewhere_keeps_no_job_back(stage: BatchStage, slurm: Slurm) -> None:
    """Where a login shell cannot tell its variables, jobs have those of the session."""
    plain = await variables_of(stage, slurm, "export LOST=1; exec cat")
    assert ("yes", "alice") == (plain["IN_SESSION"], plain["LOGNAME"])
    assert "LOST" not in plain


async def test_what_was_submitted_is_what_runs(scheduler: SlurmScheduler, stage: BatchStage, ends: Ends) -> None:
    """As with Slurm alone, a script that is changed after its submission changes nothing."""
    play = scripted(stage, "echo first", "--begin=now+1")
    await scheduler.start(play.directory, play.token)
    stage.write_script(play, "echo second")
    await ends.of(play)
    assert ["first"] == play.lines()


async def test_input_and_the_interpreter_are_the_scripts_own(
    scheduler: SlurmScheduler, stage: BatchStage, ends: Ends
) -> None:
    """Any interpreter will do, and the script reads what its directive names."""
    play = scripted(stage, "")
    (play.work / "in").write_text("read me\n")
    lines = (f"--output={play.work}/run.log", f"--input={play.work}/in")
    head = "".join(f"#SBATCH {line}\n" for line in lines)
    script = f"#!/usr/bin/python3 -u\n{head}import sys\nprint(sys.stdin.read().upper(), end='')\nsys.exit(4)\n"
    (Path(play.directory) / SCRIPT).write_text(script)
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    assert (4, ["READ ME"]) == ((await see(scheduler, play)).exit_code, play.lines())


async def test_a_look_is_at_most_three_commands(stage: BatchStage, slurm: Slurm, ends: Ends) -> None:
    """However many are looked at: one list of jobs, and one command for the directories of those that are not in it."""
    login = AccountLogin("alice")
    scheduler = SlurmScheduler(login, slurm.environment)
    plays = [stage.play("exit 1"), stage.play("sleep 3600"), scripted(stage, "true", LATER)]
    for play in plays:
        await started(scheduler, play)
    await until_seen(scheduler, plays[0], lambda look: look.ended is not None)
    await until_seen(scheduler, plays[1], lambda look: look.started)
    unknown: list[tuple[str, str, dict[str, object]]] = [
        (play.directory, f"{play.token}{count}", {}) for play in plays for count in range(300)
    ]
    before = len(login.commands)
    looks = await scheduler.look([*((p.directory, p.token, p.handle) for p in plays), *unknown])
    used = [next(word for word in command if word in ("squeue", "sh", "sacct")) for command in login.commands[before:]]
    assert (["squeue", "sh"], 903) == (used[:2], len(looks))
    assert len(used) <= 3
    assert [Ended.EXITED, None, None] == [looks[play.token].ended for play in plays]
    for play in plays[1:]:
        await scheduler.stop(play.directory, play.token, play.handle, kill=True)


async def test_a_directory_that_cannot_be_read_is_left_out(scheduler: SlurmScheduler, stage: BatchStage) -> None:
    """One directory that its account cannot enter keeps nobody from seeing the others."""
    good, bad = stage.play("true"), stage.play("true")
    Path(bad.directory).chmod(0)
    looks = await scheduler.look([(play.directory, play.token, {}) for play in (good, bad)])
    assert [good.token] == list(looks)
    with pytest.raises(Problem):
        await see(scheduler, bad)


async def test_an_end_is_written_as_every_wrapper_does(
    scheduler: SlurmScheduler, stage: BatchStage, ends: Ends
) -> None:
    """``exit.json`` has the same form wherever a launch has run."""
    play = stage.play("exit 6")
    await started(scheduler, play)
    await ends.of(play)
    end = json.loads((Path(play.directory) / "exit.json").read_text())
    assert (play.token, "EXITED", 6, number(play)) == (end["token"], end["ended"], end["exit_code"], end["job"])
