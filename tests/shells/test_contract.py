"""What every shell promises, whatever host it reaches (core.ports.Shell)."""

import io
import itertools
import os
import stat
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from dragoman.core.errors import Invalid, NotFound
from dragoman.core.ports import BlobStore, BlobWriter, Shell, Stored
from tests.shells.things import files_below, zipped

pytestmark = pytest.mark.anyio

ESCAPING = ["/etc/passwd", "../x", "a/../../x", "a/..", "..", ".", "", "a//b", "a/", "a\0b", "\ud800"]


class Keeper(BlobStore):
    """Keeps adopted bytes in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def writer(self) -> BlobWriter:
        raise NotImplementedError

    def open(self, key: str) -> io.BytesIO:
        return io.BytesIO(self.kept[key])

    def adopt(self, key: str, source: io.BufferedIOBase) -> Generator[None, None, Stored]:  # type: ignore[override]
        self.kept[key] = source.read()
        yield
        return Stored(key=key, size=len(self.kept[key]), md5="", sha512="", is_text=True)

    def remove(self, keys: object) -> None:
        self.kept.clear()

    def settle(self, keys: object) -> None:
        pass


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def test_fresh_makes_an_empty_run_directory(shell: Shell, tmp_path: Path) -> None:
    """A run directory has tmp and home/work, for its owner alone; missing parents are made."""
    run = tmp_path / "runs" / "7"
    await shell.fresh(str(run), {})
    assert sorted(p.relative_to(run).as_posix() for p in run.rglob("*")) == ["home", "home/work", "tmp"]
    assert [mode_of(p) for p in (run, run / "tmp", run / "home" / "work")] == [0o700] * 3


async def test_fresh_leaves_nothing_of_before(shell: Shell, tmp_path: Path) -> None:
    """Whatever stood in the run directory is gone, and what links in it led to is untouched."""
    run, outside = tmp_path / "7", tmp_path / "outside"
    await shell.fresh(str(run), {})
    outside.mkdir()
    (outside / "keep").write_text("kept")
    (run / "home" / "work" / "link").symlink_to(outside)
    await shell.write(str(run), "home/work/deep/file", "old")
    await shell.fresh(str(run), {})
    assert {} == files_below(run)
    assert {"keep": b"kept"} == files_below(outside)


async def test_put_writes_an_executable_file(shell: Shell, work: Path) -> None:
    """A staged file can be started, and its parents are made."""
    await shell.put(str(work), "bin/tools/run.sh", io.BytesIO(b"#!/bin/sh\n"))
    assert (work / "bin/tools/run.sh").read_bytes() == b"#!/bin/sh\n"
    assert mode_of(work / "bin/tools/run.sh") & 0o700 == 0o700


async def test_put_again_replaces_the_file(shell: Shell, work: Path) -> None:
    """The second of two files of one name wins, also when it is shorter or comes from a disk."""
    await shell.put(str(work), "a", io.BytesIO(b"long content"))
    source = work.parent / "source"
    source.write_bytes(b"short")
    with source.open("rb") as file:
        await shell.put(str(work), "a", file)
    assert {"a": b"short"} == files_below(work)


async def test_put_never_writes_through_links(shell: Shell, work: Path) -> None:
    """A link in the file's place is replaced; another name of the file keeps its content."""
    outside = work.parent / "outside"
    outside.write_bytes(b"untouched")
    (work / "soft").symlink_to(outside)
    (work / "hard").hardlink_to(outside)
    for name in ("soft", "hard"):
        await shell.put(str(work), name, io.BytesIO(b"new"))
    assert outside.read_bytes() == b"untouched"
    assert {"soft": b"new", "hard": b"new"} == files_below(work)


@pytest.mark.parametrize("kind", ["link", "file", "folder"])
async def test_put_refuses_what_is_in_the_way(shell: Shell, work: Path, kind: str) -> None:
    """A parent that is a link or a file, or a directory in the file's place, is the asker's mistake."""
    outside = work.parent / "outside"
    outside.mkdir()
    (work / "link").symlink_to(outside)
    (work / "file").write_text("")
    (work / "folder" / "name").mkdir(parents=True)
    with pytest.raises(Invalid):
        await shell.put(str(work), f"{kind}/name", io.BytesIO(b"new"))
    assert {} == files_below(outside)


@pytest.mark.parametrize("path", ESCAPING)
async def test_no_path_escapes(shell: Shell, work: Path, path: str) -> None:
    """A path that is absolute, empty in part, or goes up is refused by every verb that takes one."""
    with pytest.raises(Invalid):
        await shell.put(str(work), path, io.BytesIO(b"x"))
    with pytest.raises(Invalid):
        await shell.write(str(work), path, "x")
    with pytest.raises(Invalid):
        await shell.read(str(work), path)
    with pytest.raises(Invalid):
        await shell.collect(str(work), [(path, "key")], Keeper())
    assert [work] == list(work.parent.rglob("*"))


