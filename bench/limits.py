"""What this machine can do at best: the bounds that the service is compared with."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

BLOCK = 1 << 20


def rate(act: Callable[[], object], *, seconds: float = 1.0) -> float:
    """How often ``act`` can be done in a second, one after another."""
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        act()
        done += 1
    return done / spent


def forks() -> float:
    """Processes started and waited for in a second: as many at a time as there are CPUs, each the smallest there is."""
    cpus = os.cpu_count() or 1

    def one() -> None:
        subprocess.run(["/bin/true"], check=True)

    with ThreadPoolExecutor(cpus) as threads:
        return sum(threads.map(lambda _: rate(one), range(cpus)))


def confined_forks() -> float:
    """The same with a shell inside bubblewrap around each; 0 where bubblewrap is missing."""
    if shutil.which("bwrap") is None:
        return 0.0
    cpus = os.cpu_count() or 1
    argv = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid", "/bin/bash", "-c", ":"]

    def one() -> None:
        subprocess.run(argv, check=True)

    with ThreadPoolExecutor(cpus) as threads:
        return sum(threads.map(lambda _: rate(one), range(cpus)))


def commits(place: Path) -> float:
    """SQLite transactions in a second, one row each, on disk before the next (WAL, synchronous=FULL)."""
    with closing(sqlite3.connect(place / "commits.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE t (x)")
        return rate(lambda: db.execute("INSERT INTO t VALUES (1)"))


def copy_rate(source: Path) -> float:
    """MB/s of a plain copy that is on disk at the end."""
    began = time.perf_counter()
    with source.open("rb") as old, tempfile.TemporaryFile(dir=source.parent) as new:
        shutil.copyfileobj(old, new, BLOCK)
        new.flush()
        os.fsync(new.fileno())
    return source.stat().st_size / 1e6 / (time.perf_counter() - began)
