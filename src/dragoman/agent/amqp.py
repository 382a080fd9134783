"""One connection of AMQP 0-9-1, as far as plugins speak it: to log in, publish, declare a queue, bind and consume.

Whatever else is asked for is refused as a broker refuses it. Says nothing about what messages mean.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pamqp import body, commands, constants, frame, header, heartbeat
from pamqp.exceptions import UnmarshalingException

log = logging.getLogger(__name__)

FRAME_BYTES = 131_072
CHANNELS = 2047
HEARTBEAT = 60
"""Seconds: half of it passes between two of ours, and twice as much silence ends a connection."""
MOST_BYTES = 1 << 20
"""Of one message."""
MOST_WAITING = 16 << 20
"""Bytes that may wait for one listener; one that is slower is cut off."""

_SYNTAX, _UNEXPECTED, _CHANNEL, _NOT_HERE = 502, 505, 504, 540
NOT_FOUND, REFUSED, PRECONDITION = 404, 403, 406


class Refused(Exception):
    """What was asked cannot be had; the channel ends, as with any broker."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class _Fault(Exception):
    """The other side does not speak the protocol; the connection ends."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was published."""

    exchange: str
    key: str
    app: str
    body: bytes


class Served(Protocol):
    """The broker behind a connection. All but ``admits`` and ``gone`` may raise Refused."""

    def admits(self, user: str, password: str) -> bool:
        """Whether somebody may come in."""
        ...

    def publish(self, message: Message) -> bool:
        """Take a message; False when its sender should wait until ``resume`` is called on its connection."""
        ...

    def declare(self, owner: "Connection", name: str) -> str:
        """The name of the queue, which is made when it is missing; an empty name asks for a new one."""
        ...

    def bind(self, owner: "Connection", queue: str, exchange: str, topic: str, *, off: bool) -> None:
        """Have a queue get what fits the topic, or no longer."""
        ...

    def consume(self, owner: "Connection", channel: int, queue: str, tag: str) -> None:
        """Send what comes into a queue to this channel."""
        ...

    def cancel(self, owner: "Connection", channel: int, tag: str | None) -> None:
        """Send no more to this channel, under this tag or any."""
        ...

    def gone(self, owner: "Connection") -> None:
        """The connection has ended."""
        ...


@dataclass(slots=True)
class _Channel:
    """What is under way on a channel."""

    publish: commands.Basic.Publish | None = None
    head: header.ContentHeader | None = None
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    closing: bool = False
    tags: int = 0


