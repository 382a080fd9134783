"""A node, a service, and the calls that people's tools make: from the job file to the picture."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.agent.field import Centre, job, running_centre, started
from tests.service import wait_until

pytestmark = pytest.mark.slow

JOB = """
name: myjob
plugins:
- name: image-sampler
  pluginSpec:
    image: registry.sagecontinuum.org/theone/imagesampler:0.3.0
    args:
    - -stream
    - bottom_camera
nodeTags: []
nodes:
  W023:
scienceRules:
- 'schedule(image-sampler): cronjob("image-sampler", "* * * * *")'
successCriteria: []
"""


def test_a_job_file_becomes_pictures(tmp_path: Path) -> None:
    """create, submit, status, the data query, the download, rm --force: with nothing but the installed package."""
    with running_centre(tmp_path) as centre, started(centre.node(tmp_path, "W023")):
        created = centre.ask("POST", "/api/v1/create", content=JOB.encode())
        assert {"job_id": "1", "job_name": "myjob", "state": "Created"} == created
        submitted = centre.ask("GET", "/api/v1/submit?dryrun=false&id=1")
        assert {"job_id": "1", "state": "Submitted"} == submitted
        uploads = wait_until(lambda: centre.query("upload", task="image-sampler", vsn="W023"))
        check_upload(uploads[0])
        wait_until(lambda: "Running" == centre.state("1"))
        assert {"job_id": "1", "state": "Removed"} == centre.ask("GET", "/api/v1/jobs/1/rm?force=true&suspend=false")
        wait_until(lambda: centre.query("sys.scheduler.status.goal.removed", vsn="W023"))
        assert [] == (centre.ask("GET", "/api/v1/goals/W023") or [])


def check_upload(upload: dict[str, object]) -> None:
    """Every key of meta that people filter by, and an address that gives the picture."""
    meta = upload["meta"]
    assert isinstance(meta, dict)
    told = {key: meta[key] for key in ("task", "vsn", "zone", "plugin", "camera", "filename", "job")}
    assert {
        "task": "image-sampler",
        "vsn": "W023",
        "zone": "core",
        "plugin": "theone/imagesampler:0.3.0",
        "camera": "bottom_camera",
        "filename": "sample.png",
        "job": "image-sampler-1",
    } == told
    answer = httpx2.get(str(upload["value"]), follow_redirects=True, trust_env=False, timeout=120)
    assert 200 == answer.status_code
    assert answer.content.startswith(b"\x89PNG")


PUBLISH = """
import time
from waggle.plugin import Plugin
with Plugin() as plugin:
    at = time.time_ns() // 10**9 * 10**9 + 123456789
    plugin.publish("env.rain", 4, meta={"sensor": "gauge", "vsn": "ELSE"}, timestamp=at)
    plugin.publish("env.secret", 1, scope="node")
    plugin.publish("env.far", 2, scope="beehive")
    with plugin.timeit("plugin.duration.work"):
        pass
"""


def test_measurements_get_the_nodes_meta_and_go_where_their_scope_says(tmp_path: Path) -> None:
    """What the node knows goes before what the plugin says; times are the plugin's."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("rain", PUBLISH)
        with started(node):
            job_id = centre.submit(job("rain", image, "schedule(rain): cronjob('rain', '* * * * *')"))
            rain = wait_until(lambda: centre.query("env.rain"))[0]
            assert 4 == rain["value"]
            assert rain["timestamp"].endswith(".123456789Z")
            told = {key: rain["meta"][key] for key in ("sensor", "vsn", "task", "job", "plugin")}
            plugin, of_job = "test/rain:1.0.0", f"rain-{job_id}"
            assert {"sensor": "gauge", "vsn": "W023", "task": "rain", "job": of_job, "plugin": plugin} == told
            wait_until(lambda: centre.query("plugin.duration.work") and centre.query("env.far"))
            assert [] == centre.query("env.secret")
            wait_until(lambda: centre.events("complete", "W023"))
            check_life(centre)


def check_life(centre: Centre) -> None:
    """One of each event about the same execution."""
    kinds = ("queued", "selected", "scheduled", "launched", "initializing", "running", "complete")
    pod = centre.events("complete", "W023")[0]["pluginruntime_pod_instance"]
    lives = [[event["pluginruntime_pod_instance"] for event in centre.events(kind, "W023")] for kind in kinds]
    assert [1] * len(kinds) == [pods.count(pod) for pods in lives]


