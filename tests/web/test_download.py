"""Rules of downloads: whole files, ranges of them, and what is answered when a range makes no sense."""

import io
from collections.abc import Mapping

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.types import Message

from dragoman.core.errors import Broken
from dragoman.web.download import Download

pytestmark = pytest.mark.anyio

CONTENT = bytes(range(256)) * 8192


async def answered(
    content: bytes, headers: Mapping[str, str] | None = None, *, method: str = "GET", size: int | None = None
) -> tuple[Response, bool]:
    """The answer, and whether the source was closed."""
    source = io.BytesIO(content)
    length = len(content) if size is None else size
    app = Download(source, length, content_type="text/plain", etag="e1", headers={"X-Kept": "yes"})
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://host") as client:
        response = await client.request(method, "/", headers=headers)
    return response, source.closed


@pytest.mark.parametrize("content", [b"", b"0123456789", CONTENT], ids=["empty", "small", "large"])
async def test_whole_file(content: bytes) -> None:
    """Without a range the whole file is sent, with its length and the caller's content type and headers."""
    response, is_closed = await answered(content)
    assert (200, content, True) == (response.status_code, response.content, is_closed)
    expected = {"content-length": str(len(content)), "accept-ranges": "bytes", "content-type": "text/plain"}
    assert {**expected, "x-kept": "yes", "etag": '"e1"'} == dict(response.headers)


async def test_head_sends_no_bytes() -> None:
    """HEAD has the headers of the whole file, no bytes, and ignores a range."""
    response, is_closed = await answered(b"0123456789", {"Range": "bytes=0-3"}, method="HEAD")
    assert (200, b"", "10", True) == (
        response.status_code,
        response.content,
        response.headers["content-length"],
        is_closed,
    )


@pytest.mark.parametrize(
    ("asked", "told", "content"),
    [
        ("bytes=0-3", "bytes 0-3/10", b"0123"),
        ("bytes=4-", "bytes 4-9/10", b"456789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-99", "bytes 0-9/10", b"0123456789"),
        ("bytes=8-11", "bytes 8-9/10", b"89"),
        ("bytes=0-9223372036854775807", "bytes 0-9/10", b"0123456789"),
        ("Bytes = 9 - 9", "bytes 9-9/10", b"9"),
    ],
)
async def test_one_range(asked: str, told: str, content: bytes) -> None:
    """One range is sent alone; an end beyond the file is cut back to it."""
    response, is_closed = await answered(b"0123456789", {"Range": asked})
    assert (206, told, content) == (response.status_code, response.headers["content-range"], response.content)
    assert (str(len(content)), True) == (response.headers["content-length"], is_closed)


async def test_large_range() -> None:
    """A range of many pieces has exactly its bytes."""
    response, _ = await answered(CONTENT, {"Range": "bytes=1000-1999999"})
    assert CONTENT[1000:2000000] == response.content


@pytest.mark.parametrize(("asked", "content"), [("bytes=10-", b"0123456789"), ("bytes=-0", b"01"), ("bytes=0-", b"")])
async def test_range_outside(asked: str, content: bytes) -> None:
    """A range with no byte of the file is refused, and the file's size is told."""
    response, is_closed = await answered(content, {"Range": asked})
    assert (416, b"", f"bytes */{len(content)}") == (
        response.status_code,
        response.content,
        response.headers["content-range"],
    )
    assert is_closed


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=x-y", "lines=0-1", "bytes"])
async def test_other_ranges_are_ignored(asked: str) -> None:
    """Several ranges, and headers that make no sense, are answered with the whole file."""
    response, _ = await answered(b"0123456789", {"Range": asked})
    assert (200, b"0123456789") == (response.status_code, response.content)


@pytest.mark.parametrize(("etag", "expected"), [('"e1"', 206), ('"e2"', 200), ("Mon, 01 Jan 2024 00:00:00 GMT", 200)])
async def test_range_only_of_the_same_file(etag: str, expected: int) -> None:
    """If-Range asks for the range only while the file is the one that the client began to read."""
    response, _ = await answered(b"0123456789", {"Range": "bytes=0-3", "If-Range": etag})
    assert expected == response.status_code


async def test_file_that_ends_early_is_broken() -> None:
    """A file shorter than promised breaks the answer off instead of ending it as if it were whole."""
    with pytest.raises(Broken):
        await answered(b"0123", size=10)


async def test_nothing_is_read_for_a_client_that_left() -> None:
    """Once the client is gone, the rest of the file is not read, and it is closed."""
    sent: list[Message] = []
    source = io.BytesIO(CONTENT)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await Download(source, len(CONTENT), content_type="text/plain")(
        {"type": "http", "method": "GET", "headers": []}, receive, send
    )
    assert source.closed
    assert sum(len(message.get("body", b"")) for message in sent) < len(CONTENT)
