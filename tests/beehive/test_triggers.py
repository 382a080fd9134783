"""A node's rain gauge starts a stored job at the centre: once for each measurement, no more often than was said."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.beehive.field import Node, add_node
from tests.sage.scheduler import SEED, Scheduler
from tests.scenarios.rescale import Rescale
from tests.service import Service, running_service, wait_until

SAYS = 'echo "rain=$RAIN at=$PLACE name=$DRAGOMAN_EVENT_NAME id=$RESCALE_JOB_ID"'


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Service, Node, Rescale]]:
    """A service of one's own with a node, and somebody's jobs."""
    with running_service(tmp_path) as service:
        ada = service.account("ada")
        node = add_node(service, "W023", allow="ada")
        with service.client(ada.token) as http:
            yield service, node, Rescale(http)


def add(service: Service, job: str, *words: str) -> int:
    """Add a trigger of ada's as an operator does; its id."""
    told = service.command("trigger", "add", "ada", job, *words, "--output", "json")
    return int(json.loads(told.stdout)["id"])


def listed(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(service.command("trigger", "list", "--output", "json").stdout)
    return found


def jobs(rescale: Rescale, *, but: str) -> list[str]:
    """The ids of all jobs but the stored one."""
    return sorted(one["id"] for one in rescale.results("jobs/", page_size=100) if one["id"] != but)


@pytest.mark.slow
def test_rain_starts_a_job(house: tuple[Service, Node, Rescale]) -> None:
    """It reads what was measured from its environment; the same batch again starts nothing, nor does less rain."""
    service, node, ada = house
    stored = ada.create(SAYS)
    words = ("--name", "env.rain", "--meta", "vsn=W02.*", "--when", "v('env.rain') > 3", "--set", "RAIN={value}mm")
    add(service, stored, *words, "--set", "PLACE={meta.vsn}")
    batch = [node.record(value, name="env.rain", sensor="rg-15") for value in (0.5, 3.5)]
    batch.append(node.record(9.0, name="env.snow"))
    for _ in range(2):
        assert (200, []) == ((got := node.send(*batch)).status, got.json["refused"])
    wait_until(lambda: jobs(ada, but=stored))
    (started,) = jobs(ada, but=stored)
    ada.wait(started, "Completed")
    assert f"rain=3.5mm at=W023 name=env.rain id={started}" in ada.log(started)
    shown = ada.json(f"jobs/{started}/")
    assert ("A job", "3.5mm") == (shown["name"], shown["jobanalyses"][0]["envVars"]["RAIN"])
    assert [] == ada.words(stored)
    assert 200 == node.send(node.record(4, name="env.rain")).status
    wait_until(lambda: len(jobs(ada, but=stored)) == 2)
    (one,) = listed(service)
    assert (f"rescale/{stored}", 2, 0, "") == (one["job"], one["started"], one["skipped"], one["fault"])


@pytest.mark.slow
def test_no_more_than_the_rate_allows(house: tuple[Service, Node, Rescale]) -> None:
    """What comes too often is counted and starts nothing; after its removal a trigger starts nothing."""
    service, node, ada = house
    stored = ada.create("true")
    number = add(service, f"rescale/{stored}", "--name", "env.*", "--rate", "2/h")
    node.measure(*range(7), name="env.rain")
    wait_until(lambda: listed(service)[0]["last"] and len(jobs(ada, but=stored)) == 2)
    assert (2, 5) == (listed(service)[0]["started"], listed(service)[0]["skipped"])
    service.command("trigger", "remove", str(number))
    add(service, stored, "--name", "upload", "--meta", "task=camera")
    node.measure(8, name="env.rain")
    name = f"{time.time_ns()}-a.jpg"
    for _ in range(2):
        assert node.upload(name, b"a picture", task="camera").status in {200, 201}
    wait_until(lambda: len(jobs(ada, but=stored)) == 3)
    assert 1 == listed(service)[0]["started"]


@pytest.mark.slow
def test_killed_at_any_moment_it_starts_each_job_once(house: tuple[Service, Node, Rescale]) -> None:
    """Each batch is sent until it is acknowledged, and once more; the service dies in between."""
    service, node, ada = house
    stored = ada.create(SAYS)
    add(service, stored, "--name", "env.rain", "--set", "RAIN={value}")
    for value in range(6):
        batch = node.record(value, name="env.rain")
        assert 200 == node.send(batch).status
        service.kill()
        service.restart()
        assert 200 == node.send(batch).status
    wait_until(lambda: len(jobs(ada, but=stored)) >= 6)
    for job in jobs(ada, but=stored):
        ada.wait(job, "Completed", 120)
    told = [ada.json(f"jobs/{job}/")["jobanalyses"][0]["envVars"]["RAIN"] for job in jobs(ada, but=stored)]
    assert [str(value) for value in range(6)] == sorted(told)


@pytest.mark.slow
def test_a_job_that_is_gone_is_told(house: tuple[Service, Node, Rescale]) -> None:
    """The trigger stands; the list says why nothing was started."""
    service, node, ada = house
    stored = ada.create("true")
    add(service, stored, "--name", "env.rain")
    assert 204 == ada.http.delete(f"jobs/{stored}/").status_code
    node.measure(5, name="env.rain")
    wait_until(lambda: "has no job" in listed(service)[0]["fault"])
    assert [] == jobs(ada, but=stored)


def asks(node: Node, goal: str, rule: str) -> dict[str, Any]:
    """What a node tells when a ``submit`` rule of a goal holds."""
    value = json.dumps({"goal_id": goal, "job_id": "1", "submit": "whatever", "rule": rule})
    return node.record(value, name="sys.scheduler.submit")


@pytest.mark.slow
def test_a_rule_on_a_node_starts_a_job(tmp_path: Path) -> None:
    """As the rule says that was submitted, and nothing else that a node may ask for; told once it is started once."""
    with running_service(tmp_path) as service, service.client((ada := service.account("ada")).token) as http:
        node, rescale = add_node(service, "W023", allow="ada"), Rescale(http)
        stored = rescale.create(SAYS)
        rule = f"submit({stored}, RAIN=much, PLACE={{meta.vsn}}, rate=1/h): any(v('env.rain') > 3)"
        seed = SEED.replace("scienceRules:\n", f'scienceRules:\n- "{rule}"\n')
        with closing(Scheduler(service, ada.token)) as sage:
            unknown = sage.submit_file(seed.replace(stored, "AAAAAA")).json
            assert "there is no job" in unknown["error"]
            wrong = sage.submit_file(seed.replace("1/h", "often")).json
            assert "no rate" in wrong["error"]
            job = sage.submit_file(seed).json["job_id"]
            goal = sage.detail(job).json["science_goal"]["id"]
            batch = [asks(node, goal, rule), asks(node, goal, rule.replace(stored, "AAAAAA"))]
            for _ in range(2):
                assert 200 == node.send(*batch, stream="events").status
            wait_until(lambda: jobs(rescale, but=stored))
            assert 200 == node.send(asks(node, goal, rule), stream="events").status  # too soon
            (started,) = jobs(rescale, but=stored)
            rescale.wait(started, "Completed")
            assert f"rain=much at=W023 name=sys.scheduler.submit id={started}" in rescale.log(started)
            with closing(sqlite3.connect(service.data / "dragoman.db")) as db:
                assert [(f"rescale/{started}",)] == db.execute(
                    "SELECT door || '/' || alias FROM trigger_start"
                ).fetchall()
