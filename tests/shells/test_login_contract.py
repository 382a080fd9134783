"""What every login to a host promises about files, their modes and links (core.ports.Login)."""

import asyncio
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.ports import Small
from tests.shells.grounds import Ground, content, names_in, once

pytestmark = pytest.mark.anyio

ODD_NAMES = [
    "it's",
    'two "words"',
    "$(touch oops)",
    "`id`",
    "new\nline",
    "-rf",
    "*",
    "back\\slash",
    "naïve ☃",
    "\udcff\udcfe",
    "~root",
    "a;b&c|d>e",
    "!x",
    " ",
]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def test_a_replaced_file_keeps_its_mode(ground: Ground) -> None:
    """New content leaves a file's mode as it was, unless another one is given."""
    (ground.real / "script").write_bytes(b"old")
    (ground.real / "script").chmod(0o750)
    ground.give()
    await ground.login.write(ground.at("script"), once(b"new"))
    assert (b"new", 0o750) == ((ground.real / "script").read_bytes(), mode_of(ground.real / "script"))
    await ground.login.write(ground.at("script"), once(b"newer"), mode=0o711)
    assert (b"newer", 0o711) == ((ground.real / "script").read_bytes(), mode_of(ground.real / "script"))


async def test_a_new_file_has_the_mode_that_was_asked_for(ground: Ground) -> None:
    """The mode is that of the file, whatever is usual there."""
    await ground.login.write(ground.at("open"), once(b""), mode=0o666)
    assert 0o666 == mode_of(ground.real / "open")


async def test_a_written_link_is_replaced(ground: Ground) -> None:
    """Writing never goes through a link to another file."""
    (ground.real / "other").write_bytes(b"untouched")
    (ground.real / "link").symlink_to("other")
    await ground.login.write(ground.at("link"), once(b"new"))
    assert (b"untouched", b"new") == ((ground.real / "other").read_bytes(), (ground.real / "link").read_bytes())
    assert not (ground.real / "link").is_symlink()


async def test_facts(ground: Ground) -> None:
    """Name, kind, size, mode, owner and times are told as the host has them."""
    path = ground.real / "file"
    path.write_bytes(b"12345")
    path.chmod(0o640)
    os.utime(path, (1_500_000_000, 1_600_000_000))
    ground.give()
    found = await ground.login.facts(ground.at("file"))
    assert ("file", "file", 5, 0o640) == (found.name, found.kind, found.size, found.mode)
    assert (ground.uid, ground.gid) == (found.uid, found.gid)
    assert (1_500_000_000, 1_600_000_000) == (found.accessed, found.modified)


async def test_kinds(ground: Ground) -> None:
    """A link is a link, or what it leads to; what is neither file, directory nor link is other."""
    (ground.real / "file").write_bytes(b"")
    (ground.real / "dir").mkdir()
    (ground.real / "link").symlink_to("dir")
    os.mkfifo(ground.real / "fifo")
    names = ["file", "dir", "link", "fifo"]
    followed = [(await ground.login.facts(ground.at(name))).kind for name in names]
    assert ["file", "dir", "dir", "other"] == followed
    told = [(await ground.login.facts(ground.at(name), follow=False)).kind for name in names]
    assert ["file", "dir", "link", "other"] == told
    assert {"file": "file", "dir": "dir", "link": "link", "fifo": "other"} == {
        entry.name: entry.kind for entry in await ground.login.entries(ground.top)
    }


async def test_dangling_links(ground: Ground) -> None:
    """A link that leads nowhere is there as a link, and NotFound when it is followed."""
    (ground.real / "dangling").symlink_to("nowhere")
    with pytest.raises(NotFound):
        await ground.login.facts(ground.at("dangling"))
    with pytest.raises(NotFound):
        await ground.login.change_mode(ground.at("dangling"), 0o600)
    with pytest.raises(NotFound):
        await content(ground.login, ground.at("dangling"))
    assert "link" == (await ground.login.facts(ground.at("dangling"), follow=False)).kind


async def test_only_plain_files_are_read_and_replaced(ground: Ground) -> None:
    """A directory or a FIFO is neither read nor written over, and halts nobody."""
    (ground.real / "dir").mkdir()
    os.mkfifo(ground.real / "fifo")
    ground.give()
    for name in ("dir", "fifo"):
        with pytest.raises(Conflict):
            await content(ground.login, ground.at(name))
        with pytest.raises(Conflict):
            await ground.login.write(ground.at(name), once(b"x"))
    assert ["dir", "fifo"] == sorted(path.name for path in ground.real.iterdir())


async def test_a_file_has_no_entries(ground: Ground) -> None:
    """Listing what is no directory is a conflict, and so is making a directory of it or below it."""
    (ground.real / "file").write_bytes(b"")
    for work in (ground.login.entries(ground.at("file")), ground.login.make_directory(ground.at("file"))):
        with pytest.raises(Conflict):
            await work


