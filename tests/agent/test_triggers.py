"""A real node whose plugin publishes rain: a standing trigger and a rule of the job each start a stored job."""

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


def others(rescale: Rescale, stored: str) -> list[str]:
    """The ids of all jobs but the stored one."""
    return [one["id"] for one in rescale.results("jobs/") if one["id"] != stored]
