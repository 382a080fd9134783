"""Requests that do not go on: nobody holds a connection without asking for anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from dragoman.server.heads import BoundedHeads

pytestmark = pytest.mark.anyio

PATIENCE = 0.1
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


class Hurried(BoundedHeads):
    """With less patience."""

    patience = PATIENCE


class Calmer(Hurried):
    """With enough of it that what is sent at once comes in time, however busy the machine is."""

    patience = 5 * PATIENCE


@asynccontextmanager
async def listening(
    app: Any, protocol: type[Hurried] = Hurried
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of this application."""
    config, state = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None), ServerState()
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def slowly(_: Any, receive: Any, send: Any) -> None:
    """Answers when the whole body has come, after some time."""
    while (event := await receive()).get("more_body"):
        pass
    if event["type"] == "http.request":
        await asyncio.sleep(10 * PATIENCE)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@pytest.mark.parametrize("sent", [b"", b"POST / HT", HEAD[:-2], HEAD, HEAD + b"ab", HEAD + b"abcd" + HEAD])
async def test_a_request_that_does_not_go_on_is_ended(sent: bytes) -> None:
    """Wherever it stops, also behind one that was whole."""
    async with listening(slowly) as (reader, writer):
        writer.write(sent)
        async with asyncio.timeout(120):
            await reader.read()


@pytest.mark.slow
async def test_a_request_that_is_whole_has_all_the_time_there_is() -> None:
    """Its answer may take longer, and so may the next request."""
    async with listening(slowly, Calmer) as (reader, writer):
        for _ in range(2):
            writer.write(HEAD + b"abcd")
            assert b"HTTP/1.1 204 No Content\r\n" == await reader.readline()
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(10 * PATIENCE)
