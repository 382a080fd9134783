"""5,000 live jobs watched by one process, on one SSH host and on one Slurm, beside 50 watched there in the same run."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.service import wait_until
from tests.tapis3.grid import Grid

from bench import ground, processes
from bench.live import copy_directories, copy_jobs
from bench.report import Row
from bench.tapis3 import ENDING, ends, rows_of_ends

FEW, MANY = 50, 5000
WINDOW = 30.0
SETTLING = 8.0
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What watching takes: of the service, and of the host."""

    cpu: float
    """Per cent of one CPU."""
    memory: float
    commands: float
    """That the host has run in a minute."""
    host_cpu: float
    """Per cent of one CPU, for all that came in by SSH."""


def tapis3_watch_ssh(place: Path) -> Iterator[Row]:
    """One job runs; the others are copies, with directories of their own, in which its wrapper stands for theirs."""
    with ground.ground(place) as grid:
        system = grid.vm("vm")
        sleeper = ground.add_app(grid, "sleeper", "exec sleep 3600")
        app = ground.add_app(grid, "ending", ENDING)
        job = grid.submit(sleeper, system)
        grid.await_status(job, "RUNNING")

        def add(count: int) -> None:
            copies = copy_jobs(grid.service.data, job.uuid, count, lambda tokens: [{} for _ in tokens])
            directory, token = _original(grid, job.uuid)
            copy_directories(directory, token, grid.alice.name, copies)

        yield from _rows(grid, add, f"{MANY:,} live on one SSH host", "1 real, the others copies of its rows and guard")
        yield from rows_of_ends(asyncio.run(ends(grid, app, system, count=40, at_once=4)), f"among {MANY:,} on SSH")
        grid.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
        # All of them lose the process that stood for them; it must be gone before its host is.
        wait_until(lambda: grid.status(job) == "CANCELLED", 120)


def tapis3_watch_slurm(place: Path) -> Iterator[Row]:
    """All are held jobs of Slurm; one was submitted through the service, of which the rows of the others are copies."""
    with ground.ground(place, slurm=True) as grid:
        system = grid.hpc("hpc")
        sleeper = ground.add_app(grid, "sleeper", "exec sleep 3600")
        app = ground.add_app(grid, "ending", ENDING)
        job = grid.submit(sleeper, system, parameterSet={"schedulerOptions": [{"arg": "--hold"}]})
        grid.await_status(job, "QUEUED")
        wait_until(lambda: grid.job(job).remoteJobId)

        def add(count: int) -> None:
            copy_jobs(grid.service.data, job.uuid, count, partial(_held_jobs, grid))

        yield from _rows(grid, add, f"{MANY:,} live on one Slurm", "all held in its line; 1 submitted through us")
        yield from rows_of_ends(asyncio.run(ends(grid, app, system, count=40, at_once=4)), f"among {MANY:,} on Slurm")


def _rows(grid: Grid, add: Callable[[int], None], name: str, told: str) -> Iterator[Row]:
    costs = []
    for more in (FEW - 1, MANY - FEW):
        grid.service.stop()
        add(more)
        grid.service.restart()
        time.sleep(SETTLING)
        costs.append(_cost(grid))
    few, many = costs
    beside = f"with {FEW} live"
    yield Row(
        name=f"{name}: commands on it",
        value=many.commands,
        unit="/min",
        aim="ratio <= 1",
        limit=few.commands,
        against=beside,
    )
    yield Row(name="… CPU of the service", value=many.cpu, unit="%", limit=few.cpu, against=beside)
    yield Row(name="… memory of the service", value=many.memory, unit="MiB", limit=few.memory, against=beside)
    yield Row(name="… CPU on the host", value=many.host_cpu, unit="%", limit=few.host_cpu, against=f"{beside} ({told})")


def _cost(grid: Grid) -> Cost:
    pid, began = grid.service.pid, time.monotonic()
    cpu, commands, host = (
        processes.cpu_seconds(pid),
        grid.host.commands(),
        processes.family_seconds(grid.host.sessions()),
    )
    time.sleep(WINDOW)
    spent = time.monotonic() - began
    return Cost(
        cpu=(processes.cpu_seconds(pid) - cpu) / spent * 100,
        memory=processes.resident(pid) / MIB,
        commands=(grid.host.commands() - commands) / spent * 60,
        host_cpu=(processes.family_seconds(grid.host.sessions()) - host) / spent * 100,
    )


def _original(grid: Grid, uuid: str) -> tuple[str, str]:
    """The run directory of a live job on its host, and its token."""
    directory = f"{grid.home}/workdir/jobs/{uuid}"
    (guard,) = (name for name in os.listdir(directory) if name.startswith(".started-"))
    return directory, guard.removeprefix(".started-")


def _held_jobs(grid: Grid, tokens: Sequence[str]) -> list[Mapping[str, Any]]:
    """A held job of alice's in Slurm for each token."""
    assert grid.slurm is not None
    identity = ["setpriv", f"--reuid={grid.alice.uid}", f"--regid={grid.alice.gid}", "--clear-groups"]
    variables = {"PATH": "/usr/bin:/bin", **grid.slurm.environment}

    def submit(token: str) -> Mapping[str, Any]:
        words = ["--hold", "--parsable", "--chdir=/", "--output=/dev/null", f"--comment={token}", "--wrap=:"]
        told = subprocess.run([*identity, "sbatch", *words], env=variables, check=True, capture_output=True, text=True)
        return {"job": told.stdout.strip(), "doubts": 0}

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(submit, tokens))


MEASURES = (tapis3_watch_ssh, tapis3_watch_slurm)
