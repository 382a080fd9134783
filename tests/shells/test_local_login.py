"""What concerns the login on our own host alone: nothing leads out of its directory, and nothing it starts stays."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dragoman.core.errors import Denied, NotFound, Problem, Unavailable
from dragoman.shells import local_files
from dragoman.shells.local_login import LocalLogin
from tests.shells.grounds import content, once
from tests.shells.test_login_commands import found, gone
from tests.shells.things import as_nobody, nobodys_directory

pytestmark = pytest.mark.anyio

SECRET = b"of somebody else"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory beside the home, with a secret in it."""
    directory = tmp_path / "outside"
    directory.mkdir()
    (directory / "secret").write_bytes(SECRET)
    return directory


@pytest.fixture
def home(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


def login_at(home: Path) -> LocalLogin:
    return LocalLogin(str(home), list)


async def test_dots_stay_inside(home: Path, outside: Path) -> None:
    """However many steps a path goes up, it ends at the directory's top."""
    (home / "file").write_bytes(b"mine")
    for path in ("/../../file", "/../outside/../file", "/a/../../../../file"):
        with suppress(NotFound):
            assert b"mine" == await content(login_at(home), path)
    with pytest.raises(NotFound):
        await login_at(home).facts(f"/../{outside.name}/secret")


@pytest.mark.parametrize("target", ["../outside", "{outside}", "/../../{outside}", "../../../../../../{outside}"])
async def test_links_stay_inside(home: Path, outside: Path, target: str) -> None:
    """A link to a place outside means a place of that name inside, to every verb."""
    (home / "link").symlink_to(target.format(outside=outside))
    login = login_at(home)
    for work in (
        content(login, "/link/secret"),
        login.facts("/link/secret"),
        login.entries("/link"),
        login.remove("/link/secret"),
        login.change_mode("/link/secret", 0o777),
        login.rename("/link/secret", "/mine"),
        login.copy("/link/secret", "/mine"),
    ):
        with pytest.raises(NotFound):
            await work
    await login.write("/link/secret", once(b"inside"))
    await login.make_directory("/link/new")
    assert ["secret"] == [path.name for path in outside.iterdir()]
    assert SECRET == (outside / "secret").read_bytes()


async def test_absolute_links_begin_at_the_top(home: Path) -> None:
    """To a link, too, the directory is the root: so commands see it."""
    (home / "data").mkdir()
    (home / "data/file").write_bytes(b"found")
    (home / "link").symlink_to("/data/../data/file")
    assert b"found" == await content(login_at(home), "/link")


async def test_links_in_a_ring_end(home: Path) -> None:
    """Links that lead to each other are a problem, not a loop."""
    (home / "a").symlink_to("b")
    (home / "b").symlink_to("a/x")
    with pytest.raises(Problem):
        await login_at(home).facts("/a/file")


_FLIP = """
import os, shutil, sys
from contextlib import suppress
inside, place, outside = sys.argv[1:]
while True:
    with suppress(OSError):
        os.makedirs(inside, exist_ok=True)
        with open(f"{inside}/secret", "w") as file:
            file.write("mine")
        for _ in range(50):
            os.rename(inside, place)
            os.rename(place, inside)
            os.symlink(outside, place)
            os.unlink(place)
    # What the verbs have made meanwhile may stand in the way.
    with suppress(OSError):
        os.unlink(place)
    shutil.rmtree(place, ignore_errors=True)
"""


@contextmanager
def flipping(home: Path, outside: Path) -> Iterator[None]:
    """Somebody who makes ``/place`` a directory and a link to the outside in turn, as fast as can be."""
    argv = [sys.executable, "-I", "-S", "-c", _FLIP, str(home / "inside"), str(home / "place"), str(outside)]
    with subprocess.Popen(argv) as process:
        try:
            yield
        finally:
            process.kill()


def seen(home: Path) -> set[int]:
    """The sizes of what was found at ``/place/secret`` in many looks, from the first one on that finds anything."""
    sizes: set[int] = set()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(Problem):
            size = local_files.facts(str(home), "/place/secret", follow=True).size
            if not sizes:
                until = time.monotonic() + 1
            sizes.add(size)
    return sizes


async def test_no_race_shows_the_outside(home: Path, outside: Path) -> None:
    """Whatever changes between the steps of a path, it leads to what is inside."""
    with flipping(home, outside):
        assert {len(b"mine")} == seen(home)


async def test_no_race_changes_the_outside(home: Path, outside: Path) -> None:
    """Whatever changes between a look and an act, nothing outside is read, changed or removed."""
    login, until = login_at(home), time.monotonic() + 1.0
    with flipping(home, outside):
        while time.monotonic() < until:
            with suppress(Problem):
                assert SECRET != await content(login, "/place/secret")
            for work in (
                login.write("/place/secret", once(b"changed")),
                login.copy("/place", "/copied"),
                login.change_mode("/place/secret", 0o777),
                login.remove("/place/secret"),
                login.remove("/place"),
            ):
                with suppress(Problem):
                    await work
    assert ["secret"] == [path.name for path in outside.iterdir()]
    assert SECRET == (outside / "secret").read_bytes()
    copies = [path.read_bytes() for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    assert SECRET not in copies


async def test_the_top_stays(home: Path) -> None:
    """The directory itself is neither removed nor moved."""
    login = login_at(home)
    (home / "a").mkdir()
    for path in ("/", "/.", "/a/.."):
        with pytest.raises(Denied):
            await login.remove(path)
    with pytest.raises(Problem):
        await login.rename("/", "/x")
    assert home.is_dir()


async def test_no_rights_are_lent(home: Path) -> None:
    """Bits that make a program run as its owner, who is the service, cannot be set."""
    login = login_at(home)
    await login.write("/program", once(b""), mode=0o6755)
    assert 0o755 == (await login.facts("/program")).mode
    await login.change_mode("/program", 0o7711)
    assert 0o1711 == (await login.facts("/program")).mode


async def test_a_home_that_is_missing_is_not_found(home: Path) -> None:
    """Without its directory a login has nothing, and says so."""
    login = login_at(home / "gone")
    for work in (login.facts("/"), login.entries("/"), login.run(["true"])):
        with pytest.raises(NotFound):
            await work


async def test_deep_paths_cost_little(home: Path) -> None:
    """A path as long as paths can be is walked in few descriptors, and back again by dots in reasonable time."""
    deep = "d/" * 1000
    await login_at(home).make_directory(f"/{deep}")
    started, before = time.process_time(), len(os.listdir("/proc/self/fd"))
    with local_files.place(str(home), f"/{deep}{'../' * 1000}{deep}x", follow=True):
        assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert time.process_time() - started < 2
    await login_at(home).remove("/d")
    assert [] == list(home.iterdir())


async def test_no_descriptor_is_left(home: Path) -> None:
    """After any verb, done or failed or given up, no file is open that was not before."""
    login, before = login_at(home), sorted(os.listdir("/proc/self/fd"))
    (home / "big").write_bytes(bytes(5_000_000))
    (home / "deep/er").mkdir(parents=True)
    (home / "link").symlink_to("/deep")
    for n in range(60):
        task = asyncio.create_task(content(login, "/link/../big"))
        other = asyncio.create_task(login.write("/link/er/x/y", once(b"1", b"2")))
        await asyncio.sleep(0.0002 * (n % 15))
        task.cancel()
        other.cancel()
        for each in (task, other):
            with suppress(asyncio.CancelledError):
                await each
        for work in (login.copy("/deep", "/deep/x/z"), login.entries("/big"), login.facts("/no/where")):
            with suppress(Problem):
                await work
    async with asyncio.timeout(120):  # a thread may still be about to close what it had
        while before != sorted(os.listdir("/proc/self/fd")):
            await asyncio.sleep(0.01)
    assert [] == list(home.rglob("*.part"))


@pytest.mark.slow
async def test_nothing_stays_in_the_background(home: Path) -> None:
    """When a command ends, what it has started in its process group ends; what fled it keeps nobody waiting."""
    mark, fled = f"86399.{time.monotonic_ns()}", f"86398.{time.monotonic_ns()}"
    done = await login_at(home).run(["sh", "-c", f"sleep {mark} & setsid sleep {fled} & sleep 0.3; echo started"])
    assert b"started\n" == done.out
    assert await gone(mark)
    left = found(fled)
    assert left
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert await gone(fled)


def _refused(top: str) -> list[str]:
    """What is said to somebody without the rights of root about what is locked, and what does not fit on the disk."""
    login = LocalLogin(top, list)
    (Path(top) / "locked").mkdir()
    (Path(top) / "locked/file").write_text("")
    (Path(top) / "locked").chmod(0)

    async def play() -> list[str]:
        said = []
        for work in (
            content(login, "/locked/file"),
            login.entries("/locked"),
            login.write("/locked/new", once(b"")),
            login.write("/large", once(bytes(2 << 20))),
            login.copy("/locked", "/copied"),
            login.remove("/locked"),
        ):
            try:
                await work
                said.append("done")
            except Problem as problem:
                said.append(type(problem).__name__)
        return said

    return asyncio.run(play())


async def test_refusals_are_told_as_what_they_are() -> None:
    """What the modes forbid is Denied, no room is Unavailable; one's own locked directory can be removed."""
    with nobodys_directory() as top:
        said = await asyncio.to_thread(as_nobody, _refused, str(top))
        assert ["Denied", "Denied", "Denied", Unavailable.__name__, "Denied", "done"] == said
        assert [] == [path for path in top.iterdir() if path.name != "copied"]
