"""Scenario S4, second part: jobs of a real Slurm, and how each of its ends is told."""

import re
from pathlib import Path
from typing import Any

import pytest
from tapipy.errors import BadRequestError  # type: ignore[import-untyped]

from tests.service import wait_until
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import SCORES
from tests.tapis3.test_s3_jobs import ADDRESS

pytestmark = [pytest.mark.slow, pytest.mark.client]

LIFE = (
    *("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGING_JOB", "SUBMITTING_JOB"),
    *("QUEUED", "RUNNING", "ARCHIVING"),
)


@pytest.fixture(scope="module")
def hpc(grid: Grid) -> str:
    """A cluster whose profile loads a module, without which there is no container program."""
    module = Path(grid.home) / "tacc-singularity"
    module.write_text(f"export LOADED=tacc-singularity PATH={grid.tools}:$PATH\n")
    grid.ann.tapis.systems.createSchedulerProfile(
        name="tacc-here",
        moduleLoads=[{"moduleLoadCommand": "source", "modulesToLoad": [str(module)]}],
        hiddenOptions=["MEM"],
    )
    return grid.hpc("gateways21-hpc-ann", batchSchedulerProfile="tacc-here")


@pytest.fixture(scope="module")
def app(grid: Grid, hpc: str) -> str:
    """An app that writes down where it runs, waits as long as told, and ends with a code."""
    script = 'echo "on $SLURM_JOB_ID of $SLURM_JOB_NUM_NODES with ${LOADED-}"; sleep ${2:-0}; exit ${1:-0}'
    grid.vm("s4-vm")
    grid.app("s4-app", "s4-vm", script)
    return "s4-app"


@pytest.fixture(scope="module", autouse=True)
def outstaying(grid: Grid, hpc: str, app: str) -> Any:
    """A job that waits for its time to run out while other tests go on: Slurm counts in minutes."""
    return grid.submit(app, hpc, "0", "400", maxMinutes=1)


def test_s4_4_and_5_a_container_on_the_cluster(grid: Grid, hpc: str) -> None:
    """The directories come from a variable of the host's; the script has the directives people know."""
    grid.ann.tapis.apps.createAppVersion(
        id="s4-img", version="0.0.1", runtime="SINGULARITY", containerImage="docker://tapis/img-classify:0.1"
    )
    words = [{"arg": "--image_file"}, {"arg": ADDRESS}]
    options = [{"name": "project", "arg": "--account PRJ"}, {"name": "p", "arg": "--tapis-profile tacc-here"}]
    more = {"parameterSet": {"appArgs": words, "schedulerOptions": options}}
    job = grid.submit("s4-img", hpc, version="0.0.1", **more)
    assert ("BATCH", "tapisNormal", f"{grid.work}/jobs/{job.uuid}") == (
        job.jobType, job.execSystemLogicalQueue, job.execSystemExecDir
    )  # fmt: skip
    ended = grid.end(job)
    assert ("FINISHED", "NORMAL_COMPLETION", "0") == (ended.status, ended.condition, ended.remoteResultInfo)
    assert list(SCORES) == grid.output(ended).splitlines()
    with open(f"{ended.execSystemExecDir}/tapisjob.sh") as file:
        lines = file.read().splitlines()
    out = f"{ended.execSystemOutputDir}/tapisjob.out"
    assert [
        "#SBATCH --account PRJ", "#SBATCH --job-name tapisjob.sh", "#SBATCH --nodes 1", "#SBATCH --ntasks 1",
        f"#SBATCH --output {out}", "#SBATCH --partition debug", "#SBATCH --time 10",
    ] == [line for line in lines if line.startswith("#SBATCH")]  # fmt: skip
    assert lines.index(f"source {grid.home}/tacc-singularity") < len(lines) - 1
    assert re.match(r'singularity run --env _tapisAppId="s4-img",.* docker://tapis/img-classify:0.1 --im', lines[-1])
    assert grid.output(ended, "environment").count("_tapisAppId=s4-img") == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"coresPerNode": 100}, "4"),
        ({"maxMinutes": 61}, "60"),
        ({"nodeCount": 17}, "2"),
        ({"execSystemLogicalQueue": "none"}, "none"),
    ],
)
def test_s4_4_limits_of_the_queue(grid: Grid, hpc: str, app: str, more: dict[str, Any], told: str) -> None:
    """Whoever asks for more is told which limit that is."""
    (name,) = more
    with pytest.raises(BadRequestError, match=rf"{name}.*\b{told}\b"):
        grid.submit(app, hpc, **more)


