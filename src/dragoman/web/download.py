"""Answers with the bytes of an open file, or one range of them, in constant memory. Knows neither keys nor names."""

import asyncio
import re
from collections.abc import Mapping
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dragoman.core.errors import Broken

_PIECE = 1 << 19

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,40})\s*-\s*(\d{0,40})\s*", re.IGNORECASE)


def requested_range(header: str, size: int) -> range | None:
    """The offsets that a Range header asks of ``size`` bytes: empty when it cannot be satisfied.

    None when the whole is to be sent: for no header, for several ranges, and for what makes no sense.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


class Download(Response):
    """200 with everything, 206 with one range, or 416. Closes the source in the end, whatever happens."""

    def __init__(
        self,
        source: BinaryIO,
        size: int,
        *,
        content_type: str,
        etag: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._source = source
        self._size = size
        self._etag = f'"{etag}"' if etag else ""
        fixed = {"accept-ranges": "bytes", "content-type": content_type, "content-length": str(size)}
        super().__init__(headers={**fixed, **({"etag": self._etag} if etag else {}), **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer that the request's method and headers ask for."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            wanted = self._wanted(scope)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send(range(0) if scope["method"] == "HEAD" else wanted, send, gone)
        finally:
            gone.cancel()
            self._source.close()

    async def _send(self, wanted: range, send: Send, gone: asyncio.Future[None]) -> None:
        if not wanted:
            await send({"type": "http.response.body"})
        self._source.seek(wanted.start)
        left = len(wanted)
        while left and not gone.done():
            piece = await asyncio.to_thread(self._source.read, min(_PIECE, left))
            if not piece:
                raise Broken(f"A file of {self._size} bytes ended before byte {wanted.stop - left}.")
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})

    def _wanted(self, scope: Scope) -> range:
        headers = Headers(scope=scope)
        is_plain = scope["method"] != "GET" or headers.get("if-range", self._etag) != self._etag
        wanted = None if is_plain else requested_range(headers.get("range", ""), self._size)
        if wanted is None:
            return range(self._size)
        self.status_code = 206 if wanted else 416
        self.headers["content-length"] = str(len(wanted))
        told = f"{wanted.start}-{wanted.stop - 1}" if wanted else "*"
        self.headers["content-range"] = f"bytes {told}/{self._size}"
        return wanted


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
