"""What every login promises about bytes by name, hosts and object stores alike (core.ports.Login)."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable

import pytest

from dragoman.core.errors import Conflict, Invalid, NotFound, Unavailable
from dragoman.core.ports import Login, Small
from tests.shells.grounds import Anywhere, content, names_in, once

pytestmark = pytest.mark.anyio

BAD_PATHS = ["", "relative", "./x", "/nul\0", "/\ud800"]


async def written(login: Login, path: str) -> dict[str, bytes]:
    """Every file below a directory, with its content."""
    found: dict[str, bytes] = {}
    for entry in await login.entries(path):
        below = f"{path}/{entry.name}"
        if entry.kind == "dir":
            found |= {f"{entry.name}/{name}": data for name, data in (await written(login, below)).items()}
        else:
            found[entry.name] = await content(login, below)
    return found


async def fill(anywhere: Anywhere, *names: str) -> None:
    """Files that hold their own names."""
    for name in names:
        await anywhere.login.write(anywhere.at(name), once(name.encode()))


async def all_raise(problem: type[Exception], *works: Awaitable[object]) -> None:
    for work in works:
        with pytest.raises(problem):
            await work


async def test_what_is_written_can_be_read(anywhere: Anywhere) -> None:
    """A file has the bytes that were written, in their order; its parents are made, its number of bytes is told."""
    path = anywhere.at("a/b/file")
    assert 5 == await anywhere.login.write(path, once(b"he", b"", b"llo"))
    assert b"hello" == await content(anywhere.login, path)
    found = await anywhere.login.facts(path)
    assert ("file", "file", 5) == (found.name, found.kind, found.size)


async def test_new_content_replaces_the_old(anywhere: Anywhere) -> None:
    """The last one to write a file wins, also with fewer bytes."""
    for data in (b"a long story", b"short"):
        await anywhere.login.write(anywhere.at("file"), once(data))
    assert {"file": b"short"} == await written(anywhere.login, anywhere.top)


async def test_large_files_arrive_whole(anywhere: Anywhere) -> None:
    """Pieces of any size become the same file, and come back the same."""
    data = random.Random(1).randbytes(35_000_017)
    cuts = [0, 1, 70_000, 70_001, 25_000_000, len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(cuts)]
    assert len(data) == await anywhere.login.write(anywhere.at("big"), once(*pieces))
    assert data == await content(anywhere.login, anywhere.at("big"))


async def test_an_empty_file_is_a_file(anywhere: Anywhere) -> None:
    """No bytes at all make an empty file."""
    assert 0 == await anywhere.login.write(anywhere.at("empty"), once())
    assert {"empty": b""} == await written(anywhere.login, anywhere.top)


async def test_a_part_can_be_read(anywhere: Anywhere) -> None:
    """Reading starts at the offset and ends after the length, or with the file."""
    await anywhere.login.write(anywhere.at("digits"), once(b"0123456789"))
    parts = {(0, 3): b"012", (4, None): b"456789", (8, 5): b"89", (10, 1): b"", (99, None): b"", (2, 0): b""}
    for (offset, length), expected in parts.items():
        assert expected == await content(anywhere.login, anywhere.at("digits"), offset=offset, length=length)


async def test_half_a_file_is_no_file(anywhere: Anywhere) -> None:
    """When the source fails, what was there stays, and nothing else is left."""

    async def failing() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(1_000_000)
        raise Unavailable("the source has gone")

    await fill(anywhere, "kept")
    for name in ("kept", "new"):
        with pytest.raises(Unavailable, match="the source has gone"):
            await anywhere.login.write(anywhere.at(name), failing())
    assert {"kept": b"kept"} == await written(anywhere.login, anywhere.top)


async def test_who_gives_up_leaves_nothing(anywhere: Anywhere) -> None:
    """A write that is cancelled leaves no file."""
    begun = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(1_000_000)
        begun.set()
        await asyncio.Event().wait()

    await fill(anywhere, "kept")
    task = asyncio.create_task(anywhere.login.write(anywhere.at("new"), stalling()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {"kept": b"kept"} == await written(anywhere.login, anywhere.top)


async def test_reading_can_be_left_early(anywhere: Anywhere) -> None:
    """Who has seen enough of a file leaves the login as good as new."""
    await anywhere.login.write(anywhere.at("big"), once(bytes(20_000_000)))
    for _ in range(5):
        async for piece in anywhere.login.read(anywhere.at("big")):
            assert piece
            break
    assert "big" == (await anywhere.login.facts(anywhere.at("big"))).name


async def test_directories_hold_what_is_in_them(anywhere: Anywhere) -> None:
    """A directory lists its files and directories, each once and by its own name; what is deeper is not told."""
    await fill(anywhere, "dir/one", "dir/two", "dir/sub/three", "dir/sub/deep/four", "directory", "dir.txt")
    kinds = {entry.name: entry.kind for entry in await anywhere.login.entries(anywhere.at("dir"))}
    assert {"one": "file", "two": "file", "sub": "dir"} == kinds
    assert ["dir", "dir.txt", "directory"] == await names_in(anywhere.login, anywhere.top)
    found = await anywhere.login.facts(anywhere.at("dir/sub/"))
    assert ("sub", "dir") == (found.name, found.kind)


async def test_the_root_is_a_directory(anywhere: Anywhere) -> None:
    """The topmost directory can be looked at as any other."""
    found = await anywhere.login.facts("/")
    assert ("/", "dir") == (found.name, found.kind)
    assert "" not in await names_in(anywhere.login, "/")


async def test_what_is_missing_is_not_found(anywhere: Anywhere) -> None:
    """A path with nothing there is NotFound to every verb that needs something."""
    await fill(anywhere, "file")
    login, there = anywhere.login, anywhere.at("there")
    for path in map(anywhere.at, ("missing", "missing/too", "file/below", "fil")):
        await all_raise(NotFound, login.facts(path), login.entries(path), content(login, path), login.remove(path))
        await all_raise(NotFound, login.rename(path, there), login.copy(path, there))


@pytest.mark.parametrize("path", BAD_PATHS)
async def test_bad_paths_are_refused(anywhere: Anywhere, path: str) -> None:
    """A path that is not absolute, or no path at all, is the asker's mistake."""
    await fill(anywhere, "good")
    good, login = anywhere.at("good"), anywhere.login
    await all_raise(Invalid, login.facts(path), login.entries(path), content(login, path), login.remove(path))
    await all_raise(Invalid, login.write(path, once(b"")), login.make_directory(path))
    await all_raise(Invalid, login.rename(path, good), login.rename(good, path))
    await all_raise(Invalid, login.copy(path, good), login.copy(good, path))