TRIGGER = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("env.seen", 1)
"""


def test_a_measurement_triggers_a_plugin_and_a_rule_publishes(tmp_path: Path) -> None:
    """No data, no run; a value above the threshold starts the plugin; publish and after follow."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        rain, seen = (node.plugin("rain", PUBLISH), node.plugin("seen", TRIGGER))
        document = job("rain", rain, "schedule(rain): cronjob('rain', '* * * * *')")
        document["plugins"].append({"name": "seen", "pluginSpec": {"image": seen}})
        document["plugins"].append({"name": "never", "pluginSpec": {"image": seen}})
        document["scienceRules"] += [
            "schedule(seen): any(v('env.rain') > 3) and after('rain', since='seen')",
            "schedule(never): any(v('env.snow') > 3)",
            "publish(env.event.wet): any(v('env.rain') > 3)",
            "set(wet, value=1): any(v('env.rain') > 3)",
        ]
        with started(node):
            centre.submit(document)
            record = wait_until(lambda: centre.query("env.seen"))[0]
            assert "seen" == record["meta"]["task"]
            assert 1 == wait_until(lambda: centre.query("env.event.wet"))[0]["value"]
            wait_until(lambda: 2 <= len(centre.events("complete", "W023")))
            assert {"rain", "seen"} == {one["plugin_name"] for one in centre.events("queued", "W023")}


def test_a_failing_plugin_is_told_with_its_last_words(tmp_path: Path) -> None:
    """One run for its tick, whatever became of it."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("bad", "print('one\\ntwo\\nthree\\nfour')\nraise SystemExit(3)")
        with started(node):
            centre.submit(job("bad", image, "schedule(bad): cronjob('bad', '*/30 * * * *') or True"))
            (failed, *_) = wait_until(lambda: centre.events("failed", "W023"))
            assert 3 == failed["return_code"]
            assert "two\nthree\nfour" == failed["error_log"]
            assert "Failed" == failed["k3s_pod_status"]
            assert "one\ntwo\nthree\nfour\n" == wait_until(lambda: log_of(centre, failed))


def log_of(centre: Centre, event: dict[str, Any]) -> str:
    """What the execution of an event has written, as far as the centre knows."""
    place = f"/dragoman/v1/jobs/1/runs/{event['pluginruntime_pod_instance']}/log"
    answer = httpx2.get(f"{centre.service.url}{place}", trust_env=False, timeout=120)
    return answer.text if answer.status_code == 200 else ""


def test_what_a_node_cannot_run_fails_and_says_why(tmp_path: Path) -> None:
    """A label that the node has not, and an image that it knows no command for."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023", {"DRAGOMAN_NODE_RUNTIME": "none"})
        image = node.plugin("rain", PUBLISH)
        with started(node):
            wants = job("rain", image, "schedule(rain): True", selector={"resource.gpu": "true"})
            centre.submit(wants)
            centre.submit(job("other", "registry.example.org/test/other:1", "schedule(other): True"))
            wait_until(lambda: {"rain", "other"} <= set(reasons(centre)))
            told = reasons(centre)
            assert "This node has no compute with resource.gpu=true." in told["rain"]
            assert "knows no plain command for registry.example.org/test/other:1" in told["other"]


def reasons(centre: Centre) -> dict[str, str]:
    """Why plugins have failed, by name."""
    return {one["plugin_name"]: one["reason"] for one in centre.events("failed", "W023")}


def test_a_removed_job_is_killed_on_the_node(tmp_path: Path) -> None:
    """Its plugin ends, and the event says why."""
    with running_centre(tmp_path) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("long", "import time\ntime.sleep(3600)")
        with started(node):
            job_id = centre.submit(job("long", image, "schedule(long): True"))
            wait_until(lambda: centre.events("running", "W023"))
            centre.remove(job_id)
            (failed,) = wait_until(lambda: centre.events("failed", "W023"))
            assert "Cleaning up the plugin due to deletion of the goal" == failed["reason"]
            assert 1 == len(centre.events("launched", "W023"))


def test_a_node_of_a_closed_house_has_its_goals_and_its_manifest(tmp_path: Path) -> None:
    """Its own token opens what nobody else reads without one; names and zone are those of its manifest."""
    with running_centre(tmp_path, {"DRAGOMAN_FIELD_READING": "private"}) as centre:
        node = centre.node(tmp_path, "W023")
        image = node.plugin("rain", PUBLISH)
        with started(node):
            assert (
                200 != httpx2.get(f"{centre.service.url}/api/v1/goals/W023", trust_env=False, timeout=120).status_code
            )
            centre.submit(job("rain", image, "schedule(rain): cronjob('rain', '* * * * *')"))
            wait_until(lambda: "Running" == centre.state("1"))
            described = json.loads(centre.service.command("node", "show", "W023", "--output", "json").stdout)
            rain = wait_until(lambda: centre.query("env.rain"))[0]
            assert described["manifest"]["name"] == rain["meta"]["node"]
            assert ("nxcore", "core") == (rain["meta"]["host"], rain["meta"]["zone"])
