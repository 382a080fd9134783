"""A node's rain gauge starts a job of this door, which asks the data query for what was measured."""

import json
from pathlib import Path

import pytest

from dragoman.dialects.tapis3.starting import with_variables
from tests.agent.field import Centre, job, started
from tests.beehive.field import add_node
from tests.hosts.slurm import Slurm
from tests.service import running_service, wait_until
from tests.tapis3.envelopes import told
from tests.tapis3.hosts import grid_of
from tests.tapis3.local_jobs import add_app, await_status, put_program, submit
from tests.tapis3.people import newcomer

PROGRAM = """#!/usr/bin/env python3
import json, os, sys, urllib.request
asked = {"start": "-1h", "filter": {"name": os.environ.get("DRAGOMAN_EVENT_NAME", "none"), "vsn": "W023"}}
with urllib.request.urlopen(sys.argv[1] + "/api/v1/query", json.dumps(asked).encode()) as answer:
    found = sorted(json.loads(line)["value"] for line in answer)
print("rain", os.environ.get("RAIN"), "of", found)
"""


def test_the_request_with_what_was_measured() -> None:
    """Variables of the same name give way; all else stays, and the stored request as it was."""
    own = [{"key": "A", "value": "1"}, {"key": "B"}]
    letter = {"appId": "a", "parameterSet": {"appArgs": [], "envVariables": own}}
    made = with_variables(letter, {"A": "2"})
    assert [{"key": "B"}, {"key": "A", "value": "2"}] == made["parameterSet"]["envVariables"]
    assert ("a", [], 2) == (made["appId"], made["parameterSet"]["appArgs"], len(own))
    assert {"envVariables": [{"key": "A", "value": "2"}]} == with_variables({}, {"A": "2"})["parameterSet"]


@pytest.mark.slow
@pytest.mark.client
def test_rain_starts_a_job(tmp_path: Path) -> None:
    """Once, though the service is killed when it has the batch, and is sent it again."""
    with running_service(tmp_path) as service:
        ann, node = newcomer(service, "ann"), add_node(service, "W023", allow="ann")
        app = add_app(ann, "rain-model")
        put_program(ann, app, PROGRAM)
        stored = submit(ann, app, service.url)
        await_status(ann, stored, "FINISHED")
        words = ("--name", "env.rain", "--when", "v('env.rain') > 3", "--set", "RAIN={value}")
        service.command("trigger", "add", "ann", stored, *words)
        batch = [node.record(value, ago=value, name="env.rain") for value in (1.5, 2.5, 3.5)]
        assert 200 == node.send(*batch).status
        service.kill()
        service.restart()
        assert 200 == node.send(*batch).status
        started = wait_until(lambda: [one.uuid for one in ann.tapis.jobs.getJobList() if one.uuid != stored])
        await_status(ann, started[0], "FINISHED")
        out = ann.http.get(f"jobs/{started[0]}/output/download/tapisjob.out").text
        assert "rain 3.5 of [1.5, 2.5, 3.5]" in out
        assert {stored, *started} == {one.uuid for one in ann.tapis.jobs.getJobList()}
        request = told(ann.http.get(f"jobs/{started[0]}/resubmit_request"))
        assert {"key": "RAIN", "value": "3.5"} in request["parameterSet"]["envVariables"]
        (listed,) = json.loads(service.command("trigger", "list", "--output", "json").stdout)
        assert (f"tapis3/{started[0]}", 1, "") == (listed["last"], listed["started"], listed["fault"])


GAUGE = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    for value in (1.5, 4.5):
        plugin.publish("env.rain", value, meta={"sensor": "gauge"})
"""
BATCH = """
echo "slurm job ${SLURM_JOB_ID:-none}, rain $RAIN"
/usr/bin/python3 - "$1" <<'END'
import json, os, sys, urllib.request
values = json.loads(os.environ.get("DRAGOMAN_EVENT_VALUES", "{}"))
print("told", sorted(value for _, value in values.get("env.rain", ())))
asked = {"start": "-1h", "filter": {"name": "|".join(values) or "none", "vsn": "W023", "sensor": "gauge"}}
with urllib.request.urlopen(sys.argv[1] + "/api/v1/query", json.dumps(asked).encode()) as answer:
    print("found", sorted(json.loads(line)["value"] for line in answer))
END
"""


@pytest.mark.slow
@pytest.mark.client
def test_a_rain_gauge_starts_a_job_on_a_cluster(tmp_path: Path, slurm: Slurm) -> None:
    """A real node's rule and plugin, a real Slurm: the job is told what the rule saw, and asks for more."""
    with grid_of(tmp_path, slurm, settings={"DRAGOMAN_FIELD_IMAGES": "^registry.example.org/"}) as grid:
        hpc = grid.hpc("rain-hpc")
        grid.app("rain-model", grid.vm("rain-vm"), BATCH)
        stored = grid.run("rain-model", hpc, grid.service.url)
        assert "FINISHED" == stored.status, stored.lastMessage
        assert "told []" in grid.output(stored)
        centre = Centre(service=grid.service, person=grid.ann.account)
        node = centre.node(tmp_path, "W023")
        document = job("gauge", node.plugin("gauge", GAUGE), "schedule(gauge): cronjob('gauge', '* * * * *')")
        rule = f"submit(tapis3/{stored.uuid}, RAIN={{env.rain}}, rate=1/h): any(v('env.rain') > 3)"
        document["scienceRules"].append(rule)
        with started(node):
            centre.submit(document)
            jobs = grid.ann.tapis.jobs
            made = wait_until(lambda: [one for one in jobs.getJobList() if one.uuid != stored.uuid])
            ended = grid.end(made[0], 90)
        assert ("FINISHED", "BATCH") == (ended.status, ended.jobType)
        out = grid.output(ended)
        assert "slurm job none" not in out
        assert "rain 4.5" in out
        assert "told [1.5, 4.5]" in out
        assert "found [1.5, 4.5]" in out
        assert 2 == len(jobs.getJobList())