async def test_directories_and_files_are_not_the_same(anywhere: Anywhere) -> None:
    """A directory is not read, a file has no entries and becomes no directory."""
    await fill(anywhere, "file", "dir/file")
    login = anywhere.login
    await all_raise(Conflict, content(login, anywhere.at("dir")), login.entries(anywhere.at("file")))
    await all_raise(Conflict, login.make_directory(anywhere.at("file")))
    await login.make_directory(anywhere.at("dir"))
    await login.make_directory(anywhere.at("new/one"))


async def test_files_and_directories_move(anywhere: Anywhere) -> None:
    """What is moved is at its new place, whole, and no longer at the old one; a file in its place is replaced."""
    await fill(anywhere, "file", "old", "dir/a", "dir/b/c")
    await anywhere.login.rename(anywhere.at("file"), anywhere.at("old"))
    await anywhere.login.rename(anywhere.at("dir"), anywhere.at("moved"))
    assert {"old": b"file", "moved/a": b"dir/a", "moved/b/c": b"dir/b/c"} == await written(anywhere.login, anywhere.top)


async def test_copies_are_added(anywhere: Anywhere) -> None:
    """A copy leaves the original; a directory that is there gets what it has not, and newer content."""
    await fill(anywhere, "one/both", "one/d/x", "two/both", "two/d/y", "file")
    await anywhere.login.copy(anywhere.at("one"), anywhere.at("two"))
    await anywhere.login.copy(anywhere.at("file"), anywhere.at("two/file"))
    expected = {"two/both": b"one/both", "two/d/x": b"one/d/x", "two/d/y": b"two/d/y", "two/file": b"file"}
    expected |= {"one/both": b"one/both", "one/d/x": b"one/d/x", "file": b"file"}
    assert expected == await written(anywhere.login, anywhere.top)


async def test_nothing_goes_over_another_kind_of_thing(anywhere: Anywhere) -> None:
    """A file does not replace a directory, nor a directory a file or itself."""
    await fill(anywhere, "dir/x", "file")
    for source, target in [("dir", "file"), ("file", "dir"), ("dir", "dir/sub"), ("dir", "dir"), ("file", "file")]:
        await all_raise(Conflict, anywhere.login.copy(anywhere.at(source), anywhere.at(target)))
    assert {"dir/x": b"dir/x", "file": b"file"} == await written(anywhere.login, anywhere.top)


async def test_what_is_removed_is_gone(anywhere: Anywhere) -> None:
    """A file, or a directory with all in it, is gone; what begins with the same letters stays."""
    await fill(anywhere, "dir/a", "dir/b/c", "directory", "dir.txt", "file")
    await anywhere.login.remove(anywhere.at("dir"))
    await anywhere.login.remove(anywhere.at("file"))
    assert ["dir.txt", "directory"] == await names_in(anywhere.login, anywhere.top)


@pytest.mark.parametrize(
    "name", ["it's", 'two "words"', "$(id)", "-rf", "*", "back\\slash", "naïve ☃", "~", "a;b&c|d>e", "%41", "a#b?c=d+e"]
)
async def test_names_of_plain_text(anywhere: Anywhere, name: str) -> None:
    """Whatever printable characters a name has, it is this name and no other."""
    await fill(anywhere, name)
    await anywhere.login.copy(anywhere.at(name), anywhere.at(f"d {name}/{name}"))
    assert [name] == await names_in(anywhere.login, anywhere.at(f"d {name}"))
    assert sorted([name, f"d {name}"]) == await names_in(anywhere.login, anywhere.top)


async def test_small_files_go_together(anywhere: Anywhere) -> None:
    """All that are written are there; of those that are read together, the ones that are small files."""
    login, at = anywhere.login, anywhere.at
    files = {at(f"d{number % 3}/{number}"): Small(b"x" * number) for number in range(50)}
    assert set(files) == set(await login.write_small(files))
    expected = {path.removeprefix(f"{anywhere.top}/"): file.content for path, file in files.items()}
    assert expected == await written(login, anywhere.top)
    found = await login.read_small([*files, at("none"), at("d1"), "relative"], 48)
    contents = [file.content for file in files.values()]
    assert [*contents[:49], None, None, None, None] == [file and file.content for file in found]
    assert {} == dict.fromkeys(await login.write_small({}))
    assert [] == await login.read_small([], 1)


async def test_small_files_replace_others(anywhere: Anywhere) -> None:
    """With fewer bytes, too."""
    await fill(anywhere, "a long name", "b")
    files = {anywhere.at("a long name"): Small(b"short"), anywhere.at("b"): Small(b"")}
    assert set(files) == set(await anywhere.login.write_small(files))
    assert {"a long name": b"short", "b": b""} == await written(anywhere.login, anywhere.top)
