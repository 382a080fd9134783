"""What the fork scheduler of a host behind a login does beside the contract: it ships its programs, and looks once."""

import asyncio
import glob
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.core.errors import Broken, Unavailable
from dragoman.core.launch import Ended, LaunchStep, Look
from dragoman.core.ports import Done
from dragoman.schedulers import kit, processes
from dragoman.schedulers.remote import RemoteScheduler
from dragoman.shells.local_login import LocalLogin
from dragoman.shells.ssh import SshLogin
from dragoman.shells.ssh_pool import SshPool
from dragoman.shells.ssh_target import SshTarget
from tests.hosts.login import AccountLogin
from tests.hosts.ssh import SshHost
from tests.schedulers.stage import BASE, Ends, Play, Stage, marker, see, sleepers, until, write
from tests.shells.grounds import Remembered

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("stage", ["remote"], indirect=True)]


@pytest.fixture
def login(ground: Path) -> AccountLogin:
    """A login whose home is empty."""
    return AccountLogin("alice", {"HOME": str(ground)})


def file_of(ground: Path) -> Path:
    return ground / ".cache" / "dragoman" / f"dragoman-{kit.packed()[1][:16]}.pyz"


async def finished(scheduler: RemoteScheduler, play: Play) -> Look:
    await Ends(scheduler=scheduler, pushes=False).of(play)
    return await see(scheduler, play)


async def test_the_programs_are_shipped_once(login: AccountLogin, stage: Stage, ground: Path) -> None:
    """The first of all starts ships one file, its owner's alone; whoever finds it whole ships nothing."""
    plays = [stage.play("exit 3") for _ in range(2)]
    for play in plays:
        scheduler = RemoteScheduler(login)
        await scheduler.start(play.directory, play.token)
        assert 3 == (await finished(scheduler, play)).exit_code
    file = file_of(ground)
    assert (kit.packed()[0], 0o600, 1) == (file.read_bytes(), file.stat().st_mode & 0o777, len(login.written))


@pytest.mark.parametrize("mischief", ["removed", "spoiled"])
async def test_a_file_that_is_not_whole_is_shipped_again(
    login: AccountLogin, stage: Stage, ground: Path, mischief: str
) -> None:
    """A file that was removed meanwhile is shipped again at once, a spoiled one by the next service."""
    scheduler, play = RemoteScheduler(login), stage.play("exit 4")
    assert {} == await scheduler.look([])
    if mischief == "removed":
        file_of(ground).unlink()
    else:
        file_of(ground).write_bytes(b"something else")
        scheduler = RemoteScheduler(login)
    await scheduler.start(play.directory, play.token)
    assert (4, kit.packed()[0]) == ((await finished(scheduler, play)).exit_code, file_of(ground).read_bytes())


async def test_one_look_is_one_command(login: AccountLogin, stage: Stage) -> None:
    """However many launches are looked at, the host is asked once."""
    scheduler, plays = RemoteScheduler(login), [stage.play("exit 5") for _ in range(5)]
    for play in plays:
        await scheduler.start(play.directory, play.token)
    for play in plays:
        await finished(scheduler, play)
    many: list[tuple[str, str, dict[str, object]]] = [(play.directory, play.token, {}) for play in plays]
    many += [(play.directory, f"{play.token}{number}", {}) for play in plays for number in range(60)]
    before = len(login.commands)
    looks = await scheduler.look(many)
    assert (1, len(many)) == (len(login.commands) - before, len(looks))
    assert [(Ended.EXITED, 5)] * 5 == [(looks[p.token].ended, looks[p.token].exit_code) for p in plays]


@pytest.mark.slow
async def test_a_run_outlives_the_connection(ssh_host: SshHost, stage: Stage) -> None:
    """Over SSH, what was started goes on when the connection is cut, and a later service finds it."""
    alice, mark = ssh_host.alice, marker()
    play = stage.play(f"sleep {mark}; exit 6")
    pool = SshPool(Remembered())
    login = SshLogin(
        pool, SshTarget(host=ssh_host.host, port=ssh_host.port, login="alice", private_key=alice.private_key)
    )
    await RemoteScheduler(login).start(play.directory, play.token)
    ssh_host.cut()
    await until(lambda: sleepers(mark) == 1)
    scheduler = RemoteScheduler(login)
    look = await eventually(scheduler, play)
    assert (True, None) == (look.started, look.ended)
    await scheduler.stop(play.directory, play.token, {}, kill=False)
    assert Ended.STOPPED == (await finished(scheduler, play)).ended
    await pool.close()


async def eventually(scheduler: RemoteScheduler, play: Play) -> Look:
    """The first look that succeeds after a connection was cut."""
    for _ in range(100):
        try:
            return await see(scheduler, play)
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the host does not come back")


