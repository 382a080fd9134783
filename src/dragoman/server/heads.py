"""HTTP on one connection, with a bound on what may come before, between and after the pieces of a body.

The library below knows none: one endless header would fill the memory and keep everybody else waiting, and requests
that never go on would hold connections for ever. It also wakes up ten times a second to know the date; here the date is
looked up when a request asks for it.
"""

import asyncio
import time
from email.utils import formatdate
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dragoman.web.streams import ENDLESS

MOST = 1 << 16
"""Bytes of a request's first line and headers; about as many as other servers take."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@lru_cache(1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


class BoundedHeads(HttpToolsProtocol):
    """Hangs up when more than MOST bytes have brought neither the end of the headers nor a piece of a body.

    And when a request does not go on: its headers must end, and each piece of its body begin, within ``patience``.
    """

    patience = 60.0
    """Seconds."""
    _fruitless = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has come."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > MOST and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """The parser has seen the first byte of a request."""
        self._expect()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The parser has seen the end of the headers."""
        self._fruitless = 0
        self._expect()
        self.server_state.default_headers = [(b"date", _date(int(time.time())))]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The parser has seen a piece of the body."""
        self._fruitless = 0
        self._expect()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The parser has seen the end of a request: what comes next may take its time."""
        self._expect_nothing()
        super().on_message_complete()

    def shutdown(self) -> None:
        """The service ends: an answer that never would is cut off, others get their time."""
        if self.cycle is not None and self.cycle.scope.get("state", {}).get(ENDLESS):
            self.transport.close()
        super().shutdown()

    def _expect(self) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(self.patience, self._give_up)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        # What is not read on our side, because it cannot be kept so fast, does not arrive.
        if self.flow.read_paused:
            self._expect()
        else:
            self.transport.close()
