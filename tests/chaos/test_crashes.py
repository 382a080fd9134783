"""A real service is killed, halted and restarted at random while people use it: nothing is lost, nothing is done twice.

``CHAOS_SEED`` repeats the choices of an earlier run, which printed it; what the machine makes of them is new each time.
"""

import os
import random
import secrets
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.history import check
from tests.chaos.leftovers import processes_of
from tests.chaos.traffic import Crowd, Kind, User, mixture
from tests.service import Service, running_service, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.serial]

LEASE = 1.0
SETTINGS = {
    "DRAGOMAN_ENGINE_LEASE_SECONDS": str(LEASE),
    "DRAGOMAN_LOCAL_SLOTS": "8",
    "DRAGOMAN_LOCAL_GRACE_SECONDS": "2",
}
ENDS = "SELECT job.alias, run.state, run.exit_code FROM job JOIN run ON run.job_id = job.id WHERE job.state = 'ENDED'"
LAUNCHER = (sys.executable, "-m", "tests.chaos.launcher")
ROOT = Path(__file__).parents[2]


def seed() -> int:
    """The seed of this run, printed for the next one."""
    chosen = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1 << 32))
    print(f"CHAOS_SEED={chosen}")
    return chosen


def killed(service: Service) -> None:
    """SIGKILL, and a new service on the same directory and port."""
    service.kill()
    service.restart()


def halted(service: Service, seconds: float) -> None:
    """SIGSTOP for so long, then SIGCONT."""
    os.kill(service.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(service.pid, signal.SIGCONT)


def settled(user: User, jobs: Sequence[str], deadline: float) -> None:
    """Return when all these jobs are completed."""

    def left() -> list[str]:
        words = user.words()
        return [f"{job} {words.get(job)}" for job in jobs if words.get(job) != "Completed"]

    wait_until(lambda: not left(), deadline) if left() else None


def check_ends(data: Path, jobs: dict[str, Kind]) -> None:
    """Each job has exactly one run, which ended as jobs of its kind may; nothing else was run."""
    with closing(sqlite3.connect(f"file:{data / 'dragoman.db'}?mode=ro", uri=True)) as db:
        ends = db.execute(ENDS).fetchall()
    assert sorted(jobs) == sorted(alias for alias, _, _ in ends)
    wrong = [(jobs[alias].name, alias, *end) for alias, *end in ends if tuple(end) not in jobs[alias].ends]
    assert [] == wrong


def test_nothing_is_lost_or_doubled_whatever_befalls_the_service(tmp_path: Path) -> None:
    """More than 500 jobs, 18 blows: each ends exactly once, with one start, all its outputs and a whole history."""
    choices = random.Random(seed())
    blows = choices.sample([True] * 11 + [False] * 7, 18)
    with running_service(tmp_path, SETTINGS) as service:
        token = service.account("ada").token
        with Crowd(service.url, token, users=4, seed=choices.randrange(1 << 30)) as crowd:
            for is_kill in blows:
                crowd.want(mixture(choices, 30))
                time.sleep(choices.uniform(0.05, 1.2))
                killed(service) if is_kill else halted(service, choices.uniform(1.5 * LEASE, 2.5 * LEASE))
        user = User(service.url, token)
        settled(user, list(crowd.jobs), 60)
        assert {"Completed"} == {user.statuses(job)[0][0] for job in crowd.jobs}
    assert len(crowd.jobs) >= 500
    check_ends(service.data, crowd.jobs)
    check(service.data)
    wait_until(lambda: not processes_of(service.data), 10)
