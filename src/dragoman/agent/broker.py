"""What plugins find on the node in place of a message broker: an exchange to publish to and one to listen at."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from dragoman.agent.amqp import Connection
from dragoman.agent.amqp_words import LOCKED, NOT_FOUND, REFUSED, Line, Message, Refused
from dragoman.agent.topics import MOST_CHARACTERS, fits
from dragoman.core.errors import Conflict, Unavailable

TO_VALIDATOR = "to-validator"
"""Where plugins publish; the routing key is the scope."""
DATA = "data.topic"
"""Where they listen; the routing key is the name of a measurement."""
MOST_CONNECTIONS = 200
"""Of those that have logged in."""
MOST_TOPICS = 200
"""Bindings of one connection."""

Take = Callable[[Message], bool]
"""Takes a message in; False when whoever publishes should wait until ``Broker.resume`` is called."""


@dataclass(slots=True, eq=False)
class _Queue:
    """It has no memory: what nobody consumes is gone."""

    owner: Line
    topics: set[str] = field(default_factory=set)
    consumers: dict[tuple[int, str], None] = field(default_factory=dict)


class Broker:
    """Admits plugins by one user and password, hands on what they publish, and delivers what they listen for."""

    def __init__(self, take: Take, *, user: str = "plugin", password: str = "plugin") -> None:  # noqa: S107 - the usual
        self._take, self._user, self._password = take, user, password
        self._connections: set[Line] = set()
        self._queues: dict[str, _Queue] = {}
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen, on any free port for 0; the port. Raises Conflict and Unavailable."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), host, port)
        except OSError as error:
            kind = Conflict if error.errno == 98 else Unavailable
            raise kind(f"Plugins cannot be served on {host}:{port}: {error.strerror}.") from error
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.hang_up()

    def deliver(self, name: str, body: bytes) -> None:
        """Let everybody hear a measurement who listens for its name."""
        told = Message(exchange=DATA, key=name, app="", body=body)
        for queue in list(self._queues.values()):
            if queue.consumers and any(fits(topic, name) for topic in queue.topics):
                channel, tag = next(iter(queue.consumers))
                queue.owner.deliver(channel, tag, told)

    def resume(self) -> None:
        """There is room again."""
        for connection in self._connections:
            connection.resume()

    def came(self, owner: Line) -> None:
        """See amqp.Served."""
        self._connections.add(owner)

    def admits(self, user: str, password: str) -> bool:
        """See amqp.Served."""
        known = hmac.compare_digest(f"{user}\0{password}".encode(), f"{self._user}\0{self._password}".encode())
        return known and sum(bool(one.user) for one in self._connections) < MOST_CONNECTIONS

    def publish(self, message: Message) -> bool:
        """See amqp.Served."""
        if message.exchange != TO_VALIDATOR:
            raise Refused(NOT_FOUND, f"NOT_FOUND - no exchange '{message.exchange}' in vhost '/'")
        return self._take(message)

    def declare(self, owner: Line, name: str) -> str:
        """See amqp.Served."""
        name = name or f"amq.gen-{secrets.token_urlsafe(16)}"
        if name in self._queues:
            self._queue(owner, name)
        elif sum(queue.owner is owner for queue in self._queues.values()) >= MOST_TOPICS:
            raise Refused(REFUSED, "ACCESS_REFUSED - too many queues")
        else:
            self._queues[name] = _Queue(owner)
        return name

    def bind(self, owner: Line, queue: str, exchange: str, topic: str, *, off: bool) -> None:
        """See amqp.Served."""
        if exchange != DATA:
            raise Refused(NOT_FOUND, f"NOT_FOUND - no exchange '{exchange}' in vhost '/'")
        topics = self._queue(owner, queue).topics
        if off:
            topics.discard(topic)
        elif len(topic) > MOST_CHARACTERS or len(topics) >= MOST_TOPICS:
            raise Refused(REFUSED, "ACCESS_REFUSED - too many bindings")
        else:
            topics.add(topic)

    def consume(self, owner: Line, channel: int, queue: str, tag: str) -> None:
        """See amqp.Served."""
        self._queue(owner, queue).consumers[channel, tag] = None

    def cancel(self, owner: Line, channel: int, tag: str | None) -> None:
        """See amqp.Served."""
        for queue in self._queues.values():
            if queue.owner is owner:
                gone = [one for one in queue.consumers if one[0] == channel and tag in (None, one[1])]
                for one in gone:
                    del queue.consumers[one]

    def gone(self, owner: Line) -> None:
        """See amqp.Served."""
        self._connections.discard(owner)
        self._queues = {name: queue for name, queue in self._queues.items() if queue.owner is not owner}

    def _queue(self, owner: Line, name: str) -> _Queue:
        queue = self._queues.get(name)
        if queue is None:
            raise Refused(NOT_FOUND, f"NOT_FOUND - no queue '{name}' in vhost '/'")
        if queue.owner is not owner:
            raise Refused(LOCKED, f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{name}'")
        return queue
