"""Answers with bytes as they come from somewhere, in constant memory. Knows neither hosts nor names."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dragoman.core.errors import Broken
from dragoman.core.patience import close

_UNQUOTED = re.compile(r"[^ !#-\[\]-~]")


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition that gives a file its exact name; clients that know only ASCII get one that is close."""
    plain = _UNQUOTED.sub("_", name)
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{kind}; filename="{plain}"{exact}'


class Streamed(Response):
    """Sends pieces until they end; with ``size``, exactly so many bytes. Closes their source, whatever happens.

    Where a source fails or ends early, the connection is cut, so that nobody takes a part for the whole.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        *,
        size: int | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._pieces, self._size = pieces, size
        length = {} if size is None else {"content-length": str(size)}
        super().__init__(status_code=status, headers={**length, **(headers or {})})
        if size is None:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                await self._send(send, gone)
            if not gone.done():
                await send({"type": "http.response.body"})
        finally:
            gone.cancel()
            await close(self._pieces)

    async def discard(self) -> None:
        """Close the source of an answer that is not given after all."""
        await close(self._pieces)

    async def _send(self, send: Send, gone: "asyncio.Task[None]") -> None:
        sent = 0
        async for piece in self._pieces:
            if gone.done():
                return
            body = piece if self._size is None else piece[: self._size - sent]
            sent += len(body)
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if sent == self._size:
                return
        if self._size not in {None, sent}:
            raise Broken(f"A file of {self._size} bytes ended after {sent}.")


ENDLESS = "endless"
"""The key in a request's state that says that its answer never ends by itself: nobody need wait for it at the end."""


class Endless(Response):
    """Sends events for as long as somebody listens, and closes their source then.

    A fault of the source hangs up on the listener. Thousands are open at once, so each is small.
    """

    def __init__(self, events: AsyncIterator[bytes], *, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on until the listener hangs up, or the service ends."""
        scope.setdefault("state", {})[ENDLESS] = True
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        listening, sending = asyncio.current_task(), asyncio.ensure_future(self._send(send))
        sending.add_done_callback(lambda ended: ended.cancelled() or (listening and listening.cancel()))
        try:
            await _disconnected(receive)
        finally:
            sending.cancel()

    async def _send(self, send: Send) -> None:
        try:
            async for event in self._events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            await close(self._events)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
