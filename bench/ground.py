"""Real hosts to measure on: a service, OpenSSH, and Slurm when it is wanted, as the tests have them."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from tests.hosts.slurm import slurm_cluster
from tests.service import Service
from tests.tapis3.grid import ENDS, Grid
from tests.tapis3.hosts import grid_of

from bench.client import Line

CONNECTIONS = 16
_ALL_AT_ONCE = {"DRAGOMAN_LOCAL_CONFINE": "off"}


@contextmanager
def ground(place: Path, *, slurm: bool = False) -> Iterator[Grid]:
    """A service with ann, whose host has Slurm when it is wanted; it ends with the context."""
    with ExitStack() as stack:
        cluster = stack.enter_context(slurm_cluster()) if slurm else None
        yield stack.enter_context(grid_of(place, cluster, settings=_ALL_AT_ONCE))


class Door(Line):
    """One account's connection to the Tapis v3 door."""

    def __init__(self, service: Service, token: str) -> None:
        super().__init__(service.url, "/v3/", f"X-Tapis-Token: {token}")

    async def get(self, path: str) -> Any:
        """A result."""
        return (await self.ask("GET", path)).json["result"]

    async def submit(self, body: bytes) -> str:
        """Start a job; its id."""
        uuid: str = (await self.ask("POST", "jobs/submit", body)).json["result"]["uuid"]
        return uuid

    async def end(self, job: str, seconds: float = 300.0) -> Mapping[str, Any]:
        """The job after its end. Raises RuntimeError when it has not finished well."""
        deadline = time.monotonic() + seconds
        while (status := (await self.get(f"jobs/{job}/status"))["status"]) not in ENDS:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{job} is still {status}")
            await asyncio.sleep(0.1)
        found: Mapping[str, Any] = await self.get(f"jobs/{job}")
        if status != "FINISHED":
            raise RuntimeError(f"{job} is {status}: {found['lastMessage']}")
        return found


async def submit_many(service: Service, token: str, count: int, body: bytes) -> tuple[float, list[str]]:
    """Submit the same job ``count`` times over all connections; the seconds that it took, and their ids."""
    left = iter(range(count))

    async def user() -> list[str]:
        async with Door(service, token) as door:
            return [await door.submit(body) for _ in left]

    began = time.perf_counter()
    made = await asyncio.gather(*(user() for _ in range(CONNECTIONS)))
    return time.perf_counter() - began, list(chain.from_iterable(made))


def add_app(grid: Grid, name: str, script: str) -> str:
    """An app whose archive lies on ann's host already, so that nothing is brought in for its jobs."""
    helper = f"{name}-shelf"
    grid.vm(helper)
    grid.app(f"{name}-sent", helper, script)
    path = f"{grid.home}/apps/{name}-sent.zip"
    grid.ann.tapis.apps.createAppVersion(id=name, version="1", runtime="ZIP", containerImage=path)
    return name


def moment(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
