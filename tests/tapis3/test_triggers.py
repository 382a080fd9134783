"""A node's rain gauge starts a job of this door, which asks the data query for what was measured."""

import json
from pathlib import Path

import pytest

from dragoman.dialects.tapis3.starting import with_variables
from tests.beehive.field import add_node
from tests.service import running_service, wait_until
from tests.tapis3.envelopes import told
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
