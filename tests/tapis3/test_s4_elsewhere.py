"""A Slurm that logins do not find by themselves: the system says where its commands and its configuration are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.slurm import Slurm
from tests.tapis3.grid import Grid, listed
from tests.tapis3.hosts import grid_of

pytestmark = [pytest.mark.slow, pytest.mark.client]

COMMANDS = ("sbatch", "squeue", "sacct", "scancel")


@pytest.fixture(scope="module")
def lost(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """A host whose logins know nothing of the cluster."""
    with grid_of(tmp_path_factory.mktemp("lost"), None) as made:
        yield made


@pytest.fixture(scope="module")
def programs(lost: Grid) -> Path:
    """A directory with Slurm's commands, each of which notes that it was the one that ran."""
    place = Path(lost.home) / "slurm"
    place.mkdir()
    log = Path(lost.home) / "used"
    log.touch()
    log.chmod(0o666)
    for name in COMMANDS:
        program = place / name
        program.write_text(f'#!/bin/sh\necho {name} >> {log}\nexec /usr/bin/{name} "$@"\n')
        program.chmod(0o755)
    return place


def variable(key: str, value: str, mode: str) -> dict[str, Any]:
    return {"key": key, "value": value, "inputMode": mode}


def test_the_system_says_where_slurm_is(lost: Grid, slurm: Slurm, programs: Path) -> None:
    """In its jobEnvVariables; on demand, so that jobs themselves get nothing of it."""
    lost.vm("s4-lost-vm")
    app = lost.app("s4-lost", "s4-lost-vm", 'echo "in $SLURM_JOB_ID"')
    bare = lost.submit(app, lost.hpc("s4-bare", batchSchedulerProfile=None))
    lost.await_status(bare, "BLOCKED", "FAILED")
    told = [
        variable("PATH", str(programs), "INCLUDE_ON_DEMAND"),
        variable("SLURM_CONF", slurm.config, "INCLUDE_ON_DEMAND"),
    ]
    lost.ann.tapis.systems.patchSystem(systemId="s4-bare", jobEnvVariables=told)
    job = lost.run(app, "s4-bare")
    assert "FINISHED" == job.status, job.lastMessage
    assert f"in {job.remoteJobId}\n" == lost.output(job)
    assert {"PATH", "SLURM_CONF"}.isdisjoint(one["key"] for one in listed(job, "envVariables"))
    used = (Path(lost.home) / "used").read_text().split()
    assert {"sbatch", "squeue"} <= {*used}
