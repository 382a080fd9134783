"""What a broker of AMQP 0-9-1 is to one of its connections, and how it refuses. Names from the protocol's own book."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

FRAME_BYTES = 131_072
CHANNELS = 16
"""Of one connection: a message of MOST_BYTES may be under way on each."""
MOST_BYTES = 1 << 20
"""Of one message."""

SYNTAX, UNEXPECTED, CHANNEL, NOT_HERE = 502, 505, 504, 540
NOT_FOUND, REFUSED, PRECONDITION, LOCKED, TOO_LARGE, FORCED, NOT_ALLOWED = 404, 403, 406, 405, 311, 320, 530


class Refused(Exception):
    """What was asked cannot be had; the channel ends, as with any broker."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Fault(Exception):
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
    kept: Callable[[], None] = lambda: None
    """To be called when the message is safe, or worth nothing."""


class Line(Protocol):
    """A connection as its broker and its channels see it."""

    user: str

    def say(self, what: Any, channel: int = 0) -> None:
        """Send a frame."""
        ...

    def deliver(self, channel: int, tag: str, message: Message) -> None:
        """Send a message to a consumer; one that does not read is cut off."""
        ...

    def pause(self) -> None:
        """Read no more until ``resume``."""
        ...

    def resume(self) -> None:
        """There is room again for what they publish."""
        ...

    def hang_up(self) -> None:
        """End the connection, saying so."""
        ...


class Served(Protocol):
    """The broker behind a connection. All but ``admits`` and ``gone`` may raise Refused."""

    def came(self, owner: Line) -> None:
        """A connection is there, and can be spoken to from now on."""
        ...

    def admits(self, user: str, password: str) -> bool:
        """Whether somebody may come in."""
        ...

    def publish(self, message: Message) -> bool:
        """Take a message; False when its sender should wait until ``resume`` is called on its connection."""
        ...

    def declare(self, owner: Line, name: str) -> str:
        """The name of the queue, which is made when it is missing; an empty name asks for a new one."""
        ...

    def bind(self, owner: Line, queue: str, exchange: str, topic: str, *, off: bool) -> None:
        """Have a queue get what fits the topic, or no longer."""
        ...

    def consume(self, owner: Line, channel: int, queue: str, tag: str) -> None:
        """Send what comes into a queue to this channel."""
        ...

    def cancel(self, owner: Line, channel: int, tag: str | None) -> None:
        """Send no more to this channel, under this tag or any."""
        ...

    def gone(self, owner: Line) -> None:
        """The connection has ended."""
        ...
