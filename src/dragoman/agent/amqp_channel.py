"""One channel of a connection of AMQP 0-9-1: what is published on it, declared, bound and consumed."""

from collections.abc import Callable, Mapping
from typing import Any

from pamqp import body, commands, header

from dragoman.agent.amqp_words import (
    MOST_BYTES,
    NOT_HERE,
    PRECONDITION,
    SYNTAX,
    TOO_LARGE,
    UNEXPECTED,
    Fault,
    Line,
    Message,
    Refused,
    Served,
)


class Channel:
    """Heeds the frames of one channel, and ends it when something is refused."""

    def __init__(self, number: int, line: Line, served: Served) -> None:
        self._number, self._line, self._served = number, line, served
        self._publish: commands.Basic.Publish | None = None
        self._head: header.ContentHeader | None = None
        self._parts: list[bytes] = []
        self._size = self._tags = 0
        self._is_closing = False

    def heed(self, found: Any) -> None:
        """Do what a frame asks for. Raises Fault for what is no protocol."""
        if self._is_closing:
            return
        try:
            self._heed(found)
        except Refused as refusal:
            self._is_closing = True
            self.leave()
            self._say(commands.Channel.Close(refusal.code, refusal.text[:200], 0, 0))

    def leave(self) -> None:
        """Nothing is consumed on it any more."""
        self._served.cancel(self._line, self._number, None)

    def _say(self, what: Any) -> None:
        self._line.say(what, self._number)

    def _heed(self, found: Any) -> None:
        if isinstance(found, header.ContentHeader | body.ContentBody):
            self._on_content(found)
            return
        if self._publish is not None:
            raise Fault(UNEXPECTED, "UNEXPECTED_FRAME - content was expected")
        verb = VERBS.get(type(found))
        if verb is None:
            raise Fault(NOT_HERE, f"NOT_IMPLEMENTED - {found.name} is not spoken here")
        verb(self, found)

    def _on_content(self, found: Any) -> None:
        if self._publish is None or isinstance(found, header.ContentHeader) is not (self._head is None):
            raise Fault(UNEXPECTED, "UNEXPECTED_FRAME - content was not expected")
        if isinstance(found, header.ContentHeader):
            if found.body_size > MOST_BYTES:
                self._publish = None
                raise Refused(TOO_LARGE, f"CONTENT_TOO_LARGE - a message may have {MOST_BYTES} bytes")
            self._head = found
        else:
            self._parts.append(found.value)
            self._size += len(found.value)
        assert self._head is not None  # noqa: S101 - set above or before
        if self._size > self._head.body_size:
            raise Fault(SYNTAX, "FRAME_ERROR - more content than was announced")
        if self._size == self._head.body_size:
            self._published(self._publish, self._head.properties, b"".join(self._parts))

    def _published(
        self, publish: commands.Basic.Publish, properties: commands.Basic.Properties, content: bytes
    ) -> None:
        self._publish, self._head, self._parts, self._size = None, None, [], 0
        if properties.user_id and properties.user_id != self._line.user:
            text = f"PRECONDITION_FAILED - user_id property set to '{properties.user_id}' but authenticated user"
            raise Refused(PRECONDITION, f"{text} was '{self._line.user}'")
        app = properties.app_id or ""
        told = Message(exchange=publish.exchange, key=publish.routing_key, app=app, body=content)
        if not self._served.publish(told):
            self._line.pause()

    def publish(self, found: commands.Basic.Publish) -> None:
        """A message follows."""
        self._publish = found

    def declare(self, found: commands.Queue.Declare) -> None:
        """A queue is wanted."""
        name = self._served.declare(self._line, found.queue)
        if not found.nowait:
            self._say(commands.Queue.DeclareOk(name, 0, 0))

    def bind(self, found: commands.Queue.Bind) -> None:
        """A queue is to get what fits a topic."""
        self._served.bind(self._line, found.queue, found.exchange, found.routing_key, off=False)
        if not found.nowait:
            self._say(commands.Queue.BindOk())

    def unbind(self, found: commands.Queue.Unbind) -> None:
        """A queue is to get it no longer."""
        self._served.bind(self._line, found.queue, found.exchange, found.routing_key, off=True)
        self._say(commands.Queue.UnbindOk())

    def qos(self, _: commands.Basic.Qos) -> None:
        """How many messages may be under way: without acknowledgements it means nothing."""
        self._say(commands.Basic.QosOk())

    def consume(self, found: commands.Basic.Consume) -> None:
        """What comes into a queue is to be sent here."""
        if not found.no_ack:
            raise Refused(NOT_HERE, "NOT_IMPLEMENTED - consume without acknowledgements here (no-ack)")
        self._tags += 1
        tag = found.consumer_tag or f"ctag-{self._number}.{self._tags}"
        self._served.consume(self._line, self._number, found.queue, tag)
        if not found.nowait:
            self._say(commands.Basic.ConsumeOk(tag))

    def cancel(self, found: commands.Basic.Cancel) -> None:
        """It is to be sent no longer."""
        self._served.cancel(self._line, self._number, found.consumer_tag)
        if not found.nowait:
            self._say(commands.Basic.CancelOk(found.consumer_tag))


VERBS: Mapping[type, Callable[[Channel, Any], None]] = {
    commands.Basic.Publish: Channel.publish,
    commands.Queue.Declare: Channel.declare,
    commands.Queue.Bind: Channel.bind,
    commands.Queue.Unbind: Channel.unbind,
    commands.Basic.Qos: Channel.qos,
    commands.Basic.Consume: Channel.consume,
    commands.Basic.Cancel: Channel.cancel,
}
"""Every method that is spoken on an open channel, beside those that open and close it."""
