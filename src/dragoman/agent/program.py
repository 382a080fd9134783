"""The agent's whole life: take the data directory, work until a signal asks for the end."""

import asyncio
import gc
import signal
from collections.abc import Callable

from dragoman.agent.member import Membership
from dragoman.agent.node import open_node
from dragoman.config import Settings
from dragoman.core.errors import Unavailable
from dragoman.host.datadir import lock, prepare


def run(settings: Settings, member: Membership, *, ready: Callable[[int], None]) -> None:
    """Work until SIGTERM or SIGINT; ``ready`` is told the port of the AMQP endpoint. Plugins that run go on."""
    asyncio.run(_work(settings, member, ready))


async def _work(settings: Settings, member: Membership, ready: Callable[[int], None]) -> None:
    data = prepare(settings.server.data)
    lock(data)
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    async with open_node(settings, member, data) as node:
        gc.collect()
        gc.freeze()
        ready(node.port)
        ends = [asyncio.create_task(event.wait()) for event in (asked, node.crew.failed)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            end.cancel()
        if node.crew.failed.is_set():
            raise Unavailable("A part of the node has failed.", hint="See its log, and start it again.")
