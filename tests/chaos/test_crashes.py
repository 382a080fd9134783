"""A real service is killed, halted and restarted at random while people use it: nothing is lost, nothing is done twice.

``CHAOS_SEED`` repeats the choices of an earlier run, which printed it; what the machine makes of them is new each time.
"""

import os
import random
import secrets
import signal
import sqlite3
import time
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.chaos.faulty import faulty_service
from tests.chaos.history import LOG, MARK, Faulty, check
from tests.chaos.leftovers import processes_of
from tests.chaos.traffic import CLEARED, STAGED, TRIVIAL, WAITING, Crowd, Kind, User, mixture
from tests.service import PROGRAM, Service, running_service, wait_until

pytestmark = pytest.mark.slow

LEASE = 1.0
SETTINGS = {
    "DRAGOMAN_ENGINE_LEASE_SECONDS": str(LEASE),
    "DRAGOMAN_LOCAL_SLOTS": "8",
    "DRAGOMAN_LOCAL_GRACE_SECONDS": "2",
}
ENDS = "SELECT job.alias, run.state, run.exit_code FROM job JOIN run ON run.job_id = job.id WHERE job.state = 'ENDED'"


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
    try:
        time.sleep(seconds)
    finally:
        os.kill(service.pid, signal.SIGCONT)


def settled(user: User, jobs: Collection[str], deadline: float = 240.0) -> None:
    """Return when all these jobs are completed."""

    def words() -> list[str]:
        seen = user.words()
        return sorted({seen.get(job, "missing") for job in jobs} - {"Completed"})

    end = time.monotonic() + deadline
    while left := words():
        assert time.monotonic() < end, f"after {deadline} s some jobs are still {left}"
        time.sleep(0.1)


def check_all(service: Service, jobs: dict[str, Kind]) -> None:
    """The service has been stopped: nothing is lost, nothing is doubled, nothing is left."""
    check_ends(service.data, jobs)
    check(service.data)
    wait_until(lambda: not processes_of(service.data))


def check_ends(data: Path, jobs: dict[str, Kind]) -> None:
    """Each job has exactly one run, which ended as jobs of its kind may; nothing else was run."""
    with closing(sqlite3.connect(f"file:{data / 'dragoman.db'}?mode=ro", uri=True)) as db:
        ends = db.execute(ENDS).fetchall()
    assert sorted(jobs) == sorted(alias for alias, _, _ in ends)
    wrong = [(jobs[alias].name, alias, *end) for alias, *end in ends if tuple(end) not in jobs[alias].ends]
    assert [] == wrong


@pytest.mark.serial
def test_nothing_is_lost_or_doubled_whatever_befalls_the_service(tmp_path: Path) -> None:
    """More than 500 jobs, 18 blows: each ends exactly once, with one start, all its outputs and a whole history."""
    choices = random.Random(seed())
    blows = choices.sample([True] * 11 + [False] * 7, 18)
    with running_service(tmp_path, SETTINGS) as service:
        token = service.account("ada").token
        with Crowd(service.url, token, seed=choices.randrange(1 << 30)) as crowd:
            for is_kill in blows:
                crowd.want(mixture(choices, 30))
                time.sleep(choices.uniform(0.05, 1.2))
                killed(service) if is_kill else halted(service, choices.uniform(1.5 * LEASE, 2.5 * LEASE))
        user = User(service.url, token)
        settled(user, crowd.jobs)
        assert {"Completed"} == {user.statuses(job)[0][0] for job in crowd.jobs}
    assert len(crowd.jobs) >= 500
    check_all(service, crowd.jobs)


def halt_in_flight(service: Service, name: str = "ada", *, halts: int = 4) -> tuple[User, dict[str, Kind]]:
    """Halt the service past its leases while it stages the inputs of many jobs."""
    token = service.account(name).token
    with Crowd(service.url, token, files=300) as crowd:
        for _ in range(halts):
            crowd.want([CLEARED] * 12)
            time.sleep(0.4)
            halted(service, 1.3 * LEASE)
    return User(service.url, token), crowd.jobs


@pytest.mark.serial
def test_leases_that_are_lost_in_flight_do_no_harm(tmp_path: Path) -> None:
    """A service that wakes up too late claims its own work again while the first handlers still go on."""
    with faulty_service(tmp_path, "late-heartbeat", SETTINGS) as service:
        jobs: dict[str, Kind] = {}
        for name in ("ada", "bob", "cat", "dan", "eve"):  # whether a halt strikes in flight is the machine's to choose
            user, more = halt_in_flight(service, name)
            settled(user, more)
            jobs |= more
            if "lease lost" in service.told():
                break
        assert "lease lost" in service.told()
    check_all(service, jobs)


@pytest.mark.serial
@pytest.mark.timeout(1200)
def test_the_same_checks_find_the_missing_fence(tmp_path: Path) -> None:
    """The negative control: the same, but commits do not ask for the fence; the same check of the record fails.

    Whether a halt strikes a handler in flight is the machine's to choose: one of a few tries must find the fault.
    """
    assert any("was reached from" in told_without_fence(tmp_path / str(attempt)) for attempt in range(6))


def told_without_fence(place: Path) -> str:
    """What the check of the record says of a service that has lost its leases and has no fence."""
    place.mkdir()
    with faulty_service(place, "late-heartbeat,no-fence", SETTINGS) as service:
        user, jobs = halt_in_flight(service)
        with suppress(AssertionError):
            settled(user, jobs, 20)
    try:
        check(service.data)
    except Faulty as found:
        return str(found)
    return ""


@pytest.mark.parametrize(
    "point", ["before-intent", "before-start", "after-start", "before-last-commit", "after-last-commit"]
)
@pytest.mark.parametrize("kind", [TRIVIAL, STAGED], ids=lambda kind: kind.name)
def test_a_service_that_dies_at_the_worst_moment_is_taken_over(tmp_path: Path, point: str, kind: Kind) -> None:
    """SIGKILL between an act and its record, or between an intent and its act: the next service completes the job."""
    with faulty_service(tmp_path, point, SETTINGS) as service:
        token = service.account("ada").token
        with Crowd(service.url, token, users=1) as crowd:
            crowd.want([kind])
            wait_until(lambda: not service.is_running())
            service.program = (PROGRAM,)
            service.restart()
        settled(User(service.url, token), crowd.jobs)
    check_all(service, crowd.jobs)


@pytest.mark.serial
@pytest.mark.parametrize("back", ["when it has ended", "at once"])
def test_a_run_outlives_the_service(tmp_path: Path, back: str) -> None:
    """A job goes on while no service is there; the next one, whose directory is free at once, completes it."""
    with running_service(tmp_path, SETTINGS) as service:
        token = service.account("ada").token
        user = User(service.url, token)
        with Crowd(service.url, token, users=1) as crowd:
            crowd.want([WAITING])
        (job,) = crowd.jobs
        wait_until(lambda: user.words()[job] == "Executing")
        service.kill()
        (run,) = service.data.glob("runs/*")
        if back == "when it has ended":
            (run / "home" / "work" / "go").touch()
            wait_until((run / "exit.json").exists)
            service.restart()
        else:
            service.restart()
            (run / "home" / "work" / "go").touch()
        settled(user, crowd.jobs)
        _, outputs = user.ask("GET", f"/jobs/{job}/files/", expect=[200])
        assert [LOG, MARK] == [file["relativePath"] for file in outputs["results"]]
    check_all(service, crowd.jobs)
