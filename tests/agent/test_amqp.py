"""The node's AMQP endpoint refuses as a broker does, and nonsense does it no harm."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import pika
import pika.exceptions
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame

from dragoman.agent.amqp import Connection
from dragoman.agent.broker import Broker
from dragoman.agent.topics import fits
from tests.agent.plugins import Heard, serving

pytestmark = pytest.mark.anyio

OPENING = b"AMQP\x00\x00\x09\x01"


def connect(port: int, password: str = "plugin", host: str = "/") -> pika.BlockingConnection:
    credentials = pika.PlainCredentials("plugin", password)
    return pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, host, credentials))


async def apart(work: Callable[[int], object]) -> Heard:
    """Run blocking client code beside a broker."""
    async with serving() as (_, heard, port):
        await asyncio.to_thread(work, port)
    return heard


async def test_an_unknown_exchange_ends_the_channel_and_not_the_connection() -> None:
    """404 on the channel; another channel works."""

    def work(port: int) -> None:
        with connect(port) as connection:
            channel = connection.channel()
            channel.basic_publish("nowhere", "all", b"{}")
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
                channel.queue_declare("", exclusive=True)
            assert 404 == refused.value.reply_code
            connection.channel().basic_publish("to-validator", "all", b"{}")
            connection.process_data_events(0)

    assert [b"{}"] == [message.body for message in (await apart(work)).messages]


async def test_a_wrong_password_is_refused() -> None:
    """403, as a broker says it."""

    def work(port: int) -> None:
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            connect(port, password="wrong")

    await apart(work)


async def test_nobody_publishes_under_anothers_name() -> None:
    """user_id must be the login."""

    def work(port: int) -> None:
        with connect(port) as connection:
            channel = connection.channel()
            channel.basic_publish("to-validator", "all", b"{}", pika.BasicProperties(user_id="somebody"))
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
                channel.queue_declare("", exclusive=True)
            assert 406 == refused.value.reply_code

    assert [] == (await apart(work)).messages


async def test_a_queue_belongs_to_its_connection() -> None:
    """405 for anybody else; it goes with its connection."""

    def work(port: int) -> None:
        with connect(port) as one, connect(port) as other:
            name = one.channel().queue_declare("", exclusive=True).method.queue
            with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
                other.channel().queue_bind(name, "data.topic", "#")
            assert 405 == refused.value.reply_code

    await apart(work)


async def test_what_is_not_spoken_is_refused_by_name() -> None:
    """Transactions and the like end the connection with 540."""

    def work(port: int) -> None:
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as refused:
            connect(port).channel().tx_select()
        assert 540 == refused.value.reply_code

    await apart(work)


async def test_a_publisher_is_held_back_while_there_is_no_room() -> None:
    """Reading stops and goes on; nothing is lost."""
    async with serving() as (broker, heard, port):
        heard.has_room = False

        def flood() -> None:
            with connect(port) as connection:
                channel = connection.channel()
                for _ in range(1000):
                    channel.basic_publish("to-validator", "all", b"x" * 10_000)

        flooding = asyncio.create_task(asyncio.to_thread(flood))
        held = 0
        while not flooding.done():
            await asyncio.sleep(0.01)
            held = max(held, 1000 - len(heard.messages))
            broker.resume()
        await heard.until(1000)
    assert held > 0


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = bytearray(), False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


def frames() -> st.SearchStrategy[bytes]:
    """Frames of every kind on some channel with anything in them, and plain noise."""
    framed = st.builds(
        lambda kind, channel, content: struct.pack(">BHI", kind, channel, len(content)) + content + b"\xce",
        st.sampled_from([1, 2, 3, 8]),
        st.integers(0, 2),
        st.binary(max_size=40) | st.sampled_from([struct.pack(">HH", *at) for at in _METHODS]),
    )
    spoken = st.sampled_from([frame.marshal(one, 1) for one in _SPOKEN])
    return st.one_of(framed, spoken, st.binary(max_size=20))


_METHODS = [(10, 11), (10, 31), (10, 40), (20, 10), (50, 10), (50, 20), (60, 20), (60, 40)]
_SPOKEN = [
    commands.Channel.Open(),
    commands.Queue.Declare(queue="q"),
    commands.Queue.Bind(queue="q", exchange="data.topic", routing_key="#"),
    commands.Basic.Consume(queue="q", no_ack=True),
    commands.Basic.Publish(exchange="to-validator", routing_key="all"),
    commands.Channel.Close(200, "", 0, 0),
]
_SHAKE = [
    frame.marshal(commands.Connection.StartOk({}, "PLAIN", "\0plugin\0plugin", "en_US"), 0),
    frame.marshal(commands.Connection.TuneOk(2047, 131_072, 60), 0),
    frame.marshal(commands.Connection.Open("/"), 0),
]


@given(st.booleans(), st.lists(frames(), max_size=12), st.integers(1, 64))
def test_noise_never_raises(greeted: bool, noise: list[bytes], piece: int) -> None:
    """Whatever comes, in whatever pieces: it is heeded, or the connection says why it ends."""

    async def run() -> None:
        broker = Broker(Heard().take)
        connection, wire = Connection(broker), Wire()
        connection.connection_made(wire)
        data = b"".join([OPENING, *_SHAKE, *noise]) if greeted else b"".join(noise)
        for start in range(0, len(data), piece):
            connection.data_received(data[start : start + piece])
        connection.connection_lost(None)
        assert {} == broker._queues

    asyncio.run(run())


@pytest.mark.parametrize(
    ("topic", "name", "means"),
    [
        ("env.#", "env", True),
        ("env.#", "env.a.b", True),
        ("env.*", "env.a", True),
        ("env.*", "env.a.b", False),
        ("#", "x.y", True),
        ("#.b", "a.c.b", True),
        ("a.#.b.#.c", "a.b.x.c", True),
        ("a.#.b", "a.c", False),
        ("env.temp", "env.temperature", False),
        ("", "a", False),
    ],
)
def test_topics(topic: str, name: str, means: bool) -> None:
    """As topic exchanges have it."""
    assert means is fits(topic, name)


def test_many_wildcards_take_no_time() -> None:
    """A hostile binding costs no more than its length times the name's."""
    assert not fits(".".join(["#", "a"] * 60), ".".join("b" * 60))


def test_frames_are_bounded() -> None:
    """A frame that says it is huge ends the connection before any of it is kept."""

    async def run() -> None:
        connection, wire = Connection(Broker(Heard().take)), Wire()
        connection.connection_made(wire)
        connection.data_received(OPENING)
        connection.data_received(struct.pack(">BHI", 1, 0, 1 << 31))
        assert wire.closed
        assert b"FRAME_ERROR" in wire.written
        connection.connection_lost(None)

    asyncio.run(run())
