"""Scenario S5: whatever a job has begun ends with it."""

import secrets

import pytest

from tests.scenarios.processes import marked
from tests.service import wait_until
from tests.tapis3.envelopes import checked
from tests.tapis3.grid import Grid

pytestmark = [pytest.mark.slow, pytest.mark.client]

SCRIPT = """\
sleep 300 & bash -c 'trap "" TERM INT HUP; sleep 301; : '"$1" &
setsid bash -c 'trap "" TERM INT HUP; while :; do sleep 0.2; done; : '"$1" &
echo begun
exec -a "$1" sleep 302"""


@pytest.fixture
def marker() -> str:
    """A word for command lines, by which a test finds its own processes."""
    return f"marked-{secrets.token_hex(8)}"


def test_s5_a_process_of_the_host(grid: Grid, marker: str) -> None:
    """The whole tree, however deaf and detached; a second cancel is told that the job is over."""
    system = grid.vm("s5-vm")
    job = grid.submit(grid.app("s5-app", system, SCRIPT), system, marker)
    grid.await_status(job, "RUNNING")
    wait_until(lambda: len(marked(marker)) >= 3)
    accepted = grid.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
    assert accepted.message.startswith("JOBS_JOB_CANCEL_ACCEPTED")
    ended = grid.end(job)
    assert ("CANCELLED", "CANCELLED_BY_USER", None) == (ended.status, ended.condition, ended.remoteOutcome)
    assert [] == marked(marker)
    assert "begun\n" == grid.output(ended)
    again = grid.ann.http.post(f"jobs/{job.uuid}/cancel")
    body = checked(again)
    assert (409, "error", {"name": job.uuid}) == (again.status_code, body["status"], body["result"])
    assert body["message"].startswith("JOBS_JOB_IN_TERMINAL_STATE")


def test_s5_a_container(grid: Grid) -> None:
    """Its processes are the host's, and end like them."""
    system = grid.vm("s5-vm-img")
    grid.ann.tapis.apps.createAppVersion(
        id="s5-img", version="1", runtime="SINGULARITY", containerImage="docker://tapis/sleeper"
    )
    mark = f"3{secrets.randbelow(10**9):09}"
    job = grid.submit("s5-img", system, mark)
    grid.await_status(job, "RUNNING")
    wait_until(lambda: marked(mark))
    grid.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
    assert "CANCELLED" == grid.end(job).status
    assert [] == marked(mark)


def test_s5_a_job_of_slurm(grid: Grid, marker: str) -> None:
    """Slurm ends it, whether it runs or stands in line."""
    grid.vm("s5-vm-2")
    system = grid.hpc("s5-hpc")
    app = grid.app("s5-app-2", "s5-vm-2", SCRIPT)
    running = grid.submit(app, system, marker)
    waiting = grid.submit(app, system, marker, parameterSet={"schedulerOptions": [{"arg": "--hold"}]})
    grid.await_status(running, "RUNNING")
    grid.await_status(waiting, "QUEUED")
    wait_until(lambda: len(marked(marker)) >= 3)
    for job in (running, waiting):
        grid.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
    for job in (running, waiting):
        ended = grid.end(job)
        assert ("CANCELLED", "CANCELLED_BY_USER") == (ended.status, ended.condition)
    assert grid.slurm is not None
    left = grid.slurm.run("squeue", "-h", "-t", "PD,R", "-o", "%i").split()
    assert not {grid.job(job).remoteJobId for job in (running, waiting)} & set(left)
    wait_until(lambda: not marked(marker))