async def test_write_replaces_whole_files(shell: Shell, work: Path) -> None:
    """Small texts are UTF-8, replace what was there (links, too), and leave nothing else behind."""
    outside = work.parent / "outside"
    outside.write_text("untouched")
    (work / "hosts").symlink_to(outside)
    await shell.write(str(work), "hosts", "größe 1\n")
    await shell.write(str(work), "hosts", "größe 2\n")
    assert outside.read_text() == "untouched"
    assert {"hosts": "größe 2\n".encode()} == files_below(work)


async def test_write_keeps_secrets_to_the_owner(shell: Shell, work: Path) -> None:
    """A secret is readable by its owner alone, and a text that UTF-8 cannot hold is refused."""
    await shell.write(str(work), "keys/token", "s3cret")
    assert mode_of(work / "keys" / "token") == 0o600
    with pytest.raises(Invalid):
        await shell.write(str(work), "bad", "\ud800")
    assert {"keys/token": b"s3cret"} == files_below(work)


async def test_walk_lists_plain_files_alone(shell: Shell, work: Path) -> None:
    """Links, also to directories, and special files are left out; the others come by path with size and time."""
    for name in ("b/z", "b/a", "a.txt", "b.txt"):
        await shell.write(str(work), name, name)
    (work / "passwd").symlink_to("/etc/passwd")
    (work / "etc").symlink_to("/etc")
    os.mkfifo(work / "b" / "fifo")
    (work / "empty").mkdir()
    os.utime(work / "a.txt", ns=(1, 1_600_000_000_123_456_789))
    entries = await shell.walk(str(work))
    assert [("a.txt", 5), ("b.txt", 5), ("b/a", 3), ("b/z", 3)] == [(e.path, e.size) for e in entries]
    assert entries[0].changed == 1_600_000_000_123_456_789


async def test_walk_of_a_missing_directory_is_empty(shell: Shell, work: Path) -> None:
    """A directory that is gone, or a link in its place, has no files."""
    (work / "link").symlink_to("/etc")
    assert [[], []] == [await shell.walk(str(work / name)) for name in ("gone", "link")]


async def test_names_need_not_be_text(shell: Shell, work: Path) -> None:
    """A file whose name is no UTF-8 is listed, and opens again under the listed path."""
    name = b"caf\xe9\n.txt"
    with open(os.path.join(os.fsencode(work), name), "wb") as file:
        file.write(b"found")
    (entry,) = await shell.walk(str(work))
    assert os.fsencode(entry.path) == name
    assert await shell.read(str(work), entry.path) == b"found"


async def test_walk_of_many_files_is_quick(shell: Shell, work: Path) -> None:
    """Ten thousand files are listed in a time that nobody would notice (here: with much room for a busy machine)."""
    for number in range(100):
        (work / f"{number:03}").mkdir()
        for file in range(100):
            os.close(os.open(work / f"{number:03}" / str(file), os.O_CREAT | os.O_WRONLY))
    began = time.process_time()
    assert len(await shell.walk(str(work))) == 10_000
    assert time.process_time() - began < 5


@pytest.mark.parametrize("path", ["gone", "folder", "passwd", "etc/passwd", "fifo", "file/below", "n" * 300])
async def test_only_plain_files_can_be_read(shell: Shell, work: Path, path: str) -> None:
    """What is missing, a directory, a link, below a link or special is not found, and nobody waits for a FIFO."""
    (work / "folder").mkdir()
    (work / "file").write_text("")
    (work / "passwd").symlink_to("/etc/passwd")
    (work / "etc").symlink_to("/etc")
    os.mkfifo(work / "fifo")
    with pytest.raises(NotFound):
        await shell.read(str(work), path)
    with pytest.raises(NotFound):
        await shell.collect(str(work), [(path, "key")], Keeper())


@pytest.mark.parametrize(
    ("lines", "limit", "expected"),
    [
        (None, 1 << 26, b"one\ntwo\n\nfour"),
        (None, 5, b"one\nt"),
        (1, 1 << 26, b"four"),
        (2, 1 << 26, b"\nfour"),
        (3, 1 << 26, b"two\n\nfour"),
        (99, 1 << 26, b"one\ntwo\n\nfour"),
        (0, 1 << 26, b""),
        (1, 2, b"ur"),
    ],
)
async def test_read_gives_the_start_or_the_last_lines(
    shell: Shell, work: Path, lines: int | None, limit: int, expected: bytes
) -> None:
    """The first bytes, or the last lines within the limit; a last line without its newline counts."""
    (work / "log").write_bytes(b"one\ntwo\n\nfour")
    assert expected == await shell.read(str(work), "log", last_lines=lines, limit=limit)


