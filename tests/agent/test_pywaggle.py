"""Unmodified pywaggle against the node's own AMQP endpoint (wire facts: docs/dialects/sage.md, plugins)."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from dragoman.agent.broker import Broker
from tests.agent.plugins import Heard, run_plugin, serving, start_plugin

pytestmark = [pytest.mark.anyio, pytest.mark.client, pytest.mark.slow]


async def test_publish_reaches_the_validator_under_its_scope() -> None:
    """The routing key is the scope, the body is compact JSON, the app id is what the node gave."""
    program = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("env.temperature", 23.5, meta={"sensor": "bme280"}, timestamp=1661279230562104123)
    plugin.publish("env.count", 3, scope="node")
    plugin.publish("env.word", "wet", scope="beehive")
"""
    async with serving() as (_, heard, port):
        await run_plugin(program, port)
        messages = await heard.until(3)
    assert ["all", "node", "beehive"] == [message.key for message in messages]
    assert {"app-1"} == {message.app for message in messages}
    first = {"name": "env.temperature", "ts": 1661279230562104123, "meta": {"sensor": "bme280"}, "val": 23.5}
    assert first == json.loads(messages[0].body)


async def test_two_thousand_messages_arrive_in_order() -> None:
    """None is lost when the program ends right after the last."""
    program = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    for number in range(2000):
        plugin.publish("count", number)
"""
    async with serving() as (_, heard, port):
        await run_plugin(program, port)
        messages = await heard.until(2000)
    assert list(range(2000)) == [json.loads(message.body)["val"] for message in messages]


async def test_a_large_message_comes_in_several_frames() -> None:
    """A text of 300 kB is longer than a frame."""
    program = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("long", "x" * 300_000)
"""
    async with serving() as (_, heard, port):
        await run_plugin(program, port)
        (message,) = await heard.until(1)
    assert 300_000 == len(json.loads(message.body)["val"])


async def test_subscribers_get_what_their_patterns_fit() -> None:
    """``#`` is any number of words, ``*`` exactly one."""
    program = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.subscribe("env.#", "my.*")
    plugin.publish("ready", 1)
    for _ in range(3):
        message = plugin.get(timeout=120)
        print(message.name, message.value, message.timestamp, message.meta)
"""
    async with serving() as (broker, heard, port):
        plugin = await start_plugin(program, port)
        await heard.until(1)
        while not [queue for queue in broker._queues.values() if len(queue.topics) == 2]:
            await asyncio.sleep(0.01)
        for name in ("my.a.b", "env", "other", "env.rain.total", "my.a"):
            body = {"name": name, "ts": 1661279230562104123, "meta": {"sensor": "x"}, "val": 2}
            broker.deliver(name, json.dumps(body).encode())
        said, _ = await plugin.communicate()
    told = "2 1661279230562104123 {'sensor': 'x'}"
    assert [f"env {told}", f"env.rain.total {told}", f"my.a {told}"] == said.decode().splitlines()


async def test_timeit_publishes_nanoseconds_and_upload_leaves_a_directory(tmp_path: Path) -> None:
    """An upload is a directory of data and meta; the message names it."""
    program = """
from pathlib import Path
from waggle.plugin import Plugin
Path("snap.jpg").write_bytes(b"abc")
with Plugin() as plugin:
    with plugin.timeit("plugin.duration.snap"):
        pass
    plugin.upload_file("snap.jpg", meta={"camera": "top"}, timestamp=1661279233562104000)
"""
    uploads = tmp_path / "uploads"
    async with serving() as (_, heard, port):
        await run_plugin(
            f"import os; os.chdir({str(tmp_path)!r})\n{program}", port, {"WAGGLE_PLUGIN_UPLOAD_PATH": str(uploads)}
        )
        took, upload = (json.loads(message.body) for message in await heard.until(2))
    assert isinstance(took["val"], int)
    assert took["val"] > 0
    name = "1661279233562104000-a9993e364706816aba3e25717850c26c9cd0d89d"
    assert {"name": "upload", "val": name} == {key: upload[key] for key in ("name", "val")}
    assert b"abc" == (uploads / name / "data").read_bytes()
    assert not (tmp_path / "snap.jpg").exists()


async def test_a_plugin_waits_for_a_broker_that_went_away() -> None:
    """What it published meanwhile arrives when the broker is back on its port."""
    program = """
import time
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("count", 1)
    input()
    plugin.publish("count", 2)
    input()
"""
    async with serving() as (_, heard, port):
        pipe = asyncio.subprocess.PIPE
        environment = {"PATH": os.defpath, "WAGGLE_PLUGIN_HOST": "127.0.0.1", "WAGGLE_PLUGIN_PORT": str(port)}
        plugin = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environment, stdin=pipe)
        await heard.until(1)
    assert plugin.stdin is not None
    plugin.stdin.write(b"\n")
    again = Heard()
    broker = Broker(again.take)
    assert port == await broker.open("127.0.0.1", port)
    messages = await again.until(1)
    plugin.stdin.write(b"\n")
    assert 0 == await plugin.wait()
    await broker.close()
    assert [2] == [json.loads(message.body)["val"] for message in messages]
