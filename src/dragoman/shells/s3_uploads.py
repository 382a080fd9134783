"""Uploads in parts: ended with their file, aborted with whoever writes, and found when nobody could do that."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import httpx2
import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from dragoman.core.errors import Broken, Denied, NotFound, Unavailable
from dragoman.shells.below import shown
from dragoman.shells.notes import Forget
from dragoman.shells.pieces import blocks
from dragoman.shells.s3_signing import signed
from dragoman.shells.s3_store import S3Target

PART = 16 << 20
"""Stores take 10,000 parts: files of up to 160 GB."""
PARTS_AT_ONCE = 3
ABORT_SECONDS = 10.0
MOST_ANSWER = 1 << 22
SLACK = 2.0
"""Stores tell times in whole seconds."""


async def put(store: S3Store, key: str, pieces: AsyncIterator[bytes], note: Callable[[], Forget]) -> int:
    """Write an object, in parts when it is large, which is noted; how many bytes it got."""
    count = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal count
        async for part in blocks(pieces, PART):
            count += len(part)
            yield part

    first = await anext(parts := counted(), b"")
    if len(first) < PART:
        await obstore.put_async(store, key, first, use_multipart=False)
    else:
        await _put_in_parts(store, key, _chained(first, parts), note())
    return count


async def _put_in_parts(store: S3Store, key: str, parts: AsyncIterator[bytes], forget: Forget) -> None:
    """The note stays where it is not known what came of the upload."""
    halt = asyncio.Event()
    work = obstore.put_async(store, key, _until(halt, parts), chunk_size=PART, max_concurrency=PARTS_AT_ONCE)
    writing = asyncio.ensure_future(work)
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        halt.set()
        with suppress(_Halted, BaseError, TimeoutError):
            async with asyncio.timeout(ABORT_SECONDS):
                await writing
        if writing.done() and not writing.cancelled() and isinstance(writing.exception(), _Halted):
            forget()
        raise
    except BaseError:
        raise
    except Exception:
        forget()
        raise
    forget()


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each


class _Halted(Exception):
    """Nobody wants the rest."""


async def _until(halt: asyncio.Event, parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The parts; the library aborts an upload only when what it is to write fails."""
    stop = asyncio.ensure_future(halt.wait())
    try:
        while True:
            part = asyncio.ensure_future(anext(parts, None))
            await asyncio.wait({part, stop}, return_when=asyncio.FIRST_COMPLETED)
            if halt.is_set():
                part.cancel()
                await asyncio.gather(part, return_exceptions=True)
                raise _Halted
            if (found := await part) is None:
                return
            yield found
    finally:
        stop.cancel()


async def abort_uploads(target: S3Target, key: str, since: float, until: float, silence: float) -> None:
    """Abort what was begun for a key in a span of time (seconds since 1970). Raises NotFound when there is nothing.

    Raises Unavailable also for what was begun too near to the end of the span to be told from what came after it.
    """
    async with httpx2.AsyncClient(trust_env=False, timeout=silence) as client:
        text, ahead = await _asked(client, target, "GET", "", {"uploads": "", "prefix": key})
        begun = [(at - ahead, upload) for at, upload in _uploads(text, key) if at - ahead >= since - SLACK]
        ours = [upload for at, upload in begun if at < until - SLACK]
        for upload in ours:
            await _asked(client, target, "DELETE", key, {"uploadId": upload})
        if any(until - SLACK <= at < until + SLACK for at, _ in begun):
            raise Unavailable(f"An upload of {shown(key)} was begun just when this service was.")
        if not ours:
            raise NotFound(f"No upload of {shown(key)} is under way.")


async def _asked(
    client: httpx2.AsyncClient, target: S3Target, method: str, key: str, query: dict[str, str]
) -> tuple[bytes, float]:
    """What the store answers, and how many seconds its clock is ahead of ours."""
    now = datetime.now(UTC)
    address, headers = signed(target, method, key, query, now)
    async with _answer(client, target, method, address, headers) as answer:
        if answer.status_code in (401, 403):
            raise Denied(f"{target.endpoint} lets the key {target.access} abort no uploads in {target.bucket}.")
        if answer.status_code == 404:
            raise NotFound(f"There is no such upload in {target.bucket}.")
        if not answer.is_success:
            raise Broken(f"{target.endpoint} cannot tell of uploads (status {answer.status_code}).")
        text = b""
        async for piece in answer.aiter_bytes():
            text += piece
            if len(text) > MOST_ANSWER:
                raise Broken(f"{target.endpoint} tells too much of uploads.")
        told = answer.headers.get("date")
        return text, (parsedate_to_datetime(told) - now).total_seconds() if told else 0.0


@asynccontextmanager
async def _answer(
    client: httpx2.AsyncClient, target: S3Target, method: str, address: str, headers: Mapping[str, str]
) -> AsyncIterator[httpx2.Response]:
    try:
        async with client.stream(method, address, headers=headers) as answer:
            yield answer
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unavailable(f"{target.endpoint} does not answer.", hint="Is it up, and reachable from here?") from error


def _uploads(text: bytes, key: str) -> Iterator[tuple[float, str]]:
    """When each upload of the key was begun, and its id. The key itself comes before all others that begin like it."""
    if b"<!" in text:  # what defines entities is no answer
        raise Broken("The object store does not answer in S3's language.")
    try:
        for one in ET.fromstring(text).iterfind("{*}Upload"):  # noqa: S314
            found = {part.tag.rpartition("}")[2]: part.text or "" for part in one}
            if found["Key"] == key:
                yield datetime.fromisoformat(found["Initiated"]).timestamp(), found["UploadId"]
    except (ET.ParseError, KeyError, ValueError) as error:
        raise Broken("The object store does not answer in S3's language.") from error
