"""One connection of AMQP 0-9-1, as far as plugins speak it: to log in, publish, declare a queue, bind and consume.

Whatever else is asked for is refused as a broker refuses it. Says nothing about what messages mean.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Mapping
from typing import Any

from pamqp import body, commands, constants, frame, header, heartbeat
from pamqp.exceptions import UnmarshalingException

from dragoman.agent.amqp_channel import Channel
from dragoman.agent.amqp_words import (
    CHANNEL,
    CHANNELS,
    FORCED,
    FRAME_BYTES,
    NOT_ALLOWED,
    NOT_HERE,
    REFUSED,
    SYNTAX,
    UNEXPECTED,
    Fault,
    Message,
    Served,
)

log = logging.getLogger(__name__)

HEARTBEAT = 60
"""Seconds: half of it passes between two of ours, and twice as much silence ends a connection."""
PATIENCE = 10
"""Seconds in which a connection must be open."""
MOST_WAITING = 16 << 20
"""Bytes that may wait for one listener; one that is slower is cut off."""


class Connection(asyncio.Protocol):
    """Speaks with one client. On any fault it says which, and hangs up."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._buffer = bytearray()
        self._channels: dict[int, Channel] = {}
        self.user = ""
        self._stage = "header"
        self._heard, self._is_held = 0.0, False
        self._timer: asyncio.TimerHandle | None = None
        self._delivered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there; they speak first."""
        self._transport: Any = transport
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._served.came(self)
        self._beat()
        self._deadline = self._loop.call_later(PATIENCE, self._expect_open)

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        if self._timer:
            self._timer.cancel()
        self._deadline.cancel()
        self._stage = "ended"
        self._served.gone(self)

    def data_received(self, data: bytes) -> None:
        """Heed every whole frame that has arrived."""
        self._heard = self._loop.time()
        self._buffer += data
        try:
            while self._stage != "ended" and (taken := self._next()):
                self._heed(*taken)
        except Fault as fault:
            self.say(commands.Connection.Close(fault.code, fault.text[:200], 0, 0))
            self._end()

    def pause(self) -> None:
        """Read no more until ``resume``."""
        self._is_held = True
        self._transport.pause_reading()

    def resume(self) -> None:
        """There is room again for what they publish."""
        if self._stage != "ended":
            self._is_held, self._heard = False, self._loop.time()
            self._transport.resume_reading()

    def hang_up(self) -> None:
        """End the connection, saying so."""
        if self._stage == "open":
            self.say(commands.Connection.Close(FORCED, "CONNECTION_FORCED - the node is shutting down", 0, 0))
        self._end()

    def deliver(self, channel: int, tag: str, message: Message) -> None:
        """Send a message to a consumer; one that does not read is cut off."""
        if self._transport.get_write_buffer_size() > MOST_WAITING:
            log.warning("a plugin does not read what it has subscribed to: its connection is cut")
            self._transport.abort()
            return
        self._delivered += 1
        says = commands.Basic.Deliver(tag, self._delivered, False, message.exchange, message.key)
        self.say(says, channel)
        self.say(header.ContentHeader(0, len(message.body), commands.Basic.Properties(app_id=message.app)), channel)
        most = FRAME_BYTES - 8
        for start in range(0, len(message.body), most):
            self.say(body.ContentBody(message.body[start : start + most]), channel)

    def _next(self) -> tuple[int, Any] | None:
        """The next whole frame and its channel; None when there is none yet."""
        held = self._buffer
        if self._stage == "header":
            if len(held) < 8:
                return None
            taken, channel, found = 8, 0, bytes(held[:8])
        else:
            if len(held) < 7:
                return None
            size = struct.unpack_from(">I", held, 3)[0]
            if size + 8 > FRAME_BYTES:
                raise Fault(SYNTAX, "FRAME_ERROR - a frame is too large")
            if len(held) < size + 8:
                return None
            taken, channel, found = _unmarshalled(bytes(held[: size + 8]))
        del held[:taken]
        return channel, found

    def _heed(self, channel: int, found: Any) -> None:
        if self._stage == "header":
            self._greet(found)
        elif isinstance(found, heartbeat.Heartbeat):
            return
        elif channel == 0:
            self._on_connection(found)
        elif self._stage != "open":
            raise Fault(UNEXPECTED, "UNEXPECTED_FRAME - the connection is not open")
        else:
            self._on_channel(channel, found)

    def _greet(self, opening: bytes) -> None:
        if opening != b"AMQP\x00\x00\x09\x01":
            self._transport.write(b"AMQP\x00\x00\x09\x01")
            self._end()
            return
        self._stage = "start"
        capabilities = {"basic.nack": False, "publisher_confirms": False, "consumer_cancel_notify": False}
        told: Any = {"product": "dragoman", "capabilities": capabilities}
        self.say(commands.Connection.Start(0, 9, told, "PLAIN", "en_US"))

    def _on_connection(self, found: Any) -> None:
        if isinstance(found, commands.Connection.Close):
            self.say(commands.Connection.CloseOk())
            self._end()
            return
        expected, heed = _OPENING.get(self._stage, (None, None))
        if heed is None or expected is None or not isinstance(found, expected):
            raise Fault(NOT_HERE, f"NOT_IMPLEMENTED - {getattr(found, 'name', 'a frame')} is not expected here")
        heed(self, found)

    def _start_ok(self, found: commands.Connection.StartOk) -> None:
        parts = str(found.response).split("\0")
        if found.mechanism != "PLAIN" or len(parts) != 3 or not self._served.admits(parts[1], parts[2]):
            text = "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
            raise Fault(REFUSED, text)
        self.user, self._stage = parts[1], "tune"
        self.say(commands.Connection.Tune(CHANNELS, FRAME_BYTES, HEARTBEAT))

    def _tune_ok(self, _: commands.Connection.TuneOk) -> None:
        self._stage = "tuned"

    def _open(self, found: commands.Connection.Open) -> None:
        if found.virtual_host not in ("/", ""):
            raise Fault(NOT_ALLOWED, f"NOT_ALLOWED - vhost {found.virtual_host} not found")
        self._stage = "open"
        self.say(commands.Connection.OpenOk())

    def _on_channel(self, number: int, found: Any) -> None:
        channel = self._channels.get(number)
        if isinstance(found, commands.Channel.Open):
            if channel is not None or number > CHANNELS:
                raise Fault(CHANNEL, "CHANNEL_ERROR - second 'channel.open' seen")
            self._channels[number] = Channel(number, self, self._served)
            self.say(commands.Channel.OpenOk(), number)
        elif channel is None:
            raise Fault(CHANNEL, "CHANNEL_ERROR - expected 'channel.open'")
        elif isinstance(found, commands.Channel.Close | commands.Channel.CloseOk):
            channel.leave()
            del self._channels[number]
            if isinstance(found, commands.Channel.Close):
                self.say(commands.Channel.CloseOk(), number)
        else:
            channel.heed(found)

    def say(self, what: Any, channel: int = 0) -> None:
        """Send a frame."""
        if not self._transport.is_closing():
            self._transport.write(frame.marshal(what, channel))

    def _end(self) -> None:
        self._stage = "ended"
        self._transport.close()

    def _expect_open(self) -> None:
        if self._stage != "open":
            self._transport.abort()

    def _beat(self) -> None:
        if not self._is_held and self._loop.time() - self._heard > 2 * HEARTBEAT:
            self._transport.abort()
            return
        if self._stage == "open":
            self.say(heartbeat.Heartbeat())
        self._timer = self._loop.call_later(HEARTBEAT / 2, self._beat)


def _unmarshalled(data: bytes) -> tuple[int, int, Any]:
    if data[-1] != constants.FRAME_END:
        raise Fault(SYNTAX, "FRAME_ERROR - a frame does not end where it should")
    try:
        return frame.unmarshal(data)
    except (UnmarshalingException, ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise Fault(SYNTAX, "FRAME_ERROR - a frame cannot be read") from error


_OPENING: Mapping[str, tuple[type, Callable[[Connection, Any], None]]] = {
    "start": (commands.Connection.StartOk, Connection._start_ok),  # noqa: SLF001
    "tune": (commands.Connection.TuneOk, Connection._tune_ok),  # noqa: SLF001
    "tuned": (commands.Connection.Open, Connection._open),  # noqa: SLF001
}
"""What is expected at each stage before a connection is open."""
