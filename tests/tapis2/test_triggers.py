"""What a node measures starts a copy of a job of this door, with the event in its environment and nowhere else."""

import json
from pathlib import Path

import pytest

from tests.beehive.field import add_node
from tests.service import running_service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import ended, submit, text
from tests.tapis2.people import newcomer
from tests.tapis2.systems import upload

pytestmark = pytest.mark.slow

APP = {**CLASSIFY, "name": "rain.model", "parameters": [], "inputs": []}
WRAPPER = 'printf "%s %s of %s\\n" "$RAIN" "$WORDS" "${AGAVE_JOB_NAME}" > told.txt\n'
WORDS = "it's ${AGAVE_JOB_ID} `touch bad`; $(touch bad)"
"""What nodes tell is data: no macro and no shell looks into it."""


def test_rain_starts_a_job(tmp_path: Path) -> None:
    """Once, though the service is killed when it has the batch, and is sent it again."""
    with running_service(tmp_path) as service:
        ann, node = newcomer(service, "ann"), add_node(service, "W023", allow="ann")
        deploy(ann, APP, WRAPPER)
        upload(ann, "/apps/v2/", json.dumps(APP))
        stored = submit(ann, appId="rain.model-1.0", name="rain", parameters={}, archive=False)
        assert "FINISHED" == ended(ann, stored)["status"]
        assert "  of rain\n" == text(ann, stored, "told.txt")
        words = (
            "--name",
            "env.rain",
            "--when",
            "v('env.rain') > 3",
            "--set",
            "RAIN={value}",
            "--set",
            f"WORDS={WORDS}",
        )
        service.command("trigger", "add", "ann", f"tapis2/{stored}", *words)
        batch = [node.record(value, ago=value, name="env.rain") for value in (1.5, 3.5)]
        assert 200 == node.send(*batch).status
        service.kill()
        service.restart()
        assert 200 == node.send(*batch).status
        (made,) = wait_until(lambda: [job["id"] for job in ann.get("/jobs/v2") if job["id"] != stored])
        assert ("FINISHED", "rain") == (ended(ann, made)["status"], ann.get(f"/jobs/v2/{made}")["name"])
        assert f"3.5 {WORDS} of rain\n" == text(ann, made, "told.txt")
        (listed,) = json.loads(service.command("trigger", "list", "--output", "json").stdout)
        assert (f"tapis2/{made}", 1, "") == (listed["last"], listed["started"], listed["fault"])
        assert {stored, made} == {job["id"] for job in ann.get("/jobs/v2")}
        again = ann.post(f"/jobs/v2/{made}/resubmit", 202)["id"]
        assert "FINISHED" == ended(ann, again)["status"]
        assert f"3.5 {WORDS} of rain\n" == text(ann, again, "told.txt")
        assert "variables" not in ann.get(f"/jobs/v2/{again}")
