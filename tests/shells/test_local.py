"""What concerns the local shell alone: files their owner has locked away, full disks, jobs that go on writing."""

import asyncio
import io
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from dragoman.core.errors import Unavailable
from dragoman.core.ports import Entry
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.shells.below import open_file
from tests.shells.things import as_nobody, files_below, nobodys_directory, zipped

SHELL = LocalShell(UnpackLimits())


def _locked_run(top: str) -> tuple[list[Entry], bytes]:
    """A run whose job takes all rights from its files; what is found in it, before and after ``fresh``."""
    run, work = f"{top}/7", Path(f"{top}/7/home/work")

    async def play() -> tuple[list[Entry], bytes]:
        await SHELL.fresh(run, {})
        await SHELL.put(str(work), "a/b/file", io.BytesIO(b"locked"))
        for path in (work / "a/b/file", work / "a/b", work / "a", work):
            path.chmod(0)
        entries, content = await SHELL.walk(str(work)), await SHELL.read(str(work), "a/b/file")
        (work / "a/b").chmod(0o500)
        (work / "a").chmod(0)
        await SHELL.fresh(run, {})
        return entries + await SHELL.walk(run), content

    return asyncio.run(play())


def test_locked_files_are_found_and_removed() -> None:
    """What a job has made unreadable or unwritable for its own user is listed, read, and gone after fresh."""
    with nobodys_directory() as top:
        entries, content = as_nobody(_locked_run, str(top))
        assert ["a/b/file"] == [entry.path for entry in entries]
        assert content == b"locked"


def _fill_disk(top: str) -> list[str]:
    """What is said about a file, a text and an archive that do not fit (the process may write 1 MiB at most)."""
    large = bytes(2 << 20)

    async def play() -> list[str]:
        said = []
        for work in (
            SHELL.put(top, "large", io.BytesIO(large)),
            SHELL.write(top, "large", large.decode()),
            SHELL.unpack(top, io.BytesIO(zipped(("large", large))), "a.zip"),
        ):
            with suppress(Unavailable):
                await work
                said.append("no error")
            said.append("Unavailable")
        return said

    return asyncio.run(play())


def test_a_full_disk_is_unavailable() -> None:
    """No room for a file's bytes is a problem that passes, whoever writes them; no half text is left."""
    with nobodys_directory() as top:
        assert ["Unavailable"] * 3 == as_nobody(_fill_disk, str(top))
        assert ["large"] == list(files_below(top))


@pytest.mark.anyio
async def test_remove_copes_with_a_job_that_goes_on_writing(tmp_path: Path) -> None:
    """While somebody adds files, remove succeeds or says that it is too early; afterwards it succeeds."""
    run, stop = tmp_path / "run", threading.Event()
    run.mkdir()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with suppress(OSError):
                (run / f"d{number % 7}" / "e").mkdir(parents=True)
                (run / f"d{number % 7}" / "e" / str(number)).write_text("")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(20):
            with suppress(Unavailable):
                await SHELL.remove(str(run))
    finally:
        stop.set()
        thread.join()
    await SHELL.remove(str(run))
    assert not run.exists()


def test_files_are_handed_over_open(work: Path) -> None:
    """What is collected is a plain file at its start, with a descriptor, as the blob store wants it."""
    (work / "result").write_bytes(b"42")
    with open_file(str(work), "result") as file:
        assert (b"42", True) == (file.read(), file.fileno() >= 0)