async def test_directories_are_made_once(ground: Ground) -> None:
    """Making a directory makes its parents; one that is there stays as it is, also behind a link."""
    await ground.login.make_directory(ground.at("a/b/c"))
    (ground.real / "a/b/c/file").write_bytes(b"kept")
    (ground.real / "link").symlink_to("a/b")
    await ground.login.make_directory(ground.at("a/b/c"))
    await ground.login.make_directory(ground.at("link/c/"))
    assert b"kept" == (ground.real / "a/b/c/file").read_bytes()
    await asyncio.gather(*(ground.login.make_directory(ground.at("x/y/z")) for _ in range(8)))
    assert (ground.real / "x/y/z").is_dir()


async def test_rename(ground: Ground) -> None:
    """Files and directories move; a file, or a link itself, that was there is replaced."""
    for name in ("file", "old"):
        (ground.real / name).write_bytes(name.encode())
    (ground.real / "dir/deep").mkdir(parents=True)
    (ground.real / "link").symlink_to("dir")
    ground.give()
    await ground.login.rename(ground.at("file"), ground.at("old"))
    await ground.login.rename(ground.at("old"), ground.at("link"))
    await ground.login.rename(ground.at("dir"), ground.at("moved"))
    assert ["link", "moved", "moved/deep"] == sorted(str(p.relative_to(ground.real)) for p in ground.real.rglob("*"))
    assert b"file" == (ground.real / "link").read_bytes()


async def test_rename_replaces_no_directory(ground: Ground) -> None:
    """A directory in the way, empty or not, is a conflict; and so is a file in a directory's way."""
    (ground.real / "dir").mkdir()
    (ground.real / "full/x").mkdir(parents=True)
    (ground.real / "file").write_bytes(b"")
    ground.give()
    for source, target in [("file", "dir"), ("full", "dir"), ("dir", "full"), ("dir", "file"), ("full", "full/x/y")]:
        with pytest.raises(Conflict):
            await ground.login.rename(ground.at(source), ground.at(target))
    assert ["dir", "file", "full"] == sorted(path.name for path in ground.real.iterdir())


def tree(top: Path) -> dict[str, str]:
    """All there is below a directory: a file's content, a link's target, a directory's mode."""
    found = {}
    for path in top.rglob("*"):
        what = str(path.readlink()) if path.is_symlink() else oct(mode_of(path))
        found[str(path.relative_to(top))] = what + (path.read_text() if path.is_file() else "")
    return found


async def test_copy_copies_everything(ground: Ground) -> None:
    """A tree is copied with its links as links, its modes and its odd names."""
    top = ground.real / "tree"
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/run.sh").write_text("#!/bin/sh")
    (top / "a/b/run.sh").chmod(0o755)
    (top / "a/link").symlink_to("../a/b/run.sh")
    (top / "up").symlink_to("/etc")
    (top / "new\nline '").write_text("odd")
    (top / "a/b").chmod(0o555)
    ground.give()
    await ground.login.copy(ground.at("tree"), ground.at("copied"))
    assert tree(top) == tree(ground.real / "copied")


async def test_copy_merges_directories(ground: Ground) -> None:
    """A directory that is there gets what it has not, and newer content; the rest stays."""
    for path, text in [("from/both", "new"), ("from/d/one", "1"), ("to/both", "old"), ("to/d/two", "2")]:
        (ground.real / path).parent.mkdir(parents=True, exist_ok=True)
        (ground.real / path).write_text(text)
    ground.give()
    await ground.login.copy(ground.at("from"), ground.at("to"))
    assert {"both", "d", "d/one", "d/two"} == set(tree(ground.real / "to"))
    assert "new" == (ground.real / "to/both").read_text()


async def test_copied_files_replace_files(ground: Ground) -> None:
    """A copy replaces a file or a link itself, and never writes through a link; it keeps the mode."""
    (ground.real / "script").write_text("new")
    (ground.real / "script").chmod(0o751)
    (ground.real / "other").write_text("untouched")
    (ground.real / "link").symlink_to("other")
    ground.give()
    await ground.login.copy(ground.at("script"), ground.at("link"))
    assert ("untouched", "new") == ((ground.real / "other").read_text(), (ground.real / "link").read_text())
    assert 0o751 == mode_of(ground.real / "link")


async def test_copy_refuses_what_is_in_the_way(ground: Ground) -> None:
    """A directory goes neither over a file nor into itself, a file neither over a directory nor onto itself."""
    (ground.real / "dir/sub").mkdir(parents=True)
    (ground.real / "file").write_text("kept")
    ground.give()
    for source, target in [("dir", "file"), ("file", "dir"), ("dir", "dir/sub/x"), ("dir", "dir"), ("file", "file")]:
        with pytest.raises(Conflict):
            await ground.login.copy(ground.at(source), ground.at(target))
    assert {"dir", "dir/sub", "file"} == set(tree(ground.real))


