"""The Tapis v3 door: how fast jobs are taken, and how soon after its end a job is seen to have ended."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.service import Service, running_service
from tests.tapis3.grid import Grid
from tests.tapis3.local_jobs import add_app as add_sleeper
from tests.tapis3.people import newcomer

from bench import ground, limits
from bench.ground import CONNECTIONS, Door, moment, submit_many
from bench.report import Row, quantile

ENDING = 'sleep "$1"\nexec date +%s%N > output/ended'
"""An app whose last act is to write down the time."""


def job_of(app: str, system: str, *words: str, **more: Any) -> bytes:
    """The request for a job of an app with these words."""
    asked = {"name": "bench", "appId": app, "appVersion": "1", "execSystemId": system}
    return json.dumps({**asked, "parameterSet": {"appArgs": [{"arg": word} for word in words]}, **more}).encode()


def tapis3_submissions(place: Path) -> Iterator[Row]:
    """Submit, answered when it is on disk; the only slot is taken, so that nothing else is done."""
    commits = limits.commits(place)
    with running_service(place, {"DRAGOMAN_LOCAL_SLOTS": "1"}) as service:
        ann = newcomer(service, "ann")
        body = job_of(add_sleeper(ann), "local", "3600")
        times = asyncio.run(_one_by_one(service, ann.account.token, body, 500))
        for part in (0.5, 0.99):
            yield Row(
                name=f"submitJob, one connection, p{part * 100:.0f}", value=quantile(times, part) * 1000, unit="ms"
            )
        count = 3000
        seconds, _ = asyncio.run(submit_many(service, ann.account.token, count, body))
        told = "SQLite commits of one row, one by one"
        yield Row(
            name=f"submitJob, {CONNECTIONS} connections", value=count / seconds, unit="/s", limit=commits, against=told
        )


async def _one_by_one(service: Service, token: str, body: bytes, count: int) -> list[float]:
    times = []
    async with Door(service, token) as door:
        for _ in range(count):
            began = time.perf_counter()
            await door.submit(body)
            times.append(time.perf_counter() - began)
    return times


def tapis3_ends(place: Path) -> Iterator[Row]:
    """From the last act of a job's program, on its host, to FINISHED; eight jobs are there at once, ending in turn."""
    with ground.ground(place, slurm=True) as grid:
        app = ground.add_app(grid, "ending", ENDING)
        for system, told in ((grid.vm("vm"), "a process behind SSH"), (grid.hpc("hpc"), "Slurm")):
            yield from rows_of_ends(asyncio.run(ends(grid, app, system, count=100, at_once=8)), told)


def rows_of_ends(times: Sequence[float], told: str) -> Iterator[Row]:
    """What the aims for them are."""
    for part, aim in ((0.5, "<= 2"), (0.99, "<= 4")):
        name = f"end to FINISHED, {told}, p{part * 100:.0f}"
        yield Row(name=name, value=quantile(times, part), unit="s", aim=aim, against=f"{len(times)} jobs")


async def ends(grid: Grid, app: str, system: str, *, count: int, at_once: int) -> list[float]:
    """Seconds from the end of each job's program to the service's word that the job has finished."""
    left, times = iter(range(count)), []

    async def user() -> None:
        async with Door(grid.service, grid.ann.account.token) as door:
            root = (await door.get(f"systems/{system}"))["rootDir"].rstrip("/")
            for number in left:
                # Not in step with anybody's looks.
                job = await door.submit(job_of(app, system, f"{1 + number % 7 / 7:.2f}"))
                done = await door.end(job)
                at = int(Path(f"{root}{done['execSystemOutputDir']}/ended").read_text(encoding="ascii")) / 1e9
                times.append(moment(done["ended"]) - at)

    await asyncio.gather(*(user() for _ in range(at_once)))
    return times


MEASURES = (tapis3_submissions, tapis3_ends)
