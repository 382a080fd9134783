"""Plugins that are images, on a real Docker engine: what they find, what they leave, and that nothing stays behind."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.agent.field import job, running_centre, started
from tests.hosts.docker import IMAGE, Docker, docker_engine
from tests.service import wait_until

pytestmark = pytest.mark.slow

ANY = {"DRAGOMAN_FIELD_IMAGES": "^tapis/"}


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    with docker_engine("root") as engine:
        os.environ["DOCKER_HOST"] = engine.address
        yield engine
        del os.environ["DOCKER_HOST"]


UPLOAD = """
grep -q bottom_camera /run/waggle/data-config.json || exit 4
echo "$WAGGLE_NODE_VSN $WAGGLE_PLUGIN_PORT $GREETING" > /tmp/said
d=/run/waggle/uploads/1796027520330057298-$(sha1sum /tmp/said | cut -c1-40)
mkdir -p $d; cp /tmp/said $d/data
echo '{"labels":{"filename":"said.txt"},"shasum":"x","timestamp":1796027520330057298}' > $d/meta
"""


def test_an_image_finds_its_places_and_its_uploads_are_taken(docker: Docker, tmp_path: Path) -> None:
    """data-config.json and the folder for uploads are where images expect them; nothing is left of it."""
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_RUNTIME": "docker"})
        with started(node):
            document = job("p", IMAGE, "schedule(p): cronjob('p', '* * * * * */20')", args=["sh", "-c", UPLOAD])
            document["plugins"][0]["pluginSpec"]["env"] = {"GREETING": "hello world"}
            centre.submit(document)
            complete = wait_until(lambda: centre.events("complete", "W023") or centre.events("failed", "W023"))[0]
            assert "return_code" not in complete, complete
            place = "/api/v1/data/p-1/sage-p-1"
            (folder,) = {one["meta"]["node"] for one in centre.query("sys.scheduler.status.goal.received")}
            address = f"{centre.service.url}{place}/{folder}/1796027520330057298-said.txt"
            answer = wait_until(
                lambda: (got := httpx2.get(address, trust_env=False, timeout=120)).status_code == 200 and got
            )
            assert answer
            words = answer.text.split()
            assert ("W023", "hello", "world") == (words[0], words[2], words[3])
            wait_until(lambda: "" == docker.run("ps", "-aq"))


def test_an_image_publishes_with_pywaggle(docker: Docker, tmp_path: Path) -> None:
    """It reaches the node's AMQP endpoint; the host's Python stands in for one of its own."""
    program = "from waggle.plugin import Plugin\nwith Plugin() as plugin: plugin.publish('env.inside', 1)"
    args = [
        "busybox",
        "chroot",
        "/host",
        "env",
        f"PYTHONPATH={os.pathsep.join(filter(None, sys.path))}",
        sys.executable,
        "-c",
        program,
    ]
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_RUNTIME": "docker", "DRAGOMAN_NODE_VOLUMES": "/"})
        with started(node):
            document = job("p", IMAGE, "schedule(p): cronjob('p', '* * * * * */20')", args=args)
            document["plugins"][0]["pluginSpec"] |= {"volume": {"/": "/host"}, "selector": {"zone": "core"}}
            centre.submit(document)
            ended = wait_until(lambda: centre.events("complete", "W023") or centre.events("failed", "W023"))[0]
            assert "return_code" not in ended, ended
            (record, *_) = wait_until(lambda: centre.query("env.inside"))
            assert "tapis/busybox:1" == record["meta"]["plugin"]


def test_a_withdrawn_container_is_gone(docker: Docker, tmp_path: Path) -> None:
    """And one whose node was killed is found again, not begun twice."""
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_RUNTIME": "docker"})
        with started(node):
            job_id = centre.submit(job("p", IMAGE, "schedule(p): True", args=["sleep", "3600"]))
            (first,) = wait_until(lambda: docker.run("ps", "-q").split())
            node.kill()
            node.start()
            wait_until(lambda: 1 == len(centre.events("running", "W023")))
            assert [first] == docker.run("ps", "-q").split()
            centre.remove(job_id)
            wait_until(lambda: "" == docker.run("ps", "-aq"))
            (failed,) = wait_until(lambda: centre.events("failed", "W023"))
            assert "Cleaning up the plugin due to deletion of the goal" == failed["reason"]
