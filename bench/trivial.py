"""Jobs that do nothing, through to their ends: how many in a second, what each costs, how long one takes."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.service import Service, running_service

from bench import limits, processes
from bench.client import Connection, submit_many
from bench.report import Row, quantile

JOBS = 2000


def trivial_jobs(place: Path) -> Iterator[Row]:
    """Each in a directory of its own, in a process space of its own and without one."""
    with running_service(place / "confined", {"DRAGOMAN_LOCAL_SLOTS": "16"}) as service:
        token, bound = service.account("ada").token, limits.confined_forks()
        yield from _many(service, token, "confined", bound, "bash in bubblewrap, started and waited for", ">= 200")
        times = asyncio.run(_one_by_one(service, token, 200))
    for part, aim in ((0.5, "<= 50"), (0.99, "<= 150")):
        milliseconds = quantile(times, part) * 1000
        yield Row(name=f"submit to Completed, p{part * 100:.0f}", value=milliseconds, unit="ms", aim=aim)
    bare = {"DRAGOMAN_LOCAL_SLOTS": "16", "DRAGOMAN_LOCAL_CONFINE": "off"}
    with running_service(place / "unconfined", bare) as service:
        token, bound = service.account("ada").token, limits.forks()
        yield from _many(service, token, "unconfined", bound, "/bin/true, started and waited for")


def _many(service: Service, token: str, kind: str, bound: float, against: str, aim: str = "") -> Iterator[Row]:
    """From the first request to the last end. On a busy machine, compare what each has cost."""
    forks = processes.children(service.pid)
    before = processes.cpu_seconds(service.pid), processes.family_seconds(forks)
    rate = JOBS / asyncio.run(_to_the_end(service, token))
    after = processes.cpu_seconds(service.pid), processes.family_seconds(forks)
    yield Row(name=f"trivial jobs to Completed, {kind}", value=rate, unit="/s", aim=aim, limit=bound, against=against)
    for what, began, ended in zip(("service", "fork server and runs"), before, after, strict=True):
        yield Row(name=f"… CPU of the {what} for each", value=(ended - began) / JOBS * 1000, unit="ms")


async def _to_the_end(service: Service, token: str) -> float:
    began = time.perf_counter()
    await submit_many(service.url, token, JOBS)
    async with Connection(service.url, token) as line:
        while await line.open_jobs():
            await asyncio.sleep(0.1)  # to answer takes the service's time, too
    return time.perf_counter() - began


async def _one_by_one(service: Service, token: str, count: int) -> list[float]:
    times = []
    async with Connection(service.url, token) as line:
        for _ in range(count):
            began = time.perf_counter()
            job = await line.submit()
            while (await line.ask("GET", f"jobs/{job}/statuses/")).json["results"][0]["status"] != "Completed":
                await asyncio.sleep(0.002)
            times.append(time.perf_counter() - began)
    return times


MEASURES: Sequence[Callable[[Path], Iterator[Row]]] = (trivial_jobs,)
