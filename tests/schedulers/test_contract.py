"""What every scheduler must do: run once, tell the end, stop all of it, and know it all again after a crash."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.launch import Ended, Look
from dragoman.core.ports import Scheduler
from tests.schedulers.conftest import STAGES
from tests.schedulers.stage import BASE, Ends, Stage, marker, see, sleepers, until

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("stage", STAGES, indirect=True)]


async def test_the_exit_code_arrives(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A launch ends with its command's exit code and the times of its start and end."""
    play = stage.play("exit 3")
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (True, Ended.EXITED, 3, False) == (look.started, look.ended, look.exit_code, look.dead)
    assert 0 < (look.started_at or 0) <= (look.ended_at or 0)


async def test_a_signal_is_an_exit_code_above_128(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A command that a signal ends by itself has EXITED, with 128 and the signal's number."""
    play = stage.play("kill -SEGV $$")
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.EXITED, 139) == (look.ended, look.exit_code)


async def test_the_first_failing_step_is_the_last(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """Steps run one after another in one directory until one exits with a code other than zero."""
    play = stage.play("echo a > file", "cat file; exit 4", "echo never")
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    assert ("a\n", 4) == (play.log(), (await see(scheduler, play)).exit_code)


async def test_starting_twice_is_starting_once(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """However often, and at once, a token is started: its command runs once."""
    play = stage.play("echo ran >> count; sleep 0.2")
    await asyncio.gather(*(scheduler.start(play.directory, play.token) for _ in range(5)))
    await scheduler.start(play.directory, play.token)
    await until(lambda: Path(play.directory, "exit.json").exists())
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    assert "ran\n" == (play.work / "count").read_text()
    assert Ended.EXITED == (await see(scheduler, play)).ended


async def test_a_start_for_another_launch_starts_nothing(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A late start does not run what the directory holds under a newer token."""
    play = stage.play("echo ran > count")
    older = replace(play, token="older", handle={})
    await scheduler.start(play.directory, "older")
    await ends.of(older)
    assert Look(started=False) == replace(await see(scheduler, older), handle={})
    assert not (play.work / "count").exists()


async def test_many_are_looked_at_at_once(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """One look answers for launches in every condition."""
    over, under_way, waiting = stage.play("true"), stage.play("sleep 3600"), stage.play("true")
    for play in (over, under_way):
        await scheduler.start(play.directory, play.token)
    await ends.of(over)
    while not (await see(scheduler, under_way)).started:
        await asyncio.sleep(0.1)
    looks = await scheduler.look([(play.directory, play.token, {}) for play in (over, under_way, waiting)])
    assert (Ended.EXITED, None, None) == tuple(looks[p.token].ended for p in (over, under_way, waiting))
    assert (True, True, False) == tuple(looks[p.token].started for p in (over, under_way, waiting))
    await scheduler.stop(under_way.directory, under_way.token, {}, kill=True)
    await ends.of(under_way)


TREE = "sleep {m} & setsid sleep {m} & (setsid sh -c 'sleep {m} & sleep {m} & wait' &) ; echo ready; wait"


@pytest.mark.parametrize("kill", [False, True])
async def test_a_stop_takes_the_whole_tree(scheduler: Scheduler, stage: Stage, ends: Ends, kill: bool) -> None:
    """A stop ends children in sessions of their own and daemons that have left their parents, too."""
    mark = marker()
    play = stage.play(TREE.format(m=mark))
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 4)
    await scheduler.stop(play.directory, play.token, {}, kill=kill)
    await ends.of(play)
    assert (0, Ended.STOPPED) == (sleepers(mark), (await see(scheduler, play)).ended)


async def test_who_ignores_the_stop_is_killed_after_the_grace(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """SIGTERM may be ignored, but only for the time of grace."""
    mark = marker()
    play = stage.play(f"trap '' TERM; sleep {mark}; echo never", like=replace(BASE, grace=0.5))
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 1)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.STOPPED, 137, 0) == (look.ended, look.exit_code, sleepers(mark))
    assert "never" not in play.lines()


async def test_a_command_has_its_grace_though_its_shell_has_none(
    scheduler: Scheduler, stage: Stage, ends: Ends
) -> None:
    """A solver that saves its state on SIGTERM can, and the script's next command does not run."""
    solver = "trap 'sleep 0.3; echo saved; exit 0' TERM; touch ready; while :; do sleep 0.02; done"
    play = stage.play(f'bash -c "{solver}"; echo next')
    await scheduler.start(play.directory, play.token)
    await until((play.work / "ready").exists)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.STOPPED, 143) == (look.ended, look.exit_code)
    assert (True, False) == ("saved" in play.lines(), "next" in play.lines())


async def test_a_script_can_clean_up(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """The script's own trap runs when it is stopped."""
    mark = marker()
    play = stage.play(f"trap 'echo cleaned; exit 7' TERM; sleep {mark}")
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 1)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.STOPPED, 7, "cleaned") == (look.ended, look.exit_code, play.lines()[-1])


async def test_a_kill_gives_no_grace(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A kill ends it at once, also when it comes in the middle of a graceful stop."""
    mark = marker()
    play = stage.play(f"trap '' TERM; sleep {mark}", like=replace(BASE, grace=3600.0))
    await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) == 1)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await scheduler.stop(play.directory, play.token, {}, kill=True)
    await ends.of(play)
    assert (Ended.STOPPED, 0) == ((await see(scheduler, play)).ended, sleepers(mark))


async def test_a_stop_is_obeyed_at_any_moment(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A stop right after the start is obeyed, whether the first command has begun or not."""
    plays = [stage.play("sleep 3600", "sleep 3600") for _ in range(8)]
    for play in plays:
        await scheduler.start(play.directory, play.token)
        await scheduler.stop(play.directory, play.token, {}, kill=False)
    for play in plays:
        await ends.of(play)
        assert Ended.STOPPED == (await see(scheduler, play)).ended


async def test_stopping_what_does_not_run_is_no_error(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A stop may come before the start, after the end, and twice."""
    play = stage.play("true")
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    for kill in (False, True, True):
        await scheduler.stop(play.directory, play.token, {}, kill=kill)
    assert Ended.EXITED == (await see(scheduler, play)).ended


async def test_what_is_left_behind_does_not_keep_it_open(scheduler: Scheduler, stage: Stage, ends: Ends) -> None:
    """A daemon that a command leaves is ended with it, though it holds the output open."""
    mark = marker()
    play = stage.play(f"(setsid sh -c 'trap \"\" TERM HUP; sleep {mark}' &); echo done")
    await scheduler.start(play.directory, play.token)
    await ends.of(play)
    look = await see(scheduler, play)
    assert (Ended.EXITED, 0, 0) == (look.ended, look.exit_code, sleepers(mark))
    assert ["done"] == play.lines()