class Connection(asyncio.Protocol):
    """Speaks with one client. On any fault it says which, and hangs up."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._buffer = bytearray()
        self._channels: dict[int, _Channel] = {}
        self._user = ""
        self._stage = "header"
        self._heard = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._delivered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there; they speak first."""
        self._transport: Any = transport
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._beat()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        if self._timer:
            self._timer.cancel()
        self._stage = "ended"
        self._served.gone(self)

    def data_received(self, data: bytes) -> None:
        """Heed every whole frame that has arrived."""
        self._heard = self._loop.time()
        self._buffer += data
        try:
            while self._stage != "ended" and (taken := self._next()):
                self._heed(*taken)
        except _Fault as fault:
            self._say(commands.Connection.Close(fault.code, fault.text[:200], 0, 0))
            self._end()

    def resume(self) -> None:
        """There is room again for what they publish."""
        if self._stage != "ended":
            self._transport.resume_reading()

    def hang_up(self) -> None:
        """End the connection, saying so."""
        if self._stage == "open":
            self._say(commands.Connection.Close(320, "CONNECTION_FORCED - the node is shutting down", 0, 0))
        self._end()

    def deliver(self, channel: int, tag: str, message: Message) -> None:
        """Send a message to a consumer; one that does not read is cut off."""
        if self._transport.get_write_buffer_size() > MOST_WAITING:
            log.warning("a plugin does not read what it has subscribed to: its connection is cut")
            self._transport.abort()
            return
        self._delivered += 1
        says = commands.Basic.Deliver(tag, self._delivered, False, message.exchange, message.key)
        self._say(says, channel)
        self._say(header.ContentHeader(0, len(message.body), commands.Basic.Properties(app_id=message.app)), channel)
        most = FRAME_BYTES - 8
        for start in range(0, len(message.body), most):
            self._say(body.ContentBody(message.body[start : start + most]), channel)

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
                raise _Fault(_SYNTAX, "FRAME_ERROR - a frame is too large")
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
            raise _Fault(_UNEXPECTED, "UNEXPECTED_FRAME - the connection is not open")
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
        self._say(commands.Connection.Start(0, 9, told, "PLAIN", "en_US"))

    def _on_connection(self, found: Any) -> None:
        if isinstance(found, commands.Connection.Close):
            self._say(commands.Connection.CloseOk())
            self._end()
            return
        expected, heed = _OPENING.get(self._stage, (None, None))
        if heed is None or expected is None or not isinstance(found, expected):
            raise _Fault(_NOT_HERE, f"NOT_IMPLEMENTED - {getattr(found, 'name', 'a frame')} is not expected here")
        heed(self, found)

    def _start_ok(self, found: commands.Connection.StartOk) -> None:
        parts = str(found.response).split("\0")
        if found.mechanism != "PLAIN" or len(parts) != 3 or not self._served.admits(parts[1], parts[2]):
            text = "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
            raise _Fault(REFUSED, text)
        self._user, self._stage = parts[1], "tune"
        self._say(commands.Connection.Tune(CHANNELS, FRAME_BYTES, HEARTBEAT))

    def _tune_ok(self, _: commands.Connection.TuneOk) -> None:
        self._stage = "tuned"

    def _open(self, found: commands.Connection.Open) -> None:
        if found.virtual_host not in ("/", ""):
            raise _Fault(530, f"NOT_ALLOWED - vhost {found.virtual_host} not found")
        self._stage = "open"
        self._say(commands.Connection.OpenOk())

    def _on_channel(self, number: int, found: Any) -> None:
        channel = self._channels.get(number)
        if isinstance(found, commands.Channel.Open):
            if channel is not None or number > CHANNELS:
                raise _Fault(_CHANNEL, "CHANNEL_ERROR - second 'channel.open' seen")
            self._channels[number] = _Channel()
            self._say(commands.Channel.OpenOk(), number)
            return
        if channel is None:
            raise _Fault(_CHANNEL, "CHANNEL_ERROR - expected 'channel.open'")
        if isinstance(found, commands.Channel.Close | commands.Channel.CloseOk):
            self._leave(number, answer=isinstance(found, commands.Channel.Close))
        elif not channel.closing:
            try:
                self._on_open_channel(number, channel, found)
            except Refused as refusal:
                channel.closing = True
                self._served.cancel(self, number, None)
                self._say(commands.Channel.Close(refusal.code, refusal.text[:200], 0, 0), number)

    def _leave(self, number: int, *, answer: bool) -> None:
        self._served.cancel(self, number, None)
        del self._channels[number]
        if answer:
            self._say(commands.Channel.CloseOk(), number)

    def _on_open_channel(self, number: int, channel: _Channel, found: Any) -> None:
        if isinstance(found, header.ContentHeader | body.ContentBody):
            self._on_content(channel, found)
            return
        if channel.publish is not None:
            raise _Fault(_UNEXPECTED, "UNEXPECTED_FRAME - content was expected")
        if isinstance(found, commands.Basic.Publish):
            channel.publish = found
            return
        verb = _VERBS.get(type(found))
        if verb is None:
            raise _Fault(_NOT_HERE, f"NOT_IMPLEMENTED - {found.name} is not spoken here")
        verb(self, number, channel, found)

    def _on_content(self, channel: _Channel, found: Any) -> None:
        if channel.publish is None or isinstance(found, header.ContentHeader) is not (channel.head is None):
            raise _Fault(_UNEXPECTED, "UNEXPECTED_FRAME - content was not expected")
        if isinstance(found, header.ContentHeader):
            if found.body_size > MOST_BYTES:
                channel.publish = None
                raise Refused(311, f"CONTENT_TOO_LARGE - a message may have {MOST_BYTES} bytes")
            channel.head = found
        else:
            channel.parts.append(found.value)
            channel.size += len(found.value)
        assert channel.head is not None  # noqa: S101 - set above or before
        if channel.size > channel.head.body_size:
            raise _Fault(_SYNTAX, "FRAME_ERROR - more content than was announced")
        if channel.size == channel.head.body_size:
            self._published(channel, channel.publish, channel.head.properties)

    def _published(
        self, channel: _Channel, publish: commands.Basic.Publish, properties: commands.Basic.Properties
    ) -> None:
        whole = b"".join(channel.parts)
        channel.publish, channel.head, channel.parts, channel.size = None, None, [], 0
        if properties.user_id and properties.user_id != self._user:
            text = f"PRECONDITION_FAILED - user_id property set to '{properties.user_id}' but authenticated user"
            raise Refused(PRECONDITION, f"{text} was '{self._user}'")
        told = Message(exchange=publish.exchange, key=publish.routing_key, app=properties.app_id or "", body=whole)
        if not self._served.publish(told):
            self._transport.pause_reading()

    def _declare(self, number: int, _: _Channel, found: commands.Queue.Declare) -> None:
        name = self._served.declare(self, found.queue)
        if not found.nowait:
            self._say(commands.Queue.DeclareOk(name, 0, 0), number)

    def _bind(self, number: int, _: _Channel, found: commands.Queue.Bind) -> None:
        self._served.bind(self, found.queue, found.exchange, found.routing_key, off=False)
        if not found.nowait:
            self._say(commands.Queue.BindOk(), number)

    def _unbind(self, number: int, _: _Channel, found: commands.Queue.Unbind) -> None:
        self._served.bind(self, found.queue, found.exchange, found.routing_key, off=True)
        self._say(commands.Queue.UnbindOk(), number)

    def _qos(self, number: int, _: _Channel, __: commands.Basic.Qos) -> None:
        self._say(commands.Basic.QosOk(), number)

    def _consume(self, number: int, channel: _Channel, found: commands.Basic.Consume) -> None:
        if not found.no_ack:
            raise Refused(_NOT_HERE, "NOT_IMPLEMENTED - consume without acknowledgements here (no-ack)")
        channel.tags += 1
        tag = found.consumer_tag or f"ctag-{number}.{channel.tags}"
        self._served.consume(self, number, found.queue, tag)
        if not found.nowait:
            self._say(commands.Basic.ConsumeOk(tag), number)

    def _cancel(self, number: int, _: _Channel, found: commands.Basic.Cancel) -> None:
        self._served.cancel(self, number, found.consumer_tag)
        if not found.nowait:
            self._say(commands.Basic.CancelOk(found.consumer_tag), number)

    def _say(self, what: Any, channel: int = 0) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame.marshal(what, channel))

    def _end(self) -> None:
        self._stage = "ended"
        self._transport.close()

    def _beat(self) -> None:
        if self._loop.time() - self._heard > 2 * HEARTBEAT:
            self._transport.abort()
            return
        if self._stage == "open":
            self._say(heartbeat.Heartbeat())
        self._timer = self._loop.call_later(HEARTBEAT / 2, self._beat)


