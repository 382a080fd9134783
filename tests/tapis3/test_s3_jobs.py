"""Scenario S3: an image classifier in a container, as a process of a host behind SSH."""

import io
import json
import stat
import zipfile
from typing import Any

import pytest
from tapipy.errors import NotFoundError  # type: ignore[import-untyped]

from tests.tapis3.grid import Grid, listed
from tests.tapis3.hosts import SCORES

pytestmark = [pytest.mark.slow, pytest.mark.client]

ADDRESS = "'https://raw.example.com/dog.jpg'"
LIFE = (
    *("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGING_JOB", "SUBMITTING_JOB"),
    *("QUEUED", "RUNNING", "ARCHIVING", "FINISHED"),
)
WORDS = [
    {"arg": "--image_file", "meta": {"name": "arg1", "required": True}},
    {"arg": ADDRESS, "meta": {"name": "arg2", "required": True}},
]


@pytest.fixture(scope="module")
def started(grid: Grid) -> Any:
    """The job, as its submission told of it."""
    grid.vm("gateways21-vm-ann")
    grid.ann.tapis.apps.createAppVersion(
        id="gateways21-vm-ann-img",
        version="0.0.1",
        runtime="SINGULARITY",
        runtimeOptions=["SINGULARITY_RUN"],
        containerImage="docker://tapis/img-classify:0.1",
        jobAttributes={
            "parameterSet": {"archiveFilter": {"includeLaunchFiles": False}},
            "memoryMB": 1,
            "nodeCount": 1,
            "coresPerNode": 1,
            "maxMinutes": 10,
        },
    )
    more = {"description": "an image", "parameterSet": {"appArgs": WORDS}}
    job = grid.submit("gateways21-vm-ann-img", "gateways21-vm-ann", version="0.0.1", name="image_classifier", **more)
    grid.end(job)
    return job


@pytest.fixture(scope="module")
def ended(grid: Grid, started: Any) -> Any:
    """The job after its end."""
    return grid.job(started)


def test_s3_3_what_the_submission_tells(started: Any) -> None:
    """All that was resolved, with the defaults of app and system."""
    top = f"/workdir/jobs/{started.uuid}"
    assert started.uuid.endswith("-007")
    assert ("PENDING", "FORK", None, None) == (
        started.status, started.jobType, started.condition, started.execSystemLogicalQueue
    )  # fmt: skip
    assert (top, top, f"{top}/output", f"{top}/output") == (
        started.execSystemExecDir, started.execSystemInputDir, started.execSystemOutputDir, started.archiveSystemDir
    )  # fmt: skip
    assert ("gateways21-vm-ann", 1, 10) == (started.archiveSystemId, started.memoryMB, started.maxMinutes)
    assert ["--image_file", ADDRESS] == [one["arg"] for one in listed(started, "appArgs")]
    variables = {one["key"]: one["value"] for one in listed(started, "envVariables")}
    assert (started.uuid, "image_classifier") == (variables["_tapisJobUUID"], variables["_tapisJobName"])


def test_s3_4_its_life(grid: Grid, ended: Any) -> None:
    """In order, to a normal completion."""
    status = grid.ann.tapis.jobs.getJobStatus(jobUuid=ended.uuid)
    assert ("FINISHED", "NORMAL_COMPLETION") == (status.status, status.condition)
    lived = grid.statuses(ended)
    assert [one for one in LIFE if one in lived] == lived
    assert {"PENDING", "STAGING_JOB", "RUNNING", "ARCHIVING", "FINISHED"} <= set(lived)


def test_s3_5_what_lies_on_the_host(grid: Grid, ended: Any) -> None:
    """The scripts, with the modes and lines that people know; no launch files among the outputs."""
    top = grid.on_host(ended.execSystemExecDir)
    script, env = top / "tapisjob.sh", top / "tapisjob.env"
    assert (0o770, 0o660) == tuple(stat.S_IMODE(one.stat().st_mode) for one in (script, env))
    line = (
        f"nohup singularity run --env-file '{top}/tapisjob.env' docker://tapis/img-classify:0.1"
        f" --image_file {ADDRESS} > {top}/output/tapisjob.out 2>&1 &"
    )
    lines = script.read_text().splitlines()
    assert line in lines
    assert "echo $pid" == lines[-1]
    assert "_tapisAppId=gateways21-vm-ann-img" in env.read_text().splitlines()
    assert {"tapisjob.out"} <= set(grid.outputs(ended))
    assert not {"tapisjob.sh", "tapisjob.env"} & set(grid.outputs(ended))
    assert grid.alice.uid == script.stat().st_uid


def test_s3_6_its_outputs(grid: Grid, ended: Any) -> None:
    """Five scores, the best first; the tree as an archive; what is not there is not found."""
    jobs = grid.ann.tapis.jobs
    content = jobs.getJobOutputDownload(jobUuid=ended.uuid, outputPath="tapisjob.out")
    assert isinstance(content, bytes)
    assert list(SCORES) == content.decode().splitlines()
    raw = grid.ann.http.get(f"jobs/{ended.uuid}/output/download/")
    assert 200 == raw.status_code
    archive = zipfile.ZipFile(io.BytesIO(raw.content))
    assert "tapisjob.out" in [name.rpartition("/")[2] for name in archive.namelist()]
    with pytest.raises(NotFoundError):
        jobs.getJobOutputDownload(jobUuid=ended.uuid, outputPath="none")
    assert "https://raw.example.com/dog.jpg\n" == grid.output(ended, "address")
    assert f"_tapisJobUUID={ended.uuid}" in grid.output(ended, "environment").splitlines()


def test_s3_7_what_is_told_at_the_end(grid: Grid, ended: Any) -> None:
    """In the list and by itself."""
    (listed_job,) = [one for one in grid.ann.tapis.jobs.getJobList(limit=-1) if one.uuid == ended.uuid]
    assert ("FINISHED", ended.remoteStarted, ended.ended) == (
        listed_job.status, listed_job.remoteStarted, listed_job.ended
    )  # fmt: skip
    assert ("FINISHED", "0") == (ended.remoteOutcome, ended.remoteResultInfo)
    assert ended.remoteJobId.isdigit()
    moments = [ended.remoteSubmitted, ended.remoteStarted, ended.remoteEnded, ended.ended]
    assert sorted(moments) == moments


def test_s3_8_its_history(grid: Grid, ended: Any) -> None:
    """One event for each state, each telling the one before; the last tells how it ended."""
    told = [one for one in grid.ann.tapis.jobs.getJobHistory(jobUuid=ended.uuid) if one.event == "JOB_NEW_STATUS"]
    data = [json.loads(one.description) for one in told]
    names = [one["newJobStatus"] for one in data]
    assert names == [one.eventDetail for one in told]
    assert [None, *names[:-1]] == [one["oldJobStatus"] for one in data]
    assert ("NORMAL_COMPLETION", "FINISHED") == (data[-1]["condition"], data[-1]["remoteOutcome"])