class Silent(AccountLogin):
    """A login to a host that does not answer."""

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Fail."""
        raise Unavailable("The host is silent.")


async def test_silence_is_no_end(stage: Stage) -> None:
    """What a silent host does is unknown."""
    play = stage.play("true")
    with pytest.raises(Unavailable, match="silent"):
        await see(RemoteScheduler(Silent("alice")), play)


async def test_a_directory_that_cannot_be_read_is_left_out(login: AccountLogin, stage: Stage) -> None:
    """One directory that cannot be read keeps nobody from seeing the others; when it is the only one, that is told."""
    scheduler, good, bad = RemoteScheduler(login), stage.play("true"), stage.play("true")
    Path(bad.directory, "exit.json").mkdir()
    looks = await scheduler.look([(play.directory, play.token, {}) for play in (good, bad)])
    assert {good.token: Look(started=False)} == looks
    with pytest.raises(Unavailable, match="cannot be looked at"):
        await see(scheduler, bad)


@pytest.mark.parametrize("end", ["", "null", '{"token": "T"}', '{"token": "T", "ended": "DONE", "exit_code": "x"}'])
async def test_what_somebody_else_wrote_is_no_end(login: AccountLogin, stage: Stage, end: str) -> None:
    """People own their run directories: an ``exit.json`` that no wrapper wrote is none."""
    play = stage.play("true")
    Path(play.directory, "exit.json").write_text(end.replace("T", play.token))
    assert Look(started=False) == await see(RemoteScheduler(login), play)


async def test_a_directory_without_a_launch_is_refused(login: AccountLogin, stage: Stage, ground: Path) -> None:
    """There is nothing to start where no launch was written."""
    with pytest.raises(Broken, match="There is no launch"):
        await RemoteScheduler(login).start(str(ground), "token")


async def test_a_command_without_an_environment_has_the_logins(login: AccountLogin, stage: Stage, ground: Path) -> None:
    """A step whose environment is not given gets that of the login, in the run's own directory."""
    play = stage.play("true")
    command = ("/bin/sh", "-c", "echo $HOME $USER; id -un; pwd")
    write(play, replace(BASE, steps=(LaunchStep(argv=command, environment=None, command="it"),)))
    scheduler = RemoteScheduler(login)
    await scheduler.start(play.directory, play.token)
    await finished(scheduler, play)
    assert [f"{ground} alice", "alice", str(play.work)] == play.lines()


class NoPython(AccountLogin):
    """A login to a host whose Python is gone."""

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Run it where a program that fails lies over every Python."""
        hide = "".join(f"mount --bind /bin/false {path}; " for path in glob.glob("/usr/bin/python3.*[0-9]"))
        inner = LocalLogin("/", lambda argv: ("unshare", "--mount", "sh", "-c", f'{hide} exec "$@"', "sh", *argv))
        return await inner.run(argv, stdin=stdin, seconds=seconds, limit=limit)


async def test_a_host_without_python_says_so(stage: Stage) -> None:
    """Where there is no Python to run them, nothing is tried, and what to do is told."""
    play = stage.play("true")
    with pytest.raises(Broken, match=r"no Python 3\.9 or newer. Install python3"):
        await RemoteScheduler(NoPython("alice")).start(play.directory, play.token)


def pythons() -> list[str]:
    """Every Python of this machine that will do, one of each version."""
    found = [*glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")), "/usr/bin/python3"]
    ask = "import sys; print(sys.version_info[1])"
    minors = {path: int(subprocess.run([path, "-c", ask], capture_output=True, check=True).stdout) for path in found}
    return sorted({minor: path for path, minor in minors.items() if minor >= 9}.values())


@pytest.mark.slow
@pytest.mark.parametrize("python", pythons())
async def test_any_python_from_3_9_on_will_do(stage: Stage, ground: Path, python: str) -> None:
    """The programs run, stop and look with every Python they promise to; one that is too old is passed over."""
    programs = ground / "programs"
    programs.mkdir()
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3").chmod(0o755)
    (programs / "python3.13").symlink_to(python)
    login = AccountLogin("root", {"HOME": str(ground), "PATH": f"{programs}:/usr/bin:/bin"})
    scheduler, mark = RemoteScheduler(login), marker()
    over, stopped = stage.play("echo one; exit 7"), stage.play(f"trap '' TERM; sleep {mark} & wait; sleep {mark}")
    for play in (over, stopped):
        await scheduler.start(play.directory, play.token)
    await until(lambda: sleepers(mark) >= 1)
    await scheduler.stop(stopped.directory, stopped.token, {}, kill=True)
    looks = [await finished(scheduler, play) for play in (over, stopped)]
    assert [(Ended.EXITED, 7), (Ended.STOPPED, 137)] == [(look.ended, look.exit_code) for look in looks]
    used = {command[0] for command in login.commands if command[-1] == "look"}
    assert {os.path.realpath(python)} == {os.path.realpath(path) for path in used}


async def test_where_there_are_no_pidfds_numbers_will_do(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an old kernel a process is signalled by its number, but only when it is still the same process."""
    monkeypatch.setattr(processes, "_PIDFDS", False)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    process = processes.find(child.pid)
    assert process is not None
    earlier = processes.Process(child.pid, 0, process.start - 1, "", alive=True)
    processes.send(earlier, signal.SIGKILL)
    assert child.poll() is None
    processes.send(process, signal.SIGKILL)
    assert -signal.SIGKILL == await asyncio.to_thread(child.wait)
