"""What a node measures starts a copy of a job of this door: once, under its own number; and what never starts."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.beehive.field import Node, add_node
from tests.sage.scheduler import SEED, Scheduler
from tests.service import Service, running_service, wait_until

pytestmark = pytest.mark.slow

ENDLESS = SEED.replace("successcriteria:\n- WallClock(1d)\n", "")
ELSEWHERE = SEED.replace("W023", "W099")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Service, Node, Scheduler]]:
    """A service of one's own with a node, and ada's client."""
    with running_service(tmp_path) as service:
        ada = service.account("ada")
        node = add_node(service, "W023", allow="ada")
        with closing(Scheduler(service, ada.token)) as client:
            yield service, node, client


def starting(*jobs: str) -> str:
    """A job file with rules that start these."""
    return SEED.replace("scienceRules:\n", "scienceRules:\n" + "".join(f'- "submit({job}): True"\n' for job in jobs))


def listed(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(service.command("trigger", "list", "--output", "json").stdout)
    return found


def ended(service: Service) -> int:
    """How many starts have come to their end: nothing makes a job for those any more."""
    with closing(sqlite3.connect(service.data / "dragoman.db")) as db:
        found: int = db.execute("SELECT count(*) FROM trigger_start WHERE ended_at IS NOT NULL").fetchone()[0]
    return found


def test_killed_at_any_moment_it_starts_each_job_once(house: tuple[Service, Node, Scheduler]) -> None:
    """Each batch comes again after the service died; the nodes' goals have the event, and the stored job stays."""
    service, node, ada = house
    stored = ada.new()
    service.command("trigger", "add", "ada", stored, "--name", "env.rain", "--set", "RAIN={value}")
    for value in range(4):
        batch = node.record(value, name="env.rain")
        assert 200 == node.send(batch).status
        service.kill()
        service.restart()
        assert 200 == node.send(batch).status
    wait_until(lambda: ended(service) == 4)
    assert {"1", "2", "3", "4", "5"} == set(ada.stat())
    assert {"myjob"} == {one["name"] for one in ada.stat().values()}
    goals = ada.goals("W023").json
    env = [goal["sub_goals"][0]["plugins"][0]["plugin_spec"]["env"] for goal in goals]
    assert [("0", "env.rain"), ("1", "env.rain"), ("2", "env.rain"), ("3", "env.rain")] == sorted(
        (one["RAIN"], one["DRAGOMAN_EVENT_NAME"]) for one in env
    )
    assert ("Created", {"Submitted"}) == (ada.state(stored), {ada.state(one) for one in ("2", "3", "4", "5")})
    (one,) = listed(service)
    assert ("sage/1", 4, "") == (one["job"], one["started"], one["fault"])


def test_what_cannot_be_submitted_is_told(house: tuple[Service, Node, Scheduler]) -> None:
    """As at a submit: the list says what stands in the way, and nothing is stored."""
    service, node, ada = house
    stored = ada.new(ELSEWHERE)
    service.command("trigger", "add", "ada", stored, "--name", "env.rain")
    node.measure(5, name="env.rain")
    wait_until(lambda: "User ada does not have permission for node W099" in listed(service)[0]["fault"])
    ada.edit_file(stored, ENDLESS)
    node.measure(6, name="env.rain")
    wait_until(lambda: "successCriteria" in listed(service)[0]["fault"])
    ada.edit_file(stored, SEED)
    node.measure("{secret.s3.key}", name="env.rain")
    wait_until(lambda: "names a secret" in listed(service)[0]["fault"])
    assert ({stored}, 0) == (set(ada.stat()), listed(service)[0]["started"])
    ada.rm(stored)
    node.measure(7, name="env.rain")
    wait_until(lambda: f"has no job sage/{stored}" in listed(service)[0]["fault"])


def test_triggers_that_are_refused(house: tuple[Service, Node, Scheduler]) -> None:
    """Without an end, or in a circle; each says what to do or which jobs it is about."""
    service, _, ada = house
    endless, one = ada.new(ENDLESS), ada.new(starting("3"))
    two = ada.new(starting(one))
    words = ("trigger", "add", "ada")
    told = service.command(*words, endless, "--name", "env.rain", check=False).stderr
    assert "successCriteria: [WallClock(1h)]" in told
    told = service.command(*words, one, "--name", "env.rain", check=False).stderr
    assert f"sage/{one} > sage/{two} > sage/{one}" in told
    assert [] == listed(service)


def test_rules_that_are_refused(house: tuple[Service, Node, Scheduler]) -> None:
    """When the job is submitted, or its copy: a rule that starts its own job, or what comes back to it."""
    service, node, ada = house
    endless, me, other = ada.new(ENDLESS), ada.new(starting("2")), ada.new()
    assert f"sage/{me} > sage/{me}" in ada.submit(me).json["error"]
    assert "would be served for ever" in ada.submit_file(starting(endless), dryrun="true").json["error"]
    ada.edit_file(me, starting(other))
    assert "error" not in ada.submit(me).json
    service.command("trigger", "add", "ada", me, "--name", "env.rain")
    ada.edit_file(other, starting(me))
    assert f"sage/{other} > sage/{me} > sage/{other}" in ada.submit(other).json["error"]
    node.measure(5, name="env.rain")
    wait_until(lambda: "without end" in listed(service)[0]["fault"])
    assert {endless, me, other} == set(ada.stat())
