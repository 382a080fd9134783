"""A node fits a small machine: memory, and what it does when there is nothing to do."""

import os
import time
from pathlib import Path

import pytest

from tests.agent.field import job, running_centre, started
from tests.agent.test_alone import is_told
from tests.service import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.serial]

MOST_MEMORY = 80_000_000
MOST_SHARE = 0.01


def memory(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def used(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_node_is_small_and_idle(tmp_path: Path) -> None:
    """After its first start, with a goal, a plugin that ran, and everything told."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_TICK_SECONDS": "10"})
        image = node.plugin("quick", "print(1)")
        with started(node):
            centre.submit(job("quick", image, "schedule(quick): cronjob('quick', '0 0 29 2 *') or after('quick')"))
            centre.submit(job("now", image, "schedule(now): cronjob('now', '* * * * *')"))
            wait_until(lambda: centre.events("complete", "W023"))
            centre.remove("2")
            wait_until(lambda: centre.query("sys.scheduler.status.goal.removed"))
            wait_until(lambda: not os.listdir(node.data / "runs") and is_told(node))
            before, begin = used(node.pid), time.monotonic()
            # Nothing is waited for here: what is measured is what it does while nothing happens.
            time.sleep(20)
            assert used(node.pid) - before < MOST_SHARE * (time.monotonic() - begin)
            assert memory(node.pid) < MOST_MEMORY
