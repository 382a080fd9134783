"""A node whose disk is full: it lives on, loses nothing of what happens, says so, and goes on when there is room."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.field import Centre, Node, job, running_centre, started
from tests.agent.test_alone import check_lives, firings, rows
from tests.service import wait_until

pytestmark = pytest.mark.slow

WORK = """
import os, sys, time
from pathlib import Path
from waggle.plugin import Plugin
go = Path(sys.argv[1])
run = os.environ["WAGGLE_APP_ID"]
with Plugin() as plugin:
    Path("file.txt").write_text(run)
    plugin.upload_file("file.txt", meta={"run": run})
    while not go.exists():
        time.sleep(0.05)
    plugin.publish("test.count", 1, meta={"run": run})
    time.sleep(0.5)
"""
EVERY_TWO = "schedule(work): cronjob('work', '* * * * * */2')"
REFUSED = "the rules cannot be looked at now: The disk is full"
SETTINGS = {"DRAGOMAN_LOCAL_CONFINE": "off"}  # so that the plugin sees when it may go on


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 48 MB, where the node keeps its data."""
    place = tmp_path / "node-W023"
    place.mkdir()
    options = ("-t", "tmpfs", "-o", "size=48m", "tmpfs")
    if subprocess.run(["mount", *options, place], capture_output=True, check=False).returncode:
        pytest.skip("may not mount a tmpfs here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that there is, and again what is given back meanwhile."""
    file = disk / "fill"
    with file.open("ab", buffering=0) as out:
        while free := shutil.disk_usage(disk).free:
            out.write(bytes(free))
    return file


def is_full(node: Node) -> bool:
    return "the disk is full: " in node.told()


def runs_told(centre: Centre) -> set[str]:
    """The runs whose measurement the centre has."""
    return {record["meta"]["run"] for record in centre.query("test.count")}


@pytest.mark.parametrize("channel", ["amqp", "log"])
def test_a_node_lives_on_with_a_full_disk(tmp_path: Path, small: Path, channel: str) -> None:
    """Nothing new begins meanwhile; what ran ends, what it measured is kept, and everything is told afterwards."""
    go = tmp_path / "go"
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", {**SETTINGS, "DRAGOMAN_NODE_CHANNEL": channel})
        image = node.plugin("work", WORK)
        with started(node):
            job_id = centre.submit(job("work", image, EVERY_TWO, args=[str(go)]))
            wait_until(lambda: centre.events("running", "W023"))
            centre.service.stop()
            filled = fill(small)
            wait_until(lambda: is_full(node))
            fill(small)
            go.touch()
            (run,) = wait_until(lambda: firings(node, "FINISHED"))
            assert node.is_running()
            wait_until(lambda: REFUSED in node.told())
            assert 1 == len(rows(node, "SELECT 1 FROM edge_firing"))
            centre.service.restart()
            filled.unlink()
            wait_until(lambda: "there is room on the disk again" in node.told())
            wait_until(lambda: run in runs_told(centre))
            wait_until(lambda: len(firings(node, "FINISHED")) >= 2)
            wait_until(lambda: run in {one["meta"]["run"] for one in centre.query("upload")})
            centre.remove(job_id)
            wait_until(lambda: not rows(node, "SELECT 1 FROM edge_outbox"))
            check_lives(centre)
        assert 1 == node.told().count("the disk is full: ")
        assert node.told().count("The disk is full") < 10


def test_a_node_ends_and_starts_with_a_full_disk(tmp_path: Path, small: Path) -> None:
    """Told to end, it does so at once; killed or not, it starts again, and tells what happened meanwhile."""
    go = tmp_path / "go"
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", SETTINGS)
        image = node.plugin("work", WORK)
        with started(node):
            job_id = centre.submit(job("work", image, EVERY_TWO, args=[str(go)]))
            wait_until(lambda: centre.events("running", "W023"))
            filled = fill(small)
            wait_until(lambda: is_full(node))
            go.touch()
            wait_until(lambda: "what plugins publish cannot be kept now" in node.told())
            assert 0 == node.stop()
            fill(small)
            node.start()
            node.kill()
            fill(small)
            node.start()
            wait_until(lambda: len(centre.events("complete", "W023")) == 1)
            centre.remove(job_id)
            wait_until(lambda: [] == rows(node, "SELECT 1 FROM edge_goal"))
            filled.unlink()
            told = wait_until(lambda: centre.query("sys.scheduler.status.goal.removed"))
            assert "work" == json.loads(told[0]["value"])["goal_name"]
            check_lives(centre)
