"""Archives of ours that are read again: exactly, or not at all."""

import hashlib
import io
import warnings
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Broken, NotFound, Unavailable
from dragoman.web.unzips import Unzipped, unzipped
from dragoman.web.zips import Member, zipped

pytestmark = pytest.mark.anyio


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(content), 1000):
        yield content[first : first + 1000]


def held(*names: str, mode: int = 0o100644, content: bytes = b"x") -> bytes:
    """An archive made by hand."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, warnings.catch_warnings(action="ignore"):  # of names that come twice
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, content)
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
        lambda: b"no archive",
        lambda: b"",
    ],
)
def test_what_may_not_come_out_is_refused(make: Callable[[], bytes]) -> None:
    """Nothing of it is unpacked."""
    with pytest.raises(Broken):
        Unzipped(io.BytesIO(make()))


async def test_damaged_bytes_are_noticed() -> None:
    content = bytearray(held("a", content=b"honest" * 100))
    content[content.index(b"honest")] ^= 1
    archive = Unzipped(io.BytesIO(content))
    with pytest.raises(Broken, match="damaged"):
        async for _ in archive.read("a"):
            pass