def _unmarshalled(data: bytes) -> tuple[int, int, Any]:
    if data[-1] != constants.FRAME_END:
        raise _Fault(_SYNTAX, "FRAME_ERROR - a frame does not end where it should")
    try:
        return frame.unmarshal(data)
    except (UnmarshalingException, ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise _Fault(_SYNTAX, "FRAME_ERROR - a frame cannot be read") from error


_OPENING: Mapping[str, tuple[type, Callable[[Connection, Any], None]]] = {
    "start": (commands.Connection.StartOk, Connection._start_ok),  # noqa: SLF001
    "tune": (commands.Connection.TuneOk, Connection._tune_ok),  # noqa: SLF001
    "tuned": (commands.Connection.Open, Connection._open),  # noqa: SLF001
}
"""What is expected at each stage before a connection is open."""

_VERBS: Mapping[type, Callable[[Connection, int, _Channel, Any], None]] = {
    commands.Queue.Declare: Connection._declare,  # noqa: SLF001
    commands.Queue.Bind: Connection._bind,  # noqa: SLF001
    commands.Queue.Unbind: Connection._unbind,  # noqa: SLF001
    commands.Basic.Qos: Connection._qos,  # noqa: SLF001
    commands.Basic.Consume: Connection._consume,  # noqa: SLF001
    commands.Basic.Cancel: Connection._cancel,  # noqa: SLF001
}
"""Every method that is spoken on an open channel, beside those that open and close it and publish."""