def test_s4_6_its_life(grid: Grid, hpc: str, app: str) -> None:
    """A job waits in Slurm's line as QUEUED until a node takes it; its number there is told."""
    job = grid.submit(app, hpc, parameterSet={"schedulerOptions": [{"arg": "--hold"}]}, nodeCount=2)
    grid.await_status(job, "QUEUED")
    number = wait_until(lambda: grid.job(job).remoteJobId)
    assert grid.slurm is not None
    assert "PD\n" == grid.slurm.run("squeue", "-h", "-o", "%t", "-j", number)
    grid.slurm.run("scontrol", "release", number)
    ended = grid.end(job)
    assert ("FINISHED", number, "tapisNormal") == (ended.status, ended.remoteJobId, ended.remoteQueue)
    assert f"on {number} of 2 with tacc-singularity\n" == grid.output(ended)
    assert ["tapisjob.env", "tapisjob.out", "tapisjob.sh"] == grid.outputs(ended)
    lived = grid.statuses(ended)
    assert [one for one in [*LIFE, "FINISHED"] if one in lived] == lived
    assert {"QUEUED", "RUNNING"} <= set(lived)


def test_s4_6_a_code_of_the_app(grid: Grid, hpc: str, app: str) -> None:
    """Its outputs are kept all the same."""
    job = grid.run(app, hpc, "3")
    assert ("FAILED", "3", "FAILED") == (job.status, job.remoteResultInfo, job.remoteOutcome)
    assert job.condition in ("JOB_REMOTE_OUTCOME_ERROR", "SCHEDULER_TERMINATED")
    assert "tapisjob.out" in grid.outputs(job)


def test_s4_6_what_slurm_ends(grid: Grid, hpc: str, app: str) -> None:
    """An operator's scancel and too much memory are told by Slurm's own words."""
    assert grid.slurm is not None
    job = grid.submit(app, hpc, "0", "200")
    grid.await_status(job, "RUNNING")
    grid.slurm.run("scancel", grid.job(job).remoteJobId)
    ended = grid.end(job)
    assert ("FAILED", "SCHEDULER_CANCELLED") == (ended.status, ended.condition)


def test_s4_6_memory_runs_out(grid: Grid, app: str) -> None:
    """On a cluster that watches it, whose profile does not hide the option."""
    assert grid.slurm is not None
    if not grid.slurm.memory:
        pytest.skip("this machine has no control groups of version 1")
    profile = "plain"
    grid.ann.tapis.systems.createSchedulerProfile(name=profile, hiddenOptions=[], moduleLoads=[])
    system = grid.hpc("s4-hpc-plain", batchSchedulerProfile=profile)
    hungry = grid.app("s4-hungry", "s4-vm", "exec python3 -c 'x = bytearray(300 << 20); print(len(x))'")
    ended = grid.run(hungry, system, memoryMB=50)
    assert ("FAILED", "SCHEDULER_OUT_OF_MEMORY") == (ended.status, ended.condition)


def test_s4_7_what_nobody_may_tell_slurm(grid: Grid, hpc: str, app: str) -> None:
    """The job fails when its script is to be written, and says what to use instead."""
    ended = grid.run(app, hpc, parameterSet={"schedulerOptions": [{"arg": "--time 5"}]})
    assert ("FAILED", "JOB_UNABLE_TO_STAGE_JOB") == (ended.status, ended.condition)
    assert "maxMinutes" in ended.lastMessage


def test_s4_7_what_slurm_refuses(grid: Grid, hpc: str, app: str) -> None:
    """What sbatch says is told."""
    ended = grid.run(app, hpc, parameterSet={"schedulerOptions": [{"arg": "--constraint=nowhere"}]})
    assert ("FAILED", "JOB_LAUNCH_FAILURE") == (ended.status, ended.condition)
    assert "nvalid feature" in ended.lastMessage
    (listed,) = [one for one in grid.ann.tapis.jobs.getJobList(limit=0) if one.uuid == ended.uuid]
    assert "JOB_LAUNCH_FAILURE" == listed.condition


def test_s4_6_time_runs_out(grid: Grid, outstaying: Any) -> None:
    """Slurm's own limit; what was written until then is kept."""
    ended = grid.end(outstaying, seconds=400)
    assert ("FAILED", "SCHEDULER_TIMEOUT") == (ended.status, ended.condition)
    assert grid.output(ended).startswith("on ")
