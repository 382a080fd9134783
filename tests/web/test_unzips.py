"""Archives of ours that are read again: exactly, or not at all."""

import hashlib
import io
import struct
import warnings
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Broken, NotFound, TooLarge, Unavailable
from dragoman.web.unzips import Unzipped, unzipped
from dragoman.web.zips import Member, zipped

pytestmark = pytest.mark.anyio


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(content), 1000):
        yield content[first : first + 1000]


def held(*names: str, mode: int = 0o100644, content: bytes = b"x", method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive made by hand."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings(action="ignore"):  # of names that come twice
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, content, method)
    return made.getvalue()


async def _members() -> AsyncIterator[Member]:
    yield Member(name="bin/")
    yield Member(name="bin/run me", size=3_000_000, mode=0o750, read=lambda: _pieces(b"abc" * 1_000_000))
    yield Member(name="ü\n", size=0, mode=0o644, read=lambda: _pieces(b""))


async def test_what_was_packed_comes_out_again(tmp_path: Path) -> None:
    """Names, modes and bytes; on the disk nothing is left of the archive once it is closed."""
    content = b"".join([piece async for piece in zipped(_members())])
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    blobs = LocalBlobs(str(tmp_path))
    archive = await unzipped(blobs, _pieces(content), md5=md5, what="It")
    assert [("bin", True, 0), ("bin/run me", False, 0o750), ("ü\n", False, 0o644)] == [
        (one.path, one.is_directory, one.mode if not one.is_directory else 0) for one in archive.members
    ]
    assert b"abc" * 1_000_000 == b"".join([piece async for piece in archive.read("bin/run me")])
    with pytest.raises(NotFound):
        archive.member("bin/other")
    archive.close()
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_other_bytes_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Broken, match=r"It has changed: its md5 is \w{32}, and was 0\. Restore it"):
        await unzipped(LocalBlobs(str(tmp_path)), _pieces(held("a")), md5="0", what="It")
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"PK"
        raise Unavailable("The line is down.")

    with pytest.raises(Unavailable):
        await unzipped(LocalBlobs(str(tmp_path)), failing(), md5="0", what="It")
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "make",
    [
        *(lambda name=name: held(name) for name in ("../a", "a/../../b", "/etc/x", "a//b", "./a", "..")),
        lambda: held("link", mode=0o120777),
        lambda: held("dev", mode=0o060644),
        lambda: held("a/", mode=0o100644),
        lambda: held("a", "a"),
        lambda: held("bomb", content=bytes(1 << 20), method=zipfile.ZIP_BZIP2),
        lambda: held("bomb", content=bytes(1 << 20), method=zipfile.ZIP_LZMA),
        lambda: b"no archive",
        lambda: b"",
    ],
)
def test_what_may_not_come_out_is_refused(make: Callable[[], bytes]) -> None:
    """Nothing of it is unpacked."""
    with pytest.raises(Broken):
        Unzipped(io.BytesIO(make()))


@pytest.mark.parametrize("count", [30_000, 400_000])
def test_a_list_of_any_length_is_not_taken_into_memory(count: int) -> None:
    """It would be many times as large there."""
    content = held("a")
    where = content.index(b"PK\1\2")
    entry, end = content[where : content.index(b"PK\5\6")], bytearray(content[content.index(b"PK\5\6") :])
    end[8:12], end[12:16] = struct.pack("<HH", 1, 1), struct.pack("<I", len(entry) * count)
    with pytest.raises(TooLarge, match="too many members"):
        Unzipped(io.BytesIO(content[:where] + entry * count + end))


async def test_a_member_that_would_lie_nowhere_is_noticed() -> None:
    """Behind the end of any file."""
    content = bytearray(held("a"))
    where = content.index(b"PK\1\2")
    far = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    content[where + 30 : where + 32], content[where + 42 : where + 46] = struct.pack("<H", len(far)), b"\xff" * 4
    content[where + 47 : where + 47] = far
    end = content.index(b"PK\5\6")
    content[end + 12 : end + 16] = struct.pack("<I", end - where)
    archive = Unzipped(io.BytesIO(content))
    with pytest.raises(Broken, match="damaged"):
        async for _ in archive.read("a"):
            pass


async def test_damaged_bytes_are_noticed() -> None:
    content = bytearray(held("a", content=b"honest" * 100))
    content[content.index(b"honest")] ^= 1
    archive = Unzipped(io.BytesIO(content))
    with pytest.raises(Broken, match="damaged"):
        async for _ in archive.read("a"):
            pass
