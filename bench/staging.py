"""Bytes to a host and back as the inputs and outputs of a job, beside the same by OpenSSH's own sftp."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tapis3.grid import Grid

from bench import ground, processes
from bench.ground import Door, moment
from bench.report import Row
from bench.tapis3 import job_of

MIB = 1 << 20
SIZE = 512 * MIB
FILES, SMALL = 500, 4096
KEEPING = 'cp -rl "$1" output/'
"""An app whose output is its input: another name for the same bytes."""


def tapis3_staging(place: Path) -> Iterator[Row]:
    """One large file, and many small ones in a directory: from this host to ann's by SSH, and back to her archive."""
    with ground.ground(place) as grid:
        home = grid.service.data / "homes" / "ann"
        system, app = grid.vm("vm"), ground.add_app(grid, "keeping", KEEPING)
        grid.ann.tapis.files.mkdir(systemId="local", path="/many")
        (home / "large").write_bytes(os.urandom(SIZE))
        for number in range(FILES):
            (home / "many" / f"{number}").write_bytes(os.urandom(SMALL))
        idle = processes.peak(grid.service.pid)
        for name, amount, unit in (("large", SIZE / 1e6, "MB/s"), ("many", FILES, "files/s")):
            plain = _plain(grid, home / name)
            ours = asyncio.run(_through_us(grid, job_of(app, system, name, **_wishes(name))))
            again = _plain(grid, home / name)
            what = f"{SIZE // MIB} MiB" if name == "large" else f"{FILES} files of {SMALL // 1024} KiB"
            for way, seconds, first, second in zip(("inputs", "outputs"), ours, plain, again, strict=True):
                told = f"sftp {'put -f' if way == 'inputs' else 'get'}, mean of two"
                limit = (amount / first + amount / second) / 2
                yield Row(
                    name=f"{way}: {what}",
                    value=amount / seconds,
                    unit=unit,
                    aim="ratio >= 0.7",
                    limit=limit,
                    against=told,
                )
        yield Row(name="… more memory than idle", value=(processes.peak(grid.service.pid) - idle) / MIB, unit="MiB")


def _wishes(name: str) -> dict[str, Any]:
    return {
        "fileInputs": [{"name": name, "sourceUrl": f"tapis://local/{name}", "targetPath": name}],
        "archiveSystemId": "local",
    }


async def _through_us(grid: Grid, body: bytes) -> tuple[float, float]:
    """Seconds that a job was in STAGING_INPUTS and in ARCHIVING, by its own history."""
    async with Door(grid.service, grid.ann.account.token) as door:
        job = await door.submit(body)
        await door.end(job, 900)
        told = [one for one in await door.get(f"jobs/{job}/history") if one["event"] == "JOB_NEW_STATUS"]
    moments = {one["eventDetail"]: moment(one["created"]) for one in told}
    return moments["STAGING_JOB"] - moments["STAGING_INPUTS"], moments["FINISHED"] - moments["ARCHIVING"]


def _plain(grid: Grid, source: Path) -> tuple[float, float]:
    """Seconds that sftp takes to put it there and to get it back; what arrives there is on disk, as ours is."""
    target, back = f"{grid.home}/sftp-{source.name}", source.parent / "back"
    there = _sftp(grid, f"put -rf {source} {target}")
    here = _sftp(grid, f"get -r {target} {back}")
    subprocess.run(["rm", "-rf", target, str(back)], check=True)
    return there, here


def _sftp(grid: Grid, command: str) -> float:
    key = Path(grid.host.place) / grid.alice.name
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    argv = ["sftp", "-q", "-b", "-", "-i", str(key), "-P", str(grid.host.port), *(f"-o{one}" for one in options)]
    began = time.perf_counter()
    subprocess.run(
        [*argv, f"{grid.alice.name}@{grid.host.host}"],
        input=command, check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return time.perf_counter() - began


MEASURES = (tapis3_staging,)
