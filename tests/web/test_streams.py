"""Answers that are sent while they come in; names of files in headers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from dragoman.core.errors import Broken
from dragoman.web.streams import Streamed, disposition

pytestmark = pytest.mark.anyio


class Source:
    """Pieces that know whether they were closed."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop(0)

    async def aclose(self) -> None:
        self.is_closed = True


async def sent(response: Streamed, method: str = "GET") -> tuple[dict[str, str], bytes, bool]:
    """Headers, body, and whether the answer was ended."""
    messages: list[Message] = []

    async def receive() -> Message:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def send(message: Message) -> None:
        messages.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method}
    await response(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return headers, body, not messages[-1].get("more_body", False)


@pytest.mark.parametrize("size", [None, 6])
async def test_pieces_are_passed_on(size: int | None) -> None:
    """With their length when it is known; the source is closed."""
    source = Source(b"abc", b"", b"def")
    headers, body, ended = await sent(Streamed(source, size=size, headers={"x-own": "1"}))
    assert (b"abcdef", True, "1") == (body, ended, headers["x-own"])
    assert (None if size is None else "6") == headers.get("content-length")
    assert source.is_closed


async def test_no_more_than_promised_is_sent() -> None:
    """A file that grows meanwhile would break the connection."""
    source = Source(b"abc", b"def")
    assert b"abcd" == (await sent(Streamed(source, size=4)))[1]
    assert source.is_closed


async def test_less_than_promised_is_a_fault() -> None:
    """The answer is never ended as if it were whole."""
    source = Source(b"abc")
    with pytest.raises(Broken):
        await sent(Streamed(source, size=4))
    assert source.is_closed


async def test_a_head_has_no_body() -> None:
    """And reads nothing."""
    source = Source(b"abc")
    headers, body, ended = await sent(Streamed(source, size=3), "HEAD")
    assert ("3", b"", True) == (headers["content-length"], body, ended)
    assert source.is_closed


async def test_an_answer_that_is_not_given_is_put_away() -> None:
    """With its source."""
    source = Source(b"abc")
    await Streamed(source, size=3).discard()
    assert source.is_closed


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_fits_a_header(name: str) -> None:
    """On one line of ASCII, with the exact name in it."""
    header = disposition("attachment", name)
    header.encode("ascii")
    assert header.isprintable()
    plain = header.partition('filename="')[2].partition('"')[0]
    assert plain == name or "filename*=UTF-8''" in header


def test_plain_names_stay_plain() -> None:
    """Most names are."""
    assert 'attachment; filename="a b.txt"' == disposition("attachment", "a b.txt")
