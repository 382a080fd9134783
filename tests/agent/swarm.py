"""Some nodes in one process, so that a test can have many: ``python -m tests.agent.swarm URL FOLDER VSN=TOKEN…``."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from dragoman.agent.member import Membership
from dragoman.agent.node import open_node
from dragoman.config import load
from dragoman.host.datadir import lock, prepare

SETTINGS = {
    "node.tick_seconds": 1.0,
    "node.channel": "log",
    "node.runtime": "none",
    "local.confine": "off",
    "database.readers": 1,
}


async def live(url: str, folder: str, members: list[str]) -> None:
    """Be these nodes, until the process is killed."""
    async with AsyncExitStack() as stack:
        for member in members:
            vsn, _, token = member.partition("=")
            data = prepare(str(Path(folder, vsn)))
            lock(data)
            settings = load({**SETTINGS, "server.data": data}, {}, None)
            await stack.enter_async_context(open_node(settings, Membership(vsn=vsn, url=url, token=token), data))
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], sys.argv[2], sys.argv[3:]))
