"""Plugins that publish to a real RabbitMQ: the node takes everything from it, and lets them hear what they want."""

import asyncio
import json
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
    print(plugin.get(timeout=60).value)
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
    await asyncio.sleep(1.5)  # the acknowledgements are on their way, and nobody tells when they have arrived
    await rabbit.close()
    second = Heard()
    again = Rabbit(broker.url, second.take)
    await again.open()
    assert list(range(20, 50)) == [json.loads(message.body)["val"] for message in await second.until(30)]
    for message in second.messages:
        message.kept()
    await asyncio.sleep(1.5)
    await again.close()
    assert 30 == len(second.messages)


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
    async with asyncio.timeout(60):
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
