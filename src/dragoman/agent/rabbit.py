"""A real RabbitMQ in place of the node's own endpoint: plugins publish there, and the agent takes what they publish.

It speaks with the broker from a thread of its own. What was taken is acknowledged when it is kept, not before.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pika
from pika.exceptions import AMQPError

from dragoman.agent.amqp_words import Message
from dragoman.agent.broker import DATA, TO_VALIDATOR, Take
from dragoman.agent.patience import Patience
from dragoman.core.errors import Invalid

log = logging.getLogger(__name__)

AHEAD = 500
"""Messages that the broker hands over before the first of them is kept."""
TURN = 0.5
"""Seconds in which the thread looks up."""
LAST = 5.0
"""Seconds that it has to let go."""


class Rabbit:
    """See broker.Broker, whose place it takes."""

    def __init__(self, url: str, take: Take) -> None:
        try:
            self._parameters = pika.URLParameters(url)
        except (ValueError, TypeError) as error:
            raise Invalid.field("node.rabbitmq", why=f"This is no address of a RabbitMQ: {error}.") from error
        self._take = take
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: Any = None
        self._channel: Any = None

    async def open(self) -> tuple[str, int]:
        """Begin to listen, now or whenever the broker is there; its host and port, for plugins."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._live, name="rabbitmq", daemon=True)
        self._thread.start()
        return str(self._parameters.host), int(self._parameters.port)

    async def close(self) -> None:
        """Let go; what was not kept stays with the broker."""
        self._stopping.set()
        if self._thread:
            await asyncio.to_thread(self._thread.join, LAST)  # a broker that takes nothing must not hold up the end

    def deliver(self, name: str, body: bytes) -> None:
        """Let plugins hear a measurement; nobody hears it while the broker is away."""
        self._apart(lambda channel: channel.basic_publish(DATA, name, body))

    def resume(self) -> None:
        """The broker hands over more when what it handed over is acknowledged."""

    def _apart(self, act: Callable[[Any], None]) -> None:
        """Do something with the channel, in the thread that owns it; nothing when it is gone."""
        connection, channel = self._connection, self._channel
        if connection is None or channel is None:
            return

        def work() -> None:
            if channel.is_open:
                act(channel)

        try:
            connection.add_callback_threadsafe(work)
        except AMQPError:
            log.debug("RabbitMQ is gone")

    def _live(self) -> None:
        patience, is_cut = Patience(longest=10.0), False
        while not self._stopping.is_set():
            try:
                self._serve(patience)
            except Exception as error:  # whatever it was, the thread must go on
                if not is_cut:
                    why, trace = str(error) or type(error).__name__, not isinstance(error, AMQPError | OSError)
                    log.warning("RabbitMQ at %s is away: %s", self._parameters.host, why, exc_info=trace)
                is_cut = True
            finally:
                self._connection = self._channel = None
            self._stopping.wait(patience.seconds())

    def _serve(self, patience: Patience) -> None:
        with pika.BlockingConnection(self._parameters) as connection:
            channel = connection.channel()
            channel.exchange_declare(TO_VALIDATOR, "fanout", durable=True)
            channel.queue_declare(TO_VALIDATOR, durable=True)
            channel.queue_bind(TO_VALIDATOR, TO_VALIDATOR)
            channel.exchange_declare(DATA, "topic", durable=True)
            channel.basic_qos(prefetch_count=AHEAD)
            channel.basic_consume(TO_VALIDATOR, self._heard)
            self._connection, self._channel = connection, channel
            patience.calm()
            while not self._stopping.is_set():
                connection.process_data_events(TURN)
            connection.process_data_events(0)  # what was kept in the last moment is acknowledged

    def _heard(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        tag = method.delivery_tag

        def kept() -> None:
            if self._channel is channel:
                self._apart(lambda open_one: open_one.basic_ack(tag))

        told = Message(exchange=TO_VALIDATOR, key=method.routing_key, app=properties.app_id or "", body=body, kept=kept)
        self._loop.call_soon_threadsafe(self._take, told)
