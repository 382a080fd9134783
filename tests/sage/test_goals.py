"""What nodes are to do, and what they tell: goals, the stream, running jobs, success criteria."""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from dragoman.core.field import Heard, News
from dragoman.desk.hearing import hear
from dragoman.store import nodes
from dragoman.store.sqlite import SqliteDb
from tests.sage.scheduler import SEED, Scheduler, table
from tests.service import Account, Service, wait_until

Profiled = Callable[..., tuple[Service, dict[str, Account]]]


def tell(service: Service, vsn: str, goal: str, *kinds: News, error: str = "") -> None:
    """What a node tells about a goal."""
    db = SqliteDb(str(service.data / "dragoman.db"))
    at = time.time_ns() // 1000
    try:
        node = db.write_now(nodes.get_node, vsn)
        db.write_now(hear, node.id, [Heard(goal=goal, kind=kind, at=at, error=error) for kind in kinds], at=at)
    finally:
        db.close()


@contextmanager
def listening(service: Service, vsn: str) -> Iterator[Iterator[tuple[str, Any]]]:
    """The events of a node's stream, one after another, with the clock of a test above them."""
    url = f"{service.url}/api/v1/goals/{vsn}/stream"
    with httpx2.Client(timeout=120, trust_env=False) as http, http.stream("GET", url) as answer:
        assert ("text/event-stream", "no-store") == (answer.headers["content-type"], answer.headers["cache-control"])

        def events() -> Iterator[tuple[str, Any]]:
            name = ""
            for line in answer.iter_lines():
                word, _, rest = line.partition(": ")
                if word == "event":
                    name = rest
                elif word == "data":
                    yield name, json.loads(rest)

        yield events()


def heard(events: Iterator[tuple[str, Any]], holds: Callable[[Any], bool]) -> tuple[str, Any]:
    """The first of these events whose list is such: lists are told again now and then."""
    return next((name, goals) for name, goals in events if holds(goals))


def goal_of(client: Scheduler, job: str) -> str:
    found: str = client.detail(job).json["science_goal"]["id"]
    return found


def test_s10_running(service: Service, theone: Scheduler) -> None:
    """A node that has the goal makes the job Running; then it is removed by force only."""
    job = theone.new()
    theone.submit(job)
    tell(service, "W023", goal_of(theone, job), News.RECEIVED)
    record = theone.detail(job).json
    assert "Running" == record["state"]["last_state"]
    assert record["state"]["last_started"] is not None
    (row,) = (line for line in table(theone.stat()).splitlines() if line.startswith(f"{job} "))
    assert re.fullmatch(rf"{job} +myjob +theone +Running +\d+s *", row)
    kept = theone.rm(job)
    assert 200 == kept.status
    assert kept.text == (
        "{\n"
        f' "error": "Failed to remove job \\"{job}\\" as it is in running state. '
        'Suspend it first or specify force=true",\n'
        f' "job_id": "{job}"\n'
        "}\n"
    )
    assert "Running" == theone.state(job)
    assert "Removed" == theone.rm(job, force=True).json["state"]
    assert theone.detail(job).json["state"]["last_completed"] is not None


def test_suspend_counts_more_than_force(service: Service, theone: Scheduler) -> None:
    """And it works on a job that runs."""
    job = theone.new()
    theone.submit(job)
    tell(service, "W023", goal_of(theone, job), News.RECEIVED)
    assert "Suspended" == theone.rm(job, suspend=True, force=True).json["state"]


def test_news_of_a_goal_that_was_withdrawn_count_no_longer(service: Service, theone: Scheduler) -> None:
    """Nor do those of a node that has no part in it."""
    job = theone.new()
    theone.submit(job)
    goal = goal_of(theone, job)
    tell(service, "W030", goal, News.RECEIVED)
    assert "Submitted" == theone.state(job)
    theone.rm(job, suspend=True)
    tell(service, "W023", goal, News.RECEIVED)
    tell(service, "W023", "00000000-0000-4000-8000-000000000000", News.RECEIVED)
    assert "Suspended" == theone.state(job)


def test_s18_goal_stream(service: Service, theone: Scheduler) -> None:
    """The whole list at once, and again at each change; edits tell nodes too (the original forgets that)."""
    job = theone.new(SEED.replace("W023", "W042"))
    with listening(service, "W042") as events:
        assert ("sys.scheduler.status.goal.updated", []) == next(events)
        theone.submit(job)
        name, goals = heard(events, bool)
        assert "sys.scheduler.status.goal.updated" == name
        (goal,) = goals
        assert (goal_of(theone, job), job, "myjob") == (goal["id"], goal["job_id"], goal["name"])
        (part,) = goal["sub_goals"]
        assert ("W042", "image-sampler") == (part["name"], part["plugins"][0]["name"])
        assert [{"rule": "schedule(image-sampler): cronjob('image-sampler', '* * * * *')"}] == part["science_rules"]
        assert goals == theone.goals("w042").json
        theone.rm(job, suspend=True)
        assert [] == heard(events, lambda goals: not goals)[1]
        theone.submit(job)
        assert 1 == len(heard(events, bool)[1])
        theone.edit_file(job, SEED)
        assert [] == heard(events, lambda goals: not goals)[1]
    assert "null\n" == theone.goals("W042").text
    assert "null\n" == theone.goals("W777").text


