"""How often a host is asked: as often as it is looked at, not for each job that ends there."""

from pathlib import Path

import pytest

from tests.service import wait_until
from tests.tapis3.hosts import grid_of

pytestmark = [pytest.mark.slow, pytest.mark.client]

JOBS = 24


def test_the_ends_of_many_jobs_are_told_by_a_few_commands(tmp_path: Path) -> None:
    """They end at the same moment; the watch's command tells of all, and their launch files take none."""
    with grid_of(tmp_path, None) as grid:
        system = grid.vm("vm")
        app = grid.app("waiting", system, f"while [ ! -e {grid.home}/go ]; do sleep 0.1; done; echo over")
        jobs = [grid.submit(app, system) for _ in range(JOBS)]
        for job in jobs:
            grid.await_status(job, "RUNNING")
        asked = grid.host.commands()
        (Path(grid.home) / "go").touch()
        wait_until(lambda: {"FINISHED"} == {grid.status(job) for job in jobs})
        assert grid.host.commands() - asked < JOBS
        assert {"tapisjob.env", "tapisjob.out", "tapisjob.sh"} <= set(grid.outputs(jobs[-1]))
        assert "over\n" == grid.output(jobs[0])
