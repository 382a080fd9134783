"""Serves a house of tests.places.house from a process of its own: ``python -m tests.places.app DIRECTORY``.

For what only a real connection shows, and for unmodified clients. Prints the port when it answers.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from dragoman.trust.passwords import hash_password
from tests.places.house import open_house
from tests.service import PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A house in a process of its own."""

    url: str
    pid: int
    root: Path

    def at(self, system: str, path: str = "") -> Path:
        """Where a path of a system is on this host."""
        return self.root / system / path.lstrip("/")

    def peak_memory(self) -> int:
        """The most bytes that the process ever had in memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@contextmanager
def serving(place: Path) -> Iterator[Served]:
    """A house that answers, and ends with the context."""
    command = [sys.executable, "-m", "tests.places.app", str(place)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        port = int(service.stdout.readline())
        try:
            yield Served(url=f"http://127.0.0.1:{port}", pid=service.pid, root=place / "hosts")
        finally:
            service.terminate()


class _Server(uvicorn.Server):
    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


async def _serve(place: Path) -> None:
    from dragoman.dialects.tapis3.routes import ROUTES

    async with open_house(place, routes=ROUTES, password_hash=hash_password(PASSWORD)) as house:
        config = uvicorn.Config(house.door.app, port=0, loop="asyncio", http="httptools", log_level="warning")
        await _Server(config).serve()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Path(sys.argv[1])))
