"""Trivial jobs through the service to a Slurm, beside the same number by plain sbatch on the same cluster."""

import asyncio
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.hosts.slurm import Slurm
from tests.tapis3.grid import Grid

from bench import ground, processes
from bench.ground import submit_many
from bench.report import Row
from bench.tapis3 import job_of

JOBS = 300
AT_ONCE = 8
"""Processes of sbatch."""
PATIENCE = 600.0


def tapis3_slurm(place: Path) -> Iterator[Row]:
    """From the first submission until the last job is over; plain sbatch before and after."""
    with ground.ground(place, slurm=True) as grid:
        assert grid.slurm is not None
        system, app = grid.hpc("hpc"), ground.add_app(grid, "trivial", ":")
        grid.run(app, system)
        before = _plain(grid, grid.slurm)
        spent, asked = _spent(grid), grid.host.commands()
        ours = _through_us(grid, job_of(app, system))
        spent, asked = [now - was for now, was in zip(_spent(grid), spent, strict=True)], grid.host.commands() - asked
        plain = (before + _plain(grid, grid.slurm)) / 2
        told = f"{AT_ONCE} sbatch at once, mean of two"
        yield Row(
            name="trivial jobs on Slurm, through us",
            value=ours,
            unit="/s",
            aim="ratio >= 0.8",
            limit=plain,
            against=told,
        )
        for name, seconds in zip(("service", "host, by SSH"), spent, strict=True):
            yield Row(name=f"… CPU of the {name}", value=seconds / JOBS * 1000, unit="ms/job")
        yield Row(name="… commands on the host", value=asked / JOBS, unit="/job")


def _spent(grid: Grid) -> list[float]:
    """Seconds on a CPU until now: of the service, and of all that came in by SSH."""
    return [processes.cpu_seconds(grid.service.pid), processes.family_seconds(grid.host.sessions())]


def _through_us(grid: Grid, body: bytes) -> float:
    began = time.perf_counter()
    asyncio.run(submit_many(grid.service, grid.ann.account.token, JOBS, body))
    # Asking the service all the time would be a load of its own.
    with closing(sqlite3.connect(f"file:{grid.service.data}/dragoman.db?mode=ro", uri=True)) as db:
        _await_none(lambda: _count(db, "state != 'ENDED'"))
        assert not _count(db, "outcome != 'FINISHED'")
    return JOBS / (time.perf_counter() - began)


def _count(db: sqlite3.Connection, which: str) -> int:
    count: int = db.execute(f"SELECT count(*) FROM job WHERE {which}").fetchone()[0]
    return count


def _plain(grid: Grid, slurm: Slurm) -> float:
    """Jobs in a second by processes of sbatch, each of which submits one, as the account's owner would."""
    script = Path(grid.work) / "trivial.sh"
    script.write_text("#!/bin/bash\n:\n", encoding="ascii")
    identity = ("setpriv", f"--reuid={grid.alice.uid}", f"--regid={grid.alice.gid}", "--clear-groups")
    argv = (*identity, "sbatch", "--parsable", f"--chdir={grid.work}", "--output=trivial.out", "--time=10", str(script))
    variables = {"PATH": "/usr/bin:/bin", **slurm.environment}

    def submit(_: int) -> None:
        subprocess.run(argv, env=variables, check=True, capture_output=True)

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(submit, range(JOBS)))
    _await_none(lambda: len(slurm.run("squeue", "--noheader", "--states=PD,R,CG", "--format=%i").split()))
    return JOBS / (time.perf_counter() - began)


def _await_none(left: Callable[[], int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while found := left():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} jobs are not over after {PATIENCE:g} s")
        time.sleep(0.2)


MEASURES = (tapis3_slurm,)