async def test_read_finds_the_last_lines_of_a_large_file(shell: Shell, work: Path) -> None:
    """The end of a log is found across blocks, whatever the length of its lines."""
    lines = [b"%d %s\n" % (number, b"x" * (number % 700)) for number in range(20_000)]
    (work / "log").write_bytes(b"".join(lines))
    for count in (1, 7, 1000):
        assert b"".join(lines[-count:]) == await shell.read(str(work), "log", last_lines=count)


async def test_read_of_a_growing_file(shell: Shell, work: Path) -> None:
    """While somebody writes, the last lines are still whole lines that follow each other."""
    log, stop = work / "log", threading.Event()

    def grow() -> None:
        with log.open("wb", buffering=0) as file:
            for number in range(10_000_000):
                file.write(b"%015d\n" % number)  # of a line that crosses a page, half may be seen
                if stop.is_set():
                    return

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        await until(lambda: log.exists() and log.stat().st_size > 100_000)
        tails = [await shell.read(str(work), "log", last_lines=5) for _ in range(50)]
    finally:
        stop.set()
        thread.join()
    for tail in tails:
        first = int(tail[:15])
        assert [first + n for n in range(5)] == [int(line) for line in tail.split()]


async def test_collect_hands_the_file_to_the_blob_store(shell: Shell, work: Path) -> None:
    """A finished file arrives under its key, and may be handed over again."""
    (work / "out").mkdir()
    (work / "out" / "result").write_bytes(b"42")
    blobs = Keeper()
    stored = [(await shell.collect(str(work), [("out/result", "key")], blobs))[0] for _ in range(2)]
    assert [2, 2] == [each.size for each in stored]
    assert {"key": b"42"} == blobs.kept


async def test_children_are_the_names_in_a_directory(shell: Shell, work: Path) -> None:
    """Run directories can be listed; a missing parent has none."""
    for name in ("12", "7"):
        await shell.fresh(str(work / name), {})
    assert ["12", "7"] == await shell.children(str(work))
    assert [] == await shell.children(str(work / "gone"))


async def test_remove_follows_no_link(shell: Shell, work: Path) -> None:
    """The tree goes, whatever its links lead to stays; a missing one, or a link alone, is no error."""
    outside = work.parent / "outside"
    outside.mkdir()
    (outside / "keep").write_text("kept")
    (work / "a" / "b").mkdir(parents=True)
    (work / "a" / "link").symlink_to(outside)
    link = work.parent / "link"
    link.symlink_to(outside)
    for path in (work, work, link):
        await shell.remove(str(path))
    assert [outside, outside / "keep"] == sorted(work.parent.rglob("*"))


async def test_a_tree_of_any_depth_can_be_walked_and_removed(shell: Shell, work: Path) -> None:
    """A job may nest directories deeper than any path is long; they do no harm and go as others do."""
    fd = os.open(work, os.O_RDONLY)
    for _ in range(3000):
        os.close(os.open("file", os.O_CREAT, dir_fd=fd))
        os.mkdir("d", dir_fd=fd)
        inner = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    assert 2000 < len(await shell.walk(str(work))) < 3000
    await shell.remove(str(work))
    assert not work.exists()


async def test_unpack_reaches_the_working_directory(shell: Shell, work: Path) -> None:
    """An archive is unpacked; anything else is left to be put as it is."""
    archive = zipped(("case/run.sh", b"echo"), mode=0o100755)
    assert await shell.unpack(str(work), io.BytesIO(archive), "case.zip")
    assert not await shell.unpack(str(work), io.BytesIO(b"plain"), "plain.txt")
    assert {"case/run.sh": b"echo"} == files_below(work)
    assert mode_of(work / "case" / "run.sh") & 0o700 == 0o700


@pytest.mark.slow
async def test_no_race_leads_outside(shell: Shell, work: Path) -> None:
    """While a job swaps a directory for a link to another one, nothing is read from there and nothing written."""
    outside, stop = work.parent / "outside", threading.Event()
    for place, text in ((outside, "secret"), (work / "real", "own")):
        place.mkdir()
        (place / "data").write_text(text)

    def swap() -> None:
        real, here = work / "real", work / "here"
        for turn in itertools.count():
            if stop.is_set():
                return
            with suppress(OSError):
                here.rename(work / f"put{turn}")
            with suppress(OSError):
                real.rename(here)
                here.rename(real)
            with suppress(OSError):
                here.symlink_to(outside)
                here.unlink()

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for number in range(300):
            seen.add(await tried(lambda: shell.read(str(work), "here/data")))
            seen.update(entry.size for entry in await shell.walk(str(work)))
            await tried(lambda n=number: shell.put(str(work), f"here/new{n}", io.BytesIO(b"own")))  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()
    assert seen <= {None, b"own", 0, 3}
    assert {"data": b"secret"} == files_below(outside)


async def tried(work: Callable[[], object]) -> object:
    """What the work gives, or None when what it needs is not there at the moment."""
    try:
        return await work()  # type: ignore[misc]
    except (NotFound, Invalid):
        return None


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        os.sched_yield()
