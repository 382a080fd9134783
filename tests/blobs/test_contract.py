"""What every blob store promises. An adapter subscribes by one line in STORES."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import Invalid, NotFound
from dragoman.core.ports import BlobStore, Stored
from tests.blobs.things import adopt

pytestmark = pytest.mark.anyio

STORES: dict[str, Callable[[Path], BlobStore]] = {"local": lambda directory: LocalBlobs(str(directory / "blobs"))}

LARGE = bytes(range(256)) * (5 << 12) + b"\nend"


@pytest.fixture(params=STORES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return STORES[request.param](tmp_path)


async def store(blobs: BlobStore, *chunks: bytes) -> Stored:
    writer = blobs.writer()
    for chunk in chunks:
        await writer.write(chunk)
    return await writer.commit()


def read(blobs: BlobStore, key: str) -> bytes:
    with blobs.open(key) as source:
        return source.read()


def adopt_file(blobs: BlobStore, key: str, path: Path) -> Stored:
    with path.open("rb") as source:
        return adopt(blobs, key, source)


def described(key: str, content: bytes, *, is_text: bool) -> Stored:
    md5, sha512 = hashlib.md5(content).hexdigest(), hashlib.sha512(content).hexdigest()
    return Stored(key=key, size=len(content), md5=md5, sha512=sha512, is_text=is_text)


@pytest.mark.parametrize("content", [b"", b"a line\n", LARGE], ids=["empty", "small", "large"])
async def test_writer_keeps_what_was_written(blobs: BlobStore, content: bytes) -> None:
    """A committed blob has exactly the bytes written, and its size and digests are told."""
    stored = await store(blobs, content)
    assert described(stored.key, content, is_text=content != LARGE) == stored
    assert content == read(blobs, stored.key)


async def test_writer_joins_chunks_in_order(blobs: BlobStore) -> None:
    """However the bytes are cut, they come out in the order in which they came in."""
    chunks = [bytes([number % 251]) * (number * 97 % 70000) for number in range(120)]
    stored = await store(blobs, *chunks)
    assert b"".join(chunks) == read(blobs, stored.key)


async def test_writers_do_not_meet(blobs: BlobStore) -> None:
    """Two uploads at the same time become two blobs with keys of their own."""
    one, two = blobs.writer(), blobs.writer()
    for _ in range(40):
        await one.write(b"1" * 50000)
        await two.write(b"2" * 50000)
    stored = [await one.commit(), await two.commit()]
    assert [b"1" * 2000000, b"2" * 2000000] == [read(blobs, each.key) for each in stored]


async def test_abort_may_be_repeated(blobs: BlobStore) -> None:
    """An aborted upload can be aborted again, also when nothing was written."""
    for chunk in (b"", LARGE):
        writer = blobs.writer()
        await writer.write(chunk)
        await writer.abort()
        await writer.abort()


async def test_abort_after_commit_does_nothing(blobs: BlobStore) -> None:
    """What was committed stays, whoever cleans up behind."""
    writer = blobs.writer()
    await writer.write(b"kept")
    stored = await writer.commit()
    await writer.abort()
    assert b"kept" == read(blobs, stored.key)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", True),
        ("Grüße\n".encode(), True),
        (b"a\0b", False),
        (b"caf\xe9", False),
        (b"cut \xe2\x82", False),
        (b"a" * 65535 + "€".encode() * 10, True),
        (b"a" * 65536 + b"\0", True),
    ],
    ids=["empty", "utf-8", "nul", "latin-1", "cut at the end", "cut at 64 KiB", "nul after 64 KiB"],
)
async def test_text_is_told_by_the_first_64_kib(blobs: BlobStore, content: bytes, expected: bool) -> None:
    """Text has no NUL byte and reads as UTF-8 in its first 64 KiB, whose last character may be cut."""
    assert expected == (await store(blobs, content)).is_text


async def test_open_is_seekable_from_the_start(blobs: BlobStore) -> None:
    """An opened blob starts at its first byte and can be read from any other."""
    stored = await store(blobs, b"0123456789")
    with blobs.open(stored.key) as source:
        first = source.read(3)
        source.seek(7)
        assert (b"012", b"789") == (first, source.read())


async def test_open_unknown_is_not_found(blobs: BlobStore) -> None:
    """A key that nobody stored is NotFound."""
    with pytest.raises(NotFound):
        blobs.open("nobody")


async def test_remove_forgets_and_forgives(blobs: BlobStore) -> None:
    """Removed blobs are gone; missing ones are no error."""
    stored = await store(blobs, b"short-lived")
    blobs.remove([stored.key, "nobody"])
    with pytest.raises(NotFound):
        blobs.open(stored.key)


@pytest.mark.parametrize("content", [b"", b"a line\n", LARGE], ids=["empty", "small", "large"])
async def test_adopt_takes_the_whole_file(blobs: BlobStore, tmp_path: Path, content: bytes) -> None:
    """An adopted file is a blob under the caller's key, wherever the caller had read to, and outlives its old name."""
    path = tmp_path / "result.dat"
    path.write_bytes(content)
    with path.open("rb") as source:
        source.read(4)
        stored = adopt(blobs, "j1.r-1_result", source)
    path.unlink()
    assert described("j1.r-1_result", content, is_text=content != LARGE) == stored
    assert content == read(blobs, "j1.r-1_result")


async def test_adopt_again_gives_the_same(blobs: BlobStore, tmp_path: Path) -> None:
    """Adopting the same file again, or the same bytes in another file, changes nothing."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"the same")
    second.write_bytes(b"the same")
    assert adopt_file(blobs, "key", first) == adopt_file(blobs, "key", first) == adopt_file(blobs, "key", second)
    assert b"the same" == read(blobs, "key")


async def test_adopt_replaces_other_bytes(blobs: BlobStore, tmp_path: Path) -> None:
    """What an earlier attempt left under the key gives way, and its reader still sees the old bytes."""
    partial, whole = tmp_path / "partial", tmp_path / "whole"
    partial.write_bytes(b"par")
    whole.write_bytes(b"partial no more")
    adopt_file(blobs, "key", partial)
    with blobs.open("key") as reader:
        adopt_file(blobs, "key", whole)
        assert (b"par", b"partial no more") == (reader.read(), read(blobs, "key"))


@pytest.mark.parametrize("key", ["", ".", "..", "a/b", "../x", "a b", "ä", "x\n", "x" * 201])
async def test_keys_are_plain(blobs: BlobStore, tmp_path: Path, key: str) -> None:
    """A key is letters, digits, dots, dashes and underscores, and never means a place outside the store."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with pytest.raises(Invalid):
        adopt_file(blobs, key, path)
    with pytest.raises(Invalid):
        blobs.open(key)


async def test_settling_may_be_repeated(blobs: BlobStore) -> None:
    """It changes no blob; one that was adopted needs none."""
    stored = await store(blobs, b"bytes")
    for _ in range(2):
        blobs.settle([stored.key, "never"])
    assert b"bytes" == read(blobs, stored.key)
