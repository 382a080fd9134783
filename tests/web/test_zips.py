"""Archives that are made while they are sent."""

import io
import random
import zipfile
from collections.abc import AsyncIterator, Callable

import pytest

from dragoman.core.errors import Unavailable
from dragoman.web import zips
from dragoman.web.zips import Member, zipped

pytestmark = pytest.mark.anyio


def pieces(*content: bytes) -> Callable[[], AsyncIterator[bytes]]:
    async def give() -> AsyncIterator[bytes]:
        for piece in content:
            yield piece

    return give


async def members(*given: Member) -> AsyncIterator[Member]:
    for member in given:
        yield member


async def archive(*given: Member) -> zipfile.ZipFile:
    made = b"".join([piece async for piece in zipped(members(*given))])
    opened = zipfile.ZipFile(io.BytesIO(made))
    assert opened.testzip() is None
    return opened


async def test_names_and_contents_are_exact() -> None:
    """Spaces, other alphabets, backslashes, names that look like others; empty pieces do not matter."""
    noise = random.Random(4).randbytes(300_000)
    given = {
        "a b/ü.txt": [b"x"],
        "back\\slash": [b"1", b"", b"2"],
        "noise": [noise[:1], noise[1:]],
        "empty": [],
        "-rf": [b"", b"y"],
        "C:name": [b"z"],
    }
    opened = await archive(
        Member(name="a b/"),
        *(Member(name=name, size=len(b"".join(parts)), read=pieces(*parts)) for name, parts in given.items()),
    )
    assert ["a b/", *given] == opened.namelist()
    assert {name: b"".join(parts) for name, parts in given.items()} == {name: opened.read(name) for name in given}


async def test_programs_stay_programs() -> None:
    """What is said of no mode is its owner's alone."""
    opened = await archive(
        Member(name="run", size=1, mode=0o755, read=pieces(b"x")), Member(name="text", size=1, read=pieces(b"x"))
    )
    assert [0o100755, 0o100600] == [opened.getinfo(name).external_attr >> 16 for name in ("run", "text")]


async def test_nothing_makes_an_empty_archive() -> None:
    """That programs can open."""
    assert [] == (await archive()).namelist()


async def test_a_member_that_grows_is_cut() -> None:
    """At what was promised of it."""
    opened = await archive(Member(name="f", size=5, read=pieces(b"123", b"456", b"789")))
    assert b"12345" == opened.read("f")


async def test_large_members_have_the_large_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """And can be read."""
    monkeypatch.setattr(zips, "_SMALL", 3)
    opened = await archive(*(Member(name=name, size=3, read=pieces(b"abc")) for name in "xy"))
    assert [b"abc", b"abc"] == [opened.read(name) for name in "xy"]


async def test_a_source_that_fails_ends_the_archive() -> None:
    """With its problem, and everything is closed."""
    closed = []

    async def failing() -> AsyncIterator[bytes]:
        try:
            yield b"some"
            raise Unavailable("The line is down.")
        finally:
            closed.append("file")

    async def one() -> AsyncIterator[Member]:
        try:
            yield Member(name="f", size=100, read=failing)
        finally:
            closed.append("members")

    with pytest.raises(Unavailable):
        async for _ in zipped(one()):
            pass
    assert ["file", "members"] == closed


async def test_an_archive_that_nobody_wants_any_more_closes_its_sources() -> None:
    """In the middle of a file."""
    closed = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield random.randbytes(100_000)
        finally:
            closed.append("file")

    made = zipped(members(Member(name="f", size=1 << 40, read=endless)))
    for _ in range(5):
        await anext(made)
    await made.aclose()  # type: ignore[attr-defined]
    assert ["file"] == closed
