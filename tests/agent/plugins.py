"""Runs a real pywaggle program in a process of its own, as a node would."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dragoman.agent.amqp_words import Message
from dragoman.agent.broker import Broker


@dataclass
class Heard:
    """What a broker took in."""

    messages: list[Message] = field(default_factory=list)
    has_room: bool = True

    def take(self, message: Message) -> bool:
        self.messages.append(message)
        return self.has_room

    async def until(self, count: int, *, seconds: float = 120.0) -> list[Message]:
        """The messages, when there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.messages) < count:
                await asyncio.sleep(0.01)
        return self.messages


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Broker, Heard, int]]:
    """A broker on a free port, and what it hears."""
    heard = Heard()
    broker = Broker(heard.take)
    port = await broker.open("127.0.0.1", 0)
    try:
        yield broker, heard, port
    finally:
        await broker.close()


async def start_plugin(program: str, port: int, more: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """Start a program that uses pywaggle."""
    environment = {
        "PATH": os.defpath,
        "WAGGLE_PLUGIN_HOST": "127.0.0.1",
        "WAGGLE_PLUGIN_PORT": str(port),
        "WAGGLE_APP_ID": "app-1",
        **(more or {}),
    }
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=environment, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )


async def run_plugin(program: str, port: int, more: Mapping[str, str] | None = None) -> str:
    """Run it to its end; what it printed. Fails when it fails."""
    process = await start_plugin(program, port, more)
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    assert 0 == process.returncode, said.decode()
    return said.decode()
