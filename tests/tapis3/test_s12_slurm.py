"""Slurm's controller is away while a job is submitted, and while it runs: the job waits for it, and is done once."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosts.slurm import Slurm
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import grid_and_cluster

pytestmark = [pytest.mark.slow, pytest.mark.client]

SCRIPT = 'echo begun >> output/count; until [ -e go ]; do sleep 0.1; done; echo "ended $1"'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """A grid whose cluster may come and go."""
    with grid_and_cluster(tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture(scope="module")
def cluster(own: Grid) -> Slurm:
    assert own.slurm is not None
    return own.slurm


@pytest.fixture(scope="module")
def hpc(own: Grid) -> str:
    return own.hpc("s12-slurm", rootDir=own.home, jobWorkingDir="workdir")


@pytest.fixture(scope="module")
def app(own: Grid, hpc: str) -> str:
    """An app that goes on until it is told to end."""
    return own.app("s12-slurm-app", hpc, SCRIPT)


def done_once(own: Grid, job: Any, word: str) -> None:
    """Let a job come to its end, which is a good one, and see that it was started once."""
    own.on_host(f"{job.execSystemExecDir}/go").touch()
    ended = own.end(job, seconds=120)
    assert ("FINISHED", f"ended {word}\n", "begun\n") == (ended.status, own.output(ended), own.output(ended, "count"))


def test_the_controller_is_down_while_a_job_is_submitted(own: Grid, cluster: Slurm, hpc: str, app: str) -> None:
    """It is BLOCKED, says that Slurm is silent, and is submitted when the controller is back."""
    cluster.kill("controller")
    try:
        job = own.submit(app, hpc, "later")
        own.await_status(job, "BLOCKED")
        held = own.job(job)
        assert "Slurm" in held.lastMessage
        assert held.condition is None
    finally:
        cluster.start_controller()
    own.await_status(job, "RUNNING", seconds=120)
    assert "BLOCKED" in own.statuses(job)
    done_once(own, job, "later")


def test_the_controller_is_down_while_jobs_run(own: Grid, cluster: Slurm, hpc: str, app: str) -> None:
    """Unknown is not ended: they stay RUNNING, also one that ends meanwhile; a cancel is granted as soon as it can be.

    This comes last: a controller that has forgotten jobs gives their numbers to others, which its nodes then refuse.
    """
    jobs = {word: own.submit(app, hpc, word) for word in ("meanwhile", "after", "never")}
    for job in jobs.values():
        own.await_status(job, "RUNNING")
    cluster.kill("controller")
    try:
        own.on_host(f"{jobs['meanwhile'].execSystemExecDir}/go").touch()
        own.ann.tapis.jobs.cancelJob(jobUuid=jobs["never"].uuid)
        own.await_status(jobs["never"], "RUNNING", "BLOCKED")
        assert ["RUNNING", "RUNNING"] == [own.status(jobs[word]) for word in ("meanwhile", "after")]
    finally:
        cluster.start_controller()
    for word in ("meanwhile", "after"):
        done_once(own, jobs[word], word)
    ended = own.end(jobs["never"], seconds=120)
    assert ("CANCELLED", "CANCELLED_BY_USER") == (ended.status, ended.condition)