async def test_remove(ground: Ground) -> None:
    """A file, a link itself, or a directory with all in it is gone; what links led to stays."""
    (ground.real / "keep").mkdir()
    (ground.real / "keep/file").write_text("")
    (ground.real / "dir/a/b").mkdir(parents=True)
    (ground.real / "dir/a/out").symlink_to(ground.real / "keep")
    (ground.real / "link").symlink_to("keep")
    (ground.real / "file").write_text("")
    ground.give()
    for name in ("dir", "link", "file"):
        await ground.login.remove(ground.at(name))
    assert {"keep", "keep/file"} == set(tree(ground.real))


async def test_change_mode(ground: Ground) -> None:
    """The bits are set as asked, at the end of links."""
    (ground.real / "file").write_text("")
    (ground.real / "link").symlink_to("file")
    ground.give()
    await ground.login.change_mode(ground.at("file"), 0o711)
    assert 0o711 == mode_of(ground.real / "file")
    await ground.login.change_mode(ground.at("link"), 0o640)
    assert 0o640 == (await ground.login.facts(ground.at("file"))).mode


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_odd_names_are_names(ground: Ground, name: str) -> None:
    """Whatever bytes a name has, every verb takes it as this name and nothing else."""
    login, path, other = ground.login, ground.at(name), ground.at(f"{name}.d/{name}")
    await login.write(path, once(b"odd"))
    await login.make_directory(ground.at(f"{name}.d"))
    await login.copy(path, other)
    await login.rename(path, f"{other}2")
    await login.change_mode(other, 0o600)
    assert b"odd" == await content(login, other)
    assert sorted([name, f"{name}2"]) == await names_in(login, ground.at(f"{name}.d"))
    await login.copy(ground.at(f"{name}.d"), path)
    await login.remove(ground.at(f"{name}.d"))
    assert [name] == await names_in(login, ground.top)
    assert {name, f"{name}2"} == set(tree(ground.real / name))


async def test_small_files_have_the_modes_that_others_get(ground: Ground) -> None:
    """Kept from the file that is replaced, unless one was asked for; what is read tells its own."""
    for name, mode in (("kept", 0o750), ("given", 0o640)):
        (ground.real / name).write_bytes(b"old")
        (ground.real / name).chmod(mode)
    ground.give()
    wanted = {"kept": Small(b"new"), "given": Small(b"new", 0o711), "made": Small(b"new", 0o666)}
    files = {ground.at(name): file for name, file in wanted.items()}
    assert set(files) == set(await ground.login.write_small(files))
    assert [0o750, 0o711, 0o666] == [mode_of(ground.real / name) for name in wanted]
    found = await ground.login.read_small(list(files), 9)
    assert [(b"new", 0o750), (b"new", 0o711), (b"new", 0o666)] == [(one.content, one.mode) for one in found if one]


async def test_small_files_and_links(ground: Ground) -> None:
    """Links are read through, and replaced, not written through."""
    (ground.real / "other").write_bytes(b"untouched")
    (ground.real / "link").symlink_to("other")
    [found] = await ground.login.read_small([ground.at("link")], 9)
    assert found is not None
    assert b"untouched" == found.content
    assert [ground.at("link")] == list(await ground.login.write_small({ground.at("link"): Small(b"new")}))
    assert (b"untouched", b"new") == ((ground.real / "other").read_bytes(), (ground.real / "link").read_bytes())


async def test_small_files_keep_to_themselves(ground: Ground) -> None:
    """One that cannot be written or read keeps no other from it, and leaves nothing."""
    (ground.real / "dir").mkdir()
    (ground.real / "file").write_bytes(b"file")
    os.mkfifo(ground.real / "pipe")
    ground.give()
    names = ["dir", "file/below", "dir/..", "new", "dir/new"]
    written = await ground.login.write_small({ground.at(name): Small(b"x") for name in names})
    assert {ground.at("new"), ground.at("dir/new")} == set(written)
    assert ["dir", "file", "new", "pipe"] == await names_in(ground.login, ground.top)
    assert ["new"] == await names_in(ground.login, ground.at("dir"))
    found = await ground.login.read_small([ground.at(name) for name in ("pipe", "dir", "file", "none")], 9)
    assert [None, None, b"file", None] == [one and one.content for one in found]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_small_files_with_odd_names(ground: Ground, name: str) -> None:
    """They are these files and no others."""
    files = {ground.at(f"in {name}/{name}"): Small(b"x")}
    assert set(files) == set(await ground.login.write_small(files))
    assert [name] == await names_in(ground.login, ground.at(f"in {name}"))
    assert [Small(b"x", 0o644)] == list(await ground.login.read_small(list(files), 1))


async def test_who_gives_up_small_files_leaves_nothing_half(ground: Ground) -> None:
    """Those that are there are whole, and there is nothing else, as soon as the end of it is told."""
    files = {ground.at(str(number)): Small(b"whole") for number in range(1_000)}
    task = asyncio.create_task(ground.login.write_small(files))
    async with asyncio.timeout(120):
        while not any(ground.real.iterdir()):
            await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert {b"whole"} >= {path.read_bytes() for path in ground.real.iterdir()}
    assert set(files) >= {ground.at(path.name) for path in ground.real.iterdir()}
