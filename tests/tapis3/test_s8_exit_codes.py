"""Scenario S8: how the end of a program becomes the end of its job."""

import secrets

import pytest

from tests.scenarios.processes import marked
from tests.tapis3.grid import Grid

pytestmark = [pytest.mark.slow, pytest.mark.client]


@pytest.fixture(scope="module")
def system(grid: Grid) -> str:
    """A system of ann's."""
    return grid.vm("s8-vm")


@pytest.fixture(scope="module")
def app(grid: Grid, system: str) -> str:
    """An app that writes the code it is told into the file for it, and ends well."""
    return grid.app("s8-app", system, 'echo said; echo "$1" > output/tapisjob.exitcode')


def test_s8_a_code_that_the_app_wrote(grid: Grid, system: str, app: str) -> None:
    """It counts, though the program itself ended well; outputs are kept."""
    job = grid.run(app, system, "3")
    assert ("FAILED", "JOB_REMOTE_OUTCOME_ERROR", "3", "FAILED") == (
        job.status, job.condition, job.remoteResultInfo, job.remoteOutcome
    )  # fmt: skip
    assert "said\n" == grid.output(job)
    assert {"tapisjob.exitcode", "tapisjob.out", "tapisjob.sh", "tapisjob.env"} == set(grid.outputs(job))


def test_s8_no_code_at_all(grid: Grid, system: str, app: str) -> None:
    """What is no number is none: the program's own code counts."""
    job = grid.run(app, system, "nonsense")
    assert ("FINISHED", "0") == (job.status, job.remoteResultInfo)


def test_s8_nothing_is_archived_of_a_failure(grid: Grid, system: str, app: str) -> None:
    """When that was asked for; the outputs are read where they were written."""
    other = grid.vm("s8-archive", rootDir=grid.work)
    job = grid.run(app, system, "4", archiveOnAppError=False, archiveSystemId=other)
    assert ("FAILED", "FAILED_SKIP_ARCHIVE", "4") == (job.status, job.remoteOutcome, job.remoteResultInfo)
    assert {"tapisjob.exitcode", "tapisjob.out"} == set(grid.outputs(job, archived=False))
    assert "said\n" == grid.output(job)
    (found,) = grid.ann.tapis.jobs.getJobSearchList(
        _tapis_query_parameters={"uuid.eq": job.uuid, "select": "remoteOutcome,condition,blockedCount,remoteEnded"}
    )
    assert (job.remoteOutcome, job.condition, 0, job.remoteEnded) == (
        found.remoteOutcome, found.condition, found.blockedCount, found.remoteEnded
    )  # fmt: skip


def test_s8_an_app_that_removes_its_outputs(grid: Grid, system: str) -> None:
    """The end of its program counts; what the service keeps of the job has a directory again."""
    job = grid.run(grid.app("s8-tidy", system, "rm -rf output"), system)
    assert ("FINISHED", "NORMAL_COMPLETION") == (job.status, job.condition)
    assert {"tapisjob.sh", "tapisjob.env"} <= set(grid.outputs(job))


def test_s8_directories_that_cannot_be_made(grid: Grid, app: str) -> None:
    """The host's refusal ends the job at once, and is told."""
    job = grid.run(app, grid.vm("s8-top", rootDir="/"), "0", execSystemExecDir="/root/jobs")
    assert ("FAILED", "JOB_REMOTE_ACCESS_ERROR", 0) == (job.status, job.condition, job.blockedCount)
    assert "/root/jobs" in job.lastMessage


def test_s8_time_runs_out(grid: Grid, system: str) -> None:
    """The program is killed with all it began. Minutes are the wire's unit, so the stored limit is shortened."""
    mark = f"2{secrets.randbelow(10**9):09}"
    app = grid.app("s8-long", system, f"echo begun; sleep {mark} & sleep {mark}")
    job = grid.submit(app, system)
    grid.shorten(job, 5)
    ended = grid.end(job)
    assert ("FAILED", "JOB_EXECUTION_MONITORING_TIMEOUT", "FAILED_SKIP_ARCHIVE") == (
        ended.status, ended.condition, ended.remoteOutcome
    )  # fmt: skip
    assert [] == marked(f"sleep\0{mark}")
    assert "begun\n" == grid.output(ended)
