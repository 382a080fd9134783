"""Plugins that are images, where there is no engine: real Apptainer and Charliecloud, and a real registry."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.agent.field import Node, job, running_centre, started
from tests.hosts.apptainer import MISSING, PLACE, VARIABLES, has_apptainer
from tests.hosts.images import make_image
from tests.hosts.registry import Registry, registry
from tests.service import wait_until

pytestmark = pytest.mark.slow

ANY = {"DRAGOMAN_FIELD_IMAGES": "^localhost:"}
NOW = "schedule(p): cronjob('p', '* * * * * */2')"


@pytest.fixture(params=["apptainer", "charliecloud"])
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    if name == "apptainer":
        if not has_apptainer():
            pytest.skip(MISSING)
        monkeypatch.setenv("PATH", f"{PLACE}/usr/bin:{os.environ['PATH']}")
    elif not os.path.exists("/usr/bin/ch-run"):
        pytest.skip("no ch-run here: apt-get install charliecloud")
    return name


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Registry]:
    place = tmp_path / "registry"
    place.mkdir()
    with registry(place) as open_one:
        yield open_one


def settings(runtime: str, shelf: Registry, **more: str) -> dict[str, str]:
    """Of a node that runs images so, and trusts the registry."""
    return {
        "DRAGOMAN_NODE_RUNTIME": runtime,
        "APPTAINER_UNSQUASH": VARIABLES["APPTAINER_UNSQUASH"],
        **shelf.variables,
    } | more


def push(shelf: Registry, tmp_path: Path, script: str, *folders: str) -> str:
    """An image with these folders that runs this text with the words of its command, or those that it is given."""
    place = tmp_path / "image"
    make_image(str(place), 'exec "$@"')
    for folder in ("/app", *folders):
        os.makedirs(f"{place}{folder}", exist_ok=True)
    (place / "app" / "main.sh").write_text(script)
    own = {
        "Entrypoint": ["/bin/sh", "main.sh"],
        "Cmd": ["usual"],
        "WorkingDir": "/app",
        "Env": ["OWN=mine", "PATH=/bin"],
    }
    return shelf.push("theone/sampler", "1.0", str(place), **own)


UPLOAD = """
set -e
grep -q bottom_camera /run/waggle/data-config.json
echo "$WAGGLE_NODE_VSN|$WAGGLE_PLUGIN_PORT|$GREETING|$OWN|$1|$TWO|" > /tmp/said
d=/run/waggle/uploads/$(date +%s)330057298-356a192b7913b04c54574d18c28d46e6395428ab
mkdir -p $d; cat /tmp/said > $d/data
echo '{"labels":{"filename":"said.txt"},"shasum":"x","timestamp":1796027520330057298}' > $d/meta
"""


def test_an_image_is_fetched_once_and_finds_its_places(tmp_path: Path, runtime: str, shelf: Registry) -> None:
    """What it and the job say is as an engine would have it; without a line to the registry it runs on."""
    image = push(shelf, tmp_path, UPLOAD)
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", settings(runtime, shelf))
        with started(node):
            document = job("p", image, NOW, args=["$(it's) me"])
            document["plugins"][0]["pluginSpec"]["env"] = {
                "GREETING": "it's $HOME",
                "TWO": "a\nb",
                "LD_PRELOAD": "/none.so",
            }
            centre.submit(document)
            said = wait_until(lambda: uploads(centre.service.data))
            shelf.close()
            before = len(centre.events("complete", "W023"))
            wait_until(lambda: len(centre.events("complete", "W023")) >= before + 2)
            words = said[0].split("|")
            assert ["it's $HOME", "mine", "$(it's) me", "a\nb"] == words[2:6]
            assert [] == centre.events("failed", "W023")
    assert [] == [one.name for one in (node.data / "images").iterdir() if one.suffix in (".new", ".storage")]


def uploads(data: Path) -> list[str]:
    """What plugins have uploaded to the service."""
    found = []
    for folder, _, names in os.walk(data / "blobs"):
        for name in names:
            with suppress(FileNotFoundError):  # what arrives just now gets another name
                found.append(Path(folder, name).read_text(errors="replace"))
    return [text for text in found if text.startswith("W023|") and text.endswith("|\n")]


def test_an_image_publishes_with_pywaggle(tmp_path: Path, runtime: str, shelf: Registry) -> None:
    """It reaches the node's AMQP endpoint; the host's Python stands in for one of its own."""
    program = "from waggle.plugin import Plugin\nwith Plugin() as plugin: plugin.publish('env.inside', 1)"
    places = {one: one for one in ("/usr", "/lib", "/lib64")}
    base = os.path.realpath(sys.base_prefix)
    volume = places | ({} if base == "/usr" else {base: base}) | {sysconfig.get_path("purelib"): "/mnt/site"}
    image = push(shelf, tmp_path, 'exec $PYTHON -c "$1"', *(volume.values() if runtime == "charliecloud" else ()))
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", settings(runtime, shelf, DRAGOMAN_NODE_VOLUMES="/"))
        with started(node):
            document = job("p", image, NOW, args=[program], volume=volume, selector={"zone": "core"})
            python = os.path.realpath(sys.executable)
            document["plugins"][0]["pluginSpec"]["env"] = {"PYTHONPATH": "/mnt/site", "PYTHON": python}
            centre.submit(document)
            ended = wait_until(lambda: centre.events("complete", "W023") or centre.events("failed", "W023"))[0]
            assert "return_code" not in ended, ended
            (record, *_) = wait_until(lambda: centre.query("env.inside"))
            assert "theone/sampler:1.0" == record["meta"]["plugin"]


def test_a_withdrawn_container_is_gone(tmp_path: Path, runtime: str, shelf: Registry) -> None:
    """And one whose node was killed is found again, not begun twice."""
    mark = f"36{os.getpid()}"
    image = push(shelf, tmp_path, "/bin/sleep $1 & /bin/sleep $1; wait")
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", settings(runtime, shelf))
        with started(node):
            job_id = centre.submit(job("p", image, "schedule(p): True", args=[mark]))
            wait_until(lambda: len(sleeping(mark)) == 2)
            first = sleeping(mark)
            node.kill()
            node.start()
            wait_until(lambda: 1 == len(centre.events("running", "W023")))
            assert first == sleeping(mark)
            centre.remove(job_id)
            wait_until(lambda: [] == sleeping(mark))
            (failed,) = wait_until(lambda: centre.events("failed", "W023"))
            assert "Cleaning up the plugin due to deletion of the goal" == failed["reason"]


def sleeping(mark: str) -> list[int]:
    """The processes that sleep for so long."""
    found = []
    for one in filter(str.isdecimal, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{one}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"/bin/sleep", mark.encode()]:
            found.append(int(one))
    return sorted(found)


def test_an_image_that_cannot_be_had_is_told(tmp_path: Path, runtime: str, shelf: Registry) -> None:
    """With the program's own words; an image that lies there already needs no registry."""
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", settings(runtime, shelf))
        lay(node, f"{shelf.address}/by/hand:1")
        with started(node):
            centre.submit(job("p", f"{shelf.address}/not/there:1", NOW))
            (failed, *_) = wait_until(lambda: centre.events("failed", "W023"))
            assert (125, True) == (failed["return_code"], "has ended with" in failed["error_log"])
            centre.submit(
                job("q", f"{shelf.address}/by/hand:1", NOW.replace("p", "q"), entrypoint="/bin/echo", args=["x"])
            )
            (done, *_) = wait_until(lambda: centre.events("complete", "W023"))
            assert "q" == done["plugin_name"]


def lay(node: Node, image: str) -> None:
    """Put an image where the node looks for it."""
    make_image(str(node.data / "images" / image.replace("/", "%").replace(":", "+")), "true")


def test_an_image_that_no_goal_needs_is_deleted(tmp_path: Path, runtime: str, shelf: Registry) -> None:
    """Not while its job is there."""
    mark = f"37{os.getpid()}"
    image = push(shelf, tmp_path, "/bin/sleep $1 & /bin/sleep $1; wait")
    with running_centre(tmp_path, ANY) as centre:
        node = centre.node(tmp_path, "W023", settings(runtime, shelf, DRAGOMAN_NODE_IMAGE_BYTES="0"))
        with started(node):

            def fetched() -> bool:
                return any(one.name.endswith(("+1.0", ".sif")) for one in (node.data / "images").iterdir())

            job_id = centre.submit(job("p", image, "schedule(p): True", args=[mark]))
            wait_until(lambda: len(sleeping(mark)) == 2)
            assert fetched()
            centre.remove(job_id)
            wait_until(lambda: not sleeping(mark))
            node.kill()
            node.start()  # when it starts, it looks for what is not needed
            wait_until(lambda: not fetched())
