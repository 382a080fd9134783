"""Uploads in parts leave nothing in a store: of cancelled writes, of failed ones, and of killed services."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import httpx2
import pytest

from dragoman.core.errors import Denied, NotFound, Unavailable
from dragoman.shells.notes import Forget
from dragoman.shells.s3 import S3Login
from dragoman.shells.s3_signing import signed
from dragoman.shells.s3_store import S3Target
from dragoman.shells.s3_uploads import PART
from tests.hosts.swift import SwiftHost
from tests.shells.grounds import bucket_of, content

pytestmark = [pytest.mark.anyio, pytest.mark.slow]  # a store takes some seconds to start

KEY = "up loads/ä+&'(1)~.bin"
HOUR = 3600.0


class Notes:
    """What is noted at the moment."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.left: list[str] = []

    def note(self, paths: Sequence[str]) -> Forget:
        [path] = paths
        self.made.append(path)
        self.left.append(path)
        return lambda: self.left.remove(path)


def ask(target: S3Target, method: str, key: str, **query: str) -> str:
    """One request to the store."""
    address, headers = signed(target, method, key, query, datetime.now(UTC))
    answer = httpx2.request(method, address, headers=dict(headers), timeout=60, trust_env=False)
    assert answer.is_success, answer.text
    return answer.text


def under_way(target: S3Target, key: str) -> list[str]:
    """Uploads that were begun for a key."""
    return re.findall("<UploadId>(.+?)</UploadId>", ask(target, "GET", "", uploads="", prefix=key))


async def endless(begun: asyncio.Event) -> AsyncIterator[bytes]:
    """More than a part, then nothing."""
    yield bytes(3 * PART)
    begun.set()
    await asyncio.Event().wait()


async def failing() -> AsyncIterator[bytes]:
    """More than a part, then a failure."""
    yield bytes(3 * PART)
    raise RuntimeError("gone")


async def whole() -> AsyncIterator[bytes]:
    """More than a part."""
    yield b"x" * (PART + 5)


async def test_a_cancelled_write_is_aborted_in_the_store(swift_host: SwiftHost) -> None:
    """There is no object, no upload, and no note of one."""
    target, notes, begun = bucket_of(swift_host), Notes(), asyncio.Event()
    write = asyncio.create_task(S3Login(target, note=notes.note).write(f"/{KEY}", endless(begun)))
    await begun.wait()
    async with asyncio.timeout(60):
        while not under_way(target, KEY):
            await asyncio.sleep(0.05)
    assert [f"/{KEY}"] == notes.left
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert [] == under_way(target, KEY) == notes.left
    with pytest.raises(NotFound):
        await S3Login(target).facts(f"/{KEY}")


async def test_a_write_that_ends_is_forgotten(swift_host: SwiftHost) -> None:
    """Well or badly; a small one is not noted at all."""
    target, notes = bucket_of(swift_host), Notes()
    login = S3Login(target, note=notes.note)
    with pytest.raises(RuntimeError, match="gone"):
        await login.write(f"/{KEY}", failing())
    assert PART + 5 == await login.write("/whole", whole())
    assert [f"/{KEY}", "/whole"] == notes.made
    assert [] == notes.left == under_way(target, "")
    assert b"xxxxx" == await content(login, "/whole", offset=PART)


async def test_what_a_killed_service_began_is_aborted(swift_host: SwiftHost) -> None:
    """That of the noted object, begun since then and before this service; nothing of anybody else's."""
    target, now = bucket_of(swift_host), time.time()
    login = S3Login(target)
    for key in (KEY, KEY, f"{KEY}.other"):
        ask(target, "POST", key, uploads="")
    for since, until in ((now + HOUR, now + 2 * HOUR), (now - 2 * HOUR, now - HOUR)):
        with pytest.raises(NotFound):
            await login.abandon(f"/{KEY}", since, until)
    assert 3 == len(under_way(target, KEY))
    await login.abandon(f"/{KEY}", now - HOUR, now + HOUR)
    [other] = under_way(target, KEY)
    ask(target, "DELETE", f"{KEY}.other", uploadId=other)
    with pytest.raises(NotFound):
        await login.abandon(f"/{KEY}", now - HOUR, now + HOUR)


async def test_what_may_be_of_this_service_is_let_be(swift_host: SwiftHost) -> None:
    """Begun in the same second: a later start can tell."""
    target = bucket_of(swift_host)
    ask(target, "POST", KEY, uploads="")
    now = time.time()
    with pytest.raises(Unavailable):
        await S3Login(target).abandon(f"/{KEY}", now - HOUR, now)
    assert 1 == len(under_way(target, KEY))
    await S3Login(target).abandon(f"/{KEY}", now - HOUR, now + HOUR)


async def test_who_cannot_abort_says_so(swift_host: SwiftHost) -> None:
    """Wrong keys, and a store that is away."""
    target = bucket_of(swift_host)
    wrong = S3Target(endpoint=target.endpoint, bucket=target.bucket, access=target.access, secret="guess")
    with pytest.raises(Denied):
        await S3Login(wrong).abandon("/x", 0, HOUR)
    nowhere = S3Target(endpoint="http://127.0.0.1:1", bucket="b", access="a", secret="s")
    with pytest.raises(Unavailable):
        await S3Login(nowhere).abandon("/x", 0, HOUR)