def test_each_node_gets_its_part_alone(service: Service, theone: Scheduler) -> None:
    """All plugins and rules, with what it has otherwise."""
    text = SEED.replace(
        "  W023:\n", "  W023:\n  W030:\n    image-sampler:\n      args: [-stream, top_camera]\n      env: {A: 1}\n"
    )
    job = theone.submit_file(text).json["job_id"]

    def specs(vsn: str) -> list[Any]:
        goals = [goal for goal in theone.goals(vsn).json if goal["job_id"] == job]
        return [plugin["plugin_spec"] for goal in goals for part in goal["sub_goals"] for plugin in part["plugins"]]

    assert ["-stream", "bottom_camera"] == specs("W023")[0]["args"]
    assert [{"args": ["-stream", "top_camera"], "env": {"A": "1"}}] == [
        {key: spec[key] for key in ("args", "env")} for spec in specs("W030")
    ]
    shown = theone.detail(job).json
    assert {"W023": None, "W030": {"image-sampler": {"args": ["-stream", "top_camera"], "env": {"A": "1"}}}} == shown[
        "nodes"
    ]
    theone.rm(job)


def test_tags_find_nodes_by_their_vsn(theone: Scheduler) -> None:
    """A node must carry all of them; it gets a part as if it were named."""
    text = SEED.replace("nodes:\n  W023:\n", "nodeTags: [rain, chicago]\n")
    job = theone.submit_file(text).json["job_id"]
    assert ["W042"] == [part["name"] for part in theone.detail(job).json["science_goal"]["sub_goals"]]
    assert "[Node is not selected]" == theone.submit_file(text.replace("chicago", "paris")).json["error"]
    theone.rm(job)


@pytest.mark.slow
def test_s31_success_criteria(service: Service, theone: Scheduler) -> None:
    """So long after a node has the goal, the job is Completed and its goal withdrawn; the seeds' spelling counts."""
    job = theone.submit_file(SEED.replace("1d", "1s").replace("W023", "W030")).json["job_id"]
    with listening(service, "W030") as events:
        assert job in [goal["job_id"] for goal in next(events)[1]]
        assert "Submitted" == theone.state(job)
        tell(service, "W030", goal_of(theone, job), News.RECEIVED, News.COMPLETED)
        heard(events, lambda goals: job not in [goal["job_id"] for goal in goals])
    record = theone.detail(job).json
    assert ("Completed", {"completed": 1, "failed": 0}) == (record["state"]["last_state"], record["runs"])
    assert record["state"]["last_completed"] is not None
    assert "Submitted" == theone.submit(job).json["state"]
    theone.rm(job)


@pytest.mark.slow
def test_a_job_none_of_whose_runs_went_well_has_failed(service: Service, theone: Scheduler) -> None:
    """With the last error; a failed run alone is no end."""
    job = theone.submit_file(SEED.replace("WallClock(1d)", "Walltime('1 sec')").replace("W023", "W030")).json["job_id"]
    tell(service, "W030", goal_of(theone, job), News.RECEIVED, News.FAILED, error="no camera")
    runs = theone.detail(job).json["runs"]
    assert (0, 1, "no camera") == (runs["completed"], runs["failed"], runs["last_error"])
    wait_until(lambda: theone.state(job) == "Failed")


@pytest.mark.slow
def test_criteria_can_be_ignored(profiled: Profiled) -> None:
    """As the original does: served for ever."""
    service, people = profiled(CRITERIA="ignore")
    theone = Scheduler(service, people["theone"].token)
    ended = theone.submit_file(SEED.replace("1d", "1s")).json["job_id"]
    tell(service, "W023", goal_of(theone, ended), News.RECEIVED)
    with sqlite3.connect(service.data / "dragoman.db") as conn:
        assert (0,) == conn.execute("SELECT count(*) FROM work WHERE kind = 'goal-expiry'").fetchone()
    assert "Running" == theone.state(ended)
    theone.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/v1/goals/W023/stream", "/api/v0/stream"])
def test_streams_do_not_keep_the_service_from_ending(profiled: Profiled, path: str) -> None:
    """They are cut off, without a complaint; their clients come back when it does."""
    service, _ = profiled()
    with httpx2.Client(timeout=120, trust_env=False) as http, http.stream("GET", f"{service.url}{path}") as answer:
        assert 200 == answer.status_code
        assert 0 == service.stop()
    assert 1 == len(service.told().splitlines()), service.told()
