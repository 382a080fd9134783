"""The service's whole life: open the house, listen, close."""

import asyncio
import gc
from collections.abc import Callable

from dragoman.config import Settings
from dragoman.host.datadir import lock, prepare
from dragoman.server.house import open_house
from dragoman.server.listen import bind, listen

LOOPBACK = "127.0.0.1"


def run(settings: Settings, *, ready: Callable[[str], None]) -> None:
    """Serve until a signal asks for the end; ``ready`` is told the URL when requests are answered."""
    asyncio.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    host = settings.server.host
    sock = bind(host, settings.server.port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{sock.getsockname()[1]}"
    lock(prepare(settings.server.data))
    async with open_house(settings) as house:
        beside = [(one.app, bind(LOOPBACK, one.port, said=one.setting)) for one in house.beside]
        gc.collect()
        gc.freeze()  # what is loaded by now stays; looking through it again and again is waste
        await listen([(house.front, sock), *beside], ready=lambda: ready(url))
