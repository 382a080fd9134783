"""What the local blob store does with its disk: links, modes, leftovers, and a disk that is full."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Unavailable
from dragoman.core.ports import BlobWriter
from tests.blobs.things import adopt

pytestmark = pytest.mark.anyio

ON_A_SMALL_DISK = """
import asyncio, resource, sys
from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Unavailable

async def upload() -> None:
    writer = LocalBlobs(sys.argv[1]).writer()
    try:
        for _ in range(64):
            await writer.write(bytes(1 << 17))
        await writer.commit()
    except Unavailable as problem:
        print(problem)
    finally:
        await writer.abort()

resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
asyncio.run(upload())
"""


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(str(tmp_path / "blobs"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("may not mount a tmpfs here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def write(writer: BlobWriter, chunk: bytes, *, times: int) -> None:
    for _ in range(times):
        await writer.write(chunk)


async def test_disk_full_is_told_and_leaves_nothing(small_disk: Path) -> None:
    """A full disk is Unavailable at write or commit, never half a blob, and an abort gives the room back."""
    writer = LocalBlobs(str(small_disk / "blobs")).writer()
    with pytest.raises(Unavailable, match="disk of the service is full"):
        await write(writer, bytes(1 << 17), times=64)
    with pytest.raises(Unavailable, match="disk of the service is full"):
        await writer.commit()
    await writer.abort()
    assert [] == files(small_disk)


async def test_disk_full_while_adopting_keeps_the_old(small_disk: Path, tmp_path: Path) -> None:
    """A file of another disk is copied; when that does not fit, what was under the key stays."""
    blobs, path = LocalBlobs(str(small_disk / "blobs")), tmp_path / "file"
    path.write_bytes(b"fits")
    with path.open("rb") as source:
        adopt(blobs, "key", source)
    path.write_bytes(bytes(5 << 20))
    with path.open("rb") as source, pytest.raises(Unavailable, match="disk of the service is full"):
        adopt(blobs, "key", source)
    assert [b"fits"] == [each.read_bytes() for each in files(small_disk)]


def test_file_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files is told like a full disk, and leaves nothing."""
    command = [sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path / "blobs")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.startswith("The disk of the service is full: cannot keep what arrives"), done
    assert [] == files(tmp_path)


async def test_sweep_removes_unfinished_uploads_only(blobs: LocalBlobs, tmp_path: Path) -> None:
    """What an earlier process did not finish is removed at the next start; blobs stay."""
    done, unfinished = blobs.writer(), blobs.writer()
    await done.write(b"done")
    await done.commit()
    await write(unfinished, bytes(1 << 20), times=8)
    LocalBlobs(str(tmp_path / "blobs")).sweep()
    assert [b"done"] == [path.read_bytes() for path in files(tmp_path)]
    await unfinished.abort()


@pytest.mark.parametrize("size", [1, 8 << 20], ids=["in commit", "in write"])
async def test_cancelled_upload_leaves_nothing(blobs: LocalBlobs, tmp_path: Path, size: int) -> None:
    """A task that is cancelled while it writes or commits, and then aborts, leaves no file."""
    writer = blobs.writer()

    async def upload() -> None:
        await write(writer, bytes(size), times=4)
        await writer.commit()

    task = asyncio.create_task(upload())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await writer.abort()
    assert (True, []) == (task.cancelled(), files(tmp_path))


async def test_only_the_service_may_read(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Files are 0600 and directories 0700, whatever mode an adopted file had."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(0o777)
    with path.open("rb") as source:
        adopt(blobs, "key", source)
    writer = blobs.writer()
    await writer.write(b"y")
    await writer.commit()
    modes = {(each.is_dir(), each.stat().st_mode & 0o777) for each in (tmp_path / "blobs").rglob("*")}
    assert {(True, 0o700), (False, 0o600)} == modes


def test_adopt_links_a_file_of_one_name(blobs: LocalBlobs, tmp_path: Path) -> None:
    """A file with a single name is not copied."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with path.open("rb") as source:
        adopt(blobs, "key", source)
    with blobs.open("key") as blob:
        assert os.path.samestat(path.stat(), os.fstat(blob.fileno()))


def test_adopt_copies_a_file_of_two_names(blobs: LocalBlobs, tmp_path: Path) -> None:
    """A file with another name may still be changed through it: its bytes are copied."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    (tmp_path / "other").hardlink_to(path)
    with path.open("rb") as source:
        adopt(blobs, "key", source)
    path.write_bytes(b"after!")
    with blobs.open("key") as blob:
        assert b"before" == blob.read()


def test_adopt_copies_a_file_without_a_name(blobs: LocalBlobs, tmp_path: Path) -> None:
    """A file whose name is gone can still be adopted while it is open."""
    path = tmp_path / "file"
    path.write_bytes(b"nameless")
    with path.open("rb") as source:
        path.unlink()
        adopt(blobs, "key", source)
    with blobs.open("key") as blob:
        assert b"nameless" == blob.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_adopt_copies_a_file_of_somebody_else(blobs: LocalBlobs, tmp_path: Path) -> None:
    """A file that belongs to another user is copied: its owner may not change a blob."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    os.chown(path, 65534, 65534)
    with path.open("rb") as source:
        adopt(blobs, "key", source)
    with blobs.open("key") as blob:
        assert (os.geteuid(), 1) == (os.fstat(blob.fileno()).st_uid, path.stat().st_nlink)


async def test_blobs_of_writers_are_unsettled_until_somebody_says_so(blobs: LocalBlobs, tmp_path: Path) -> None:
    """Also to the next process; neither those that were aborted, nor adopted ones."""
    writers = [blobs.writer() for _ in range(3)]
    for writer in writers:
        await writer.write(b"bytes")
    one, two = [(await writer.commit()).key for writer in writers[:2]]
    await writers[2].abort()
    (tmp_path / "source").write_bytes(b"adopted")
    with (tmp_path / "source").open("rb") as source:
        adopt(blobs, "adopted", source)
    later = LocalBlobs(str(tmp_path / "blobs"))
    assert sorted([one, two]) == sorted(later.unsettled())
    blobs.settle([one])
    assert [two] == later.unsettled()
    later.sweep()
    assert [] == later.unsettled()
