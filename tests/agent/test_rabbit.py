"""Plugins that publish to a real RabbitMQ: the node takes everything from it, and lets them hear what they want."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.agent.rabbit import Rabbit
from dragoman.core.errors import Invalid
from tests.agent.field import job, running_centre, started
from tests.agent.plugins import Heard, start_plugin
from tests.hosts.rabbitmq import RabbitMq, rabbitmq
from tests.service import wait_until

pytestmark = pytest.mark.slow

GUEST = {"WAGGLE_PLUGIN_USERNAME": "guest", "WAGGLE_PLUGIN_PASSWORD": "guest"}
PUBLISH = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    for number in range(50):
        plugin.publish("count", number)
"""
ECHO = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.subscribe("env.#")
    plugin.publish("ready", 1)
    print(plugin.get(timeout=120).value)
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMq]:
    with rabbitmq() as running:
        yield running


@pytest.mark.serial
@pytest.mark.client
@pytest.mark.anyio
async def test_what_was_not_kept_comes_again(broker: RabbitMq) -> None:
    """Acknowledged is what was kept: a second agent gets all of the rest, and nothing more."""
    first = Heard()
    rabbit = Rabbit(broker.url, first.take)
    assert ("127.0.0.1", broker.port) == await rabbit.open()
    plugin = await start_plugin(PUBLISH, broker.port, GUEST)
    await plugin.wait()
    for message in (await first.until(50))[:20]:
        message.kept()
    await rabbit.close()  # which sees to it that the acknowledgements arrive
    second = Heard()
    again = Rabbit(broker.url, second.take)
    await again.open()
    assert list(range(20, 50)) == [json.loads(message.body)["val"] for message in await second.until(30)]
    for message in second.messages:
        message.kept()
    await again.close()
    assert 30 == len(second.messages)


@pytest.mark.client
@pytest.mark.anyio
async def test_what_is_kept_in_the_last_moment_is_acknowledged(broker: RabbitMq) -> None:
    """Also while the thread that speaks with the broker has something else to do until the end is said."""
    heard, busy, go = Heard(), threading.Event(), threading.Event()
    rabbit = Rabbit(broker.url, heard.take)
    await rabbit.open()
    plugin = await start_plugin(PUBLISH, broker.port, GUEST)
    messages = await heard.until(50)
    await plugin.wait()

    def hold(_: object) -> None:
        busy.set()
        go.wait(60)

    rabbit._apart(hold)
    await asyncio.to_thread(busy.wait, 60)
    for message in messages:
        message.kept()
    closing = asyncio.create_task(rabbit.close())
    await asyncio.sleep(0)
    go.set()
    await closing
    later = Heard()
    again = Rabbit(broker.url, later.take)
    await again.open()
    plugin = await start_plugin(PUBLISH.replace("count", "later"), broker.port, GUEST)
    assert {"later"} == {json.loads(message.body)["name"] for message in await later.until(50)}
    await plugin.wait()
    for message in later.messages:
        message.kept()
    await again.close()


@pytest.mark.client
@pytest.mark.anyio
async def test_subscribers_hear_what_the_node_tells(broker: RabbitMq) -> None:
    """Over the broker's topic exchange."""
    heard = Heard()
    rabbit = Rabbit(broker.url, heard.take)
    await rabbit.open()
    plugin = await start_plugin(ECHO, broker.port, GUEST)
    await heard.until(1)
    body = {"name": "env.rain", "ts": 1661279230562104123, "meta": {}, "val": 7}
    said = asyncio.create_task(plugin.communicate())
    async with asyncio.timeout(120):
        while not said.done():
            rabbit.deliver("env.rain", json.dumps(body).encode())
            await asyncio.sleep(0.2)
    await rabbit.close()
    assert b"7" == (await said)[0].split()[0]


def test_an_address_that_is_none_is_refused() -> None:
    """Before anything begins."""
    with pytest.raises(Invalid, match="rabbitmq"):
        Rabbit("amqp://host:port/", Heard().take)


def test_a_node_with_a_rabbitmq_survives_its_restart(broker: RabbitMq, tmp_path: Path) -> None:
    """Plugins find it in their environment; while it is away, nothing else stops."""
    settings = {"DRAGOMAN_NODE_RABBITMQ": broker.url, "DRAGOMAN_NODE_PLUGIN_LOGIN": "guest:guest"}
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", settings)
        image = node.plugin("count", PUBLISH)
        with started(node):
            centre.submit(job("count", image, "schedule(count): cronjob('count', '* * * * * */5')"))
            wait_until(lambda: 50 <= len(centre.query("count")))
            broker.stop()
            before = len(centre.events("queued", "W023"))
            wait_until(lambda: len(centre.events("queued", "W023")) > before)
            broker.start()
            count = len(centre.query("count"))
            wait_until(lambda: count + 50 <= len(centre.query("count")))
            assert "RabbitMQ at 127.0.0.1 is away" in node.told()
