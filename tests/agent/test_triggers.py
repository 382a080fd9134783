"""A real node whose plugin publishes rain: a standing trigger and a rule of the job each start a stored job."""

import json
from pathlib import Path

import pytest

from tests.agent.field import job, running_centre, started
from tests.scenarios.rescale import Rescale
from tests.service import wait_until

pytestmark = pytest.mark.slow

GAUGE = """
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("env.rain", 4, meta={"sensor": "gauge"})
"""


def test_a_rain_gauge_starts_jobs(tmp_path: Path) -> None:
    """Unmodified pywaggle on the node, unmodified requests of Rescale's at the centre; each once in an hour."""
    with running_centre(tmp_path) as centre, centre.service.client(centre.person.token) as http:
        rescale = Rescale(http)
        stored = rescale.create('echo "by $BY: $DRAGOMAN_EVENT_NAME $RAIN"')
        words = ("--name", "env.rain", "--meta", "sensor=gauge", "--when", "v('env.rain') > 3", "--rate", "1/h")
        centre.service.command(
            "trigger", "add", centre.person.name, stored, *words, "--set", "BY=trigger", "--set", "RAIN={value}"
        )
        node = centre.node(tmp_path, "W023")
        document = job("gauge", node.plugin("gauge", GAUGE), "schedule(gauge): cronjob('gauge', '* * * * *')")
        rule = f"submit({stored}, BY=rule, RAIN={{env.rain}}, rate=1/h): any(v('env.rain') > 3)"
        document["scienceRules"].append(rule)
        with started(node):
            centre.submit(document)
            wait_until(lambda: len(others(rescale, stored)) == 2)
            made = others(rescale, stored)
            for one in made:
                rescale.wait(one, "Completed")
            logs = [rescale.log(one) for one in made]
        assert "by rule: sys.scheduler.submit 4" in "".join(logs)
        assert "by trigger: env.rain 4" in "".join(logs)


ANSWER = """
import os
from waggle.plugin import Plugin
with Plugin() as plugin:
    plugin.publish("env.answer", os.environ["BY"] + " " + os.environ["RAIN"])
"""


def test_a_rain_gauge_starts_jobs_on_another_node(tmp_path: Path) -> None:
    """Of the field's own door: each plugin has the event in its environment, and publishes it there."""
    with running_centre(tmp_path) as centre:
        gauge, pump = centre.node(tmp_path, "W023"), centre.node(tmp_path, "W030")
        answering = job("pump", pump.plugin("pump", ANSWER), "schedule(pump): True", ["W030"], env={"BY": "nobody"})
        answering["successCriteria"] = ["WallClock(1h)"]
        stored = centre.ask("POST", "/api/v1/create", content=json.dumps(answering).encode())["job_id"]
        words = ("--name", "env.rain", "--when", "v('env.rain') > 3", "--rate", "1/h")
        told = ("--set", "BY=trigger", "--set", "RAIN={value}")
        centre.service.command("trigger", "add", centre.person.name, stored, *words, *told)
        document = job("gauge", gauge.plugin("gauge", GAUGE), "schedule(gauge): cronjob('gauge', '* * * * *')")
        document["scienceRules"].append(
            f"submit({stored}, BY=rule, RAIN={{env.rain}}, rate=1/h): any(v('env.rain') > 3)"
        )
        with started(gauge), started(pump):
            asking = centre.submit(document)
            wanted = {"trigger 4", "rule 4"}
            wait_until(lambda: wanted <= {one["value"] for one in centre.query("env.answer", vsn="W030")})
            jobs = centre.ask("GET", "/api/v1/jobs/list")
            made = {number: one for number, one in jobs.items() if number not in {stored, asking}}
            values = {one["value"] for one in centre.query("env.answer", vsn="W030")}
        assert (wanted, 2) == (values, len(made))
        assert {("pump", "theone")} == {(one["name"], one["user"]) for one in made.values()}
        assert "Created" == jobs[stored]["state"]["last_state"]


def others(rescale: Rescale, stored: str) -> list[str]:
    """The ids of all jobs but the stored one."""
    return [one["id"] for one in rescale.results("jobs/") if one["id"] != stored]
