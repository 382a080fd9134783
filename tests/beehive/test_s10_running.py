"""S10: a node that says it has its goal makes the job Running; what it tells of runs is counted once."""

import json
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from dragoman.core.field import Heard, News
from dragoman.core.measurements import Measurement
from dragoman.dialects.sage.news import STATUS, read_news
from tests.beehive.field import add_node, query
from tests.sage.scheduler import Scheduler
from tests.service import Service, running_service, wait_until


def told(goal: str, **more: str) -> str:
    """The value of a message about a goal."""
    return json.dumps({"goal_id": goal, "goal_name": "myjob", **more})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("goal.received", told("g"), (News.RECEIVED, "")),
        ("goal.updated", told("g"), (News.RECEIVED, "")),
        ("plugin.complete", told("g"), (News.COMPLETED, "")),
        ("plugin.completed", told("g"), (News.COMPLETED, "")),
        ("plugin.failed", told("g", error_log="a\nb", reason="x"), (News.FAILED, "a\nb")),
        ("plugin.failed", told("g", reason="FailedMount"), (News.FAILED, "FailedMount")),
        ("plugin.failed", told("g"), (News.FAILED, "")),
        ("plugin.running", told("g"), None),
        ("goal.received", "{}", None),
        ("goal.received", '{"goal_id":5}', None),
        ("goal.received", "[]", None),
        ("goal.received", "{", None),
        ("goal.received", 5, None),
    ],
)
def test_what_is_news(name: str, value: str | int, expected: tuple[News, str] | None) -> None:
    """Messages of the scheduler on the node, with the goal they are about."""
    news = read_news(Measurement(5_000_000, STATUS + name, value, {}))
    assert (expected and Heard(goal="g", kind=expected[0], at=5_000, error=expected[1])) == news


def tally(service: Service) -> tuple[int, int, str]:
    """How many runs of the one goal have ended well, how many have not, and why the last one did not."""
    with closing(sqlite3.connect(service.data / "dragoman.db")) as db:
        found: tuple[int, int, str] = db.execute("SELECT completed, failed, error FROM goal").fetchone()
    return found


@pytest.mark.slow
def test_a_job_is_running_when_its_node_says_so(tmp_path: Path) -> None:
    """Told twice it is counted once, though the service was killed in between."""
    with running_service(tmp_path) as service, closing(Scheduler(service, service.account("theone").token)) as theone:
        node = add_node(service, "W023", allow="theone")
        job = theone.new()
        theone.submit(job)
        goal = theone.detail(job).json["science_goal"]["id"]
        kinds = ("goal.received", "plugin.complete", "plugin.failed")
        batch = [node.record(told(goal, error_log="no camera"), name=STATUS + kind) for kind in kinds]
        assert 200 == node.send(*batch, stream="events").status
        assert "Running" == theone.state(job)
        service.kill()
        service.restart()
        assert 200 == node.send(*batch, stream="events").status
        unknown = node.record(told(str(uuid.uuid4())), name=f"{STATUS}plugin.complete")
        assert [] == node.send(unknown, stream="events").json["refused"]
        assert (1, 1, "no camera") == tally(service)
        found = query(service, {"start": "-5m", "filter": {"name": f"{STATUS}.*", "vsn": "W023"}}).values
        assert "Removed" == theone.rm(job, force=True).json["state"]
        service.command("node", "remove", "W023")
        wait_until(lambda: 401 == node.ask("GET", "marks").status)
        assert [goal] * 3 == [json.loads(value)["goal_id"] for value in found if goal in value]
