"""Scenario S6, steps 5 and 6: what a job has left is read by somebody else."""

from typing import Any

import pytest
from tapipy.errors import ForbiddenError, UnauthorizedError  # type: ignore[import-untyped]

from tests.tapis3.grid import Grid

pytestmark = [pytest.mark.slow, pytest.mark.client]


@pytest.fixture(scope="module")
def system(grid: Grid) -> str:
    """A system of ann's, which bob may read, and where he has a login of his own."""
    grid.vm("s6-jobs-vm")
    grid.ann.tapis.systems.grantUserPerms(systemId="s6-jobs-vm", userName="bob", permissions=["READ"])
    credential = {"password": grid.host.bob.password, "loginUser": "bob"}
    grid.bob.tapis.systems.createUserCredential(systemId="s6-jobs-vm", userName="bob", **credential)
    return "s6-jobs-vm"


@pytest.fixture(scope="module")
def job(grid: Grid, system: str) -> Any:
    """A job of ann's that has ended."""
    return grid.run(grid.app("s6-app", system, 'echo "for $1"'), system, "both")


def test_s6_5_the_file_is_read_where_it_lies(grid: Grid, system: str, job: Any) -> None:
    """By a permission on the path, and no further."""
    files, path = grid.bob.tapis.files, f"{job.archiveSystemDir}/tapisjob.out"
    with pytest.raises(ForbiddenError):
        files.getContents(systemId=system, path=path)
    grid.ann.tapis.files.grantPermissions(systemId=system, path="/workdir", username="bob", permission="READ")
    assert b"for both\n" == files.getContents(systemId=system, path=path)
    with pytest.raises(ForbiddenError):
        files.getContents(systemId=system, path="/apps/s6-app.zip")
    with pytest.raises(ForbiddenError):
        files.delete(systemId=system, path=path)
    with pytest.raises(ForbiddenError):
        files.mkdir(systemId=system, path="/workdir/new")


def test_s6_6_the_job_is_shared(grid: Grid, job: Any) -> None:
    """By its parts: reading them is all that is given, until it is taken back."""
    jobs, uuid = grid.bob.tapis.jobs, job.uuid
    with pytest.raises(UnauthorizedError):
        jobs.getJobStatus(jobUuid=uuid)
    grid.ann.tapis.jobs.shareJob(
        jobUuid=uuid, grantee="bob", jobResource=["JOB_HISTORY", "JOB_OUTPUT"], jobPermission="READ"
    )
    assert "FINISHED" == jobs.getJobStatus(jobUuid=uuid).status
    assert uuid == jobs.getJob(jobUuid=uuid).uuid
    assert "FINISHED" in [one.eventDetail for one in jobs.getJobHistory(jobUuid=uuid)]
    assert b"for both\n" == jobs.getJobOutputDownload(jobUuid=uuid, outputPath="tapisjob.out")
    assert uuid in [one.uuid for one in jobs.getJobList(listType="SHARED_JOBS")]
    assert uuid not in [one.uuid for one in jobs.getJobList()]
    for refused in (jobs.cancelJob, jobs.hideJob, jobs.getResubmitRequestJson):
        with pytest.raises(UnauthorizedError):
            refused(jobUuid=uuid)
    shares = {
        (one.grantee, one.jobResource, one.jobPermission) for one in grid.ann.tapis.jobs.getJobShare(jobUuid=uuid)
    }
    assert {("bob", "JOB_HISTORY", "READ"), ("bob", "JOB_OUTPUT", "READ")} == shares
    grid.ann.tapis.jobs.deleteJobShare(jobUuid=uuid, user="bob")
    for refused in (jobs.getJob, jobs.getJobStatus, jobs.getJobHistory):
        with pytest.raises(UnauthorizedError):
            refused(jobUuid=uuid)
    assert uuid not in [one.uuid for one in jobs.getJobList(listType="SHARED_JOBS")]
