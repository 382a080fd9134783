"""What plugins write on nodes is handed in once, and read by those who may see the job."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.beehive.field import Node, add_node, query
from tests.beehive.test_uplink import blobs
from tests.sage.scheduler import SEED, Scheduler
from tests.service import Account, Service, running_service, wait_until

MOST = 1 << 18


@pytest.fixture
def served(service: Service, theone: Account, w023: Node) -> Iterator[tuple[str, str]]:
    """A job that W023 is to do, and its goal."""
    with closing(Scheduler(service, theone.token)) as scheduler:
        job = scheduler.submit_file(SEED).json["job_id"]
        yield job, scheduler.detail(job).json["science_goal"]["id"]
        scheduler.rm(job, force=True)


def read(service: Service, job: str, run: str, **headers: str) -> httpx2.Response:
    """What anybody is told of a log."""
    return httpx2.get(
        f"{service.url}/dragoman/v1/jobs/{job}/runs/{run}/log", headers=headers, timeout=120, trust_env=False
    )


def listed(service: Service, job: str, **asked: str) -> dict[str, Any]:
    """Which logs of a job there are, as anybody is told."""
    got = httpx2.get(f"{service.url}/dragoman/v1/jobs/{job}/logs", params=asked, timeout=120, trust_env=False)
    assert 200 == got.status_code, got.text
    found: dict[str, Any] = got.json()
    return found


def test_a_log_is_kept_once_and_read_by_its_job(service: Service, w023: Node, served: tuple[str, str]) -> None:
    """Apart from uploads: no record tells of it."""
    job, goal = served
    assert 400 == read(service, job, "sampler-abc123").status_code
    assert [201, 200, 409] == [w023.log("sampler-abc123", text, goal).status for text in (b"one\n", b"one\n", b"two\n")]
    found = read(service, job, "sampler-abc123")
    assert (200, "one\n", "text/plain; charset=utf-8") == (found.status_code, found.text, found.headers["content-type"])
    assert (206, "ne\n") == ((part := read(service, job, "sampler-abc123", Range="bytes=1-")).status_code, part.text)
    assert [] == query(service, {"start": "-5m", "filter": {"name": "upload", "task": "sampler"}}).records
    assert 400 == read(service, "999999", "sampler-abc123").status_code


def test_the_logs_of_a_job_are_listed(service: Service, w023: Node, w024: Node, theone: Account) -> None:
    """The last first, by node and plugin, some at a time; of no other job."""
    with closing(Scheduler(service, theone.token)) as scheduler:
        other, job = (scheduler.submit_file(SEED).json["job_id"] for _ in range(2))
        ids = [scheduler.detail(one).json["science_goal"]["id"] for one in (other, job)]
        assert {"logs": [], "next": None} == listed(service, job)
        names = ["rain-a-aaaaa1", "rain-aaaaa2", "rain-aaaaa3", "snow-aaaaa4"]
        for name in names:
            assert 201 == w023.log(name, name.encode(), ids[1]).status
        assert 201 == w023.log("rain-aaaaa5", b"x", ids[0]).status
        found = listed(service, job)
        assert (names[::-1], None) == ([one["run"] for one in found["logs"]], found["next"])
        first = found["logs"][0]
        assert ("snow", "W023", len(names[3])) == (first["plugin"], first["node"], first["bytes"])
        assert names[3] == httpx2.get(first["url"], timeout=120, trust_env=False).text
        assert [names[2], names[1]] == [one["run"] for one in listed(service, job, plugin="rain")["logs"]]
        assert names[::-1] == [one["run"] for one in listed(service, job, node="w023")["logs"]]
        assert [] == listed(service, job, node="W024")["logs"] == listed(service, job, plugin="rain-aaaaa")["logs"]
        page = listed(service, job, limit="3")
        rest = listed(service, job, limit="3", before=str(page["next"]))
        assert ([names[0]], None) == ([one["run"] for one in rest["logs"]], rest["next"])
        for one in (job, other):
            scheduler.rm(one, force=True)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"limit": "0"}, "limit must be 1 to 1000"),
        ({"limit": "1001"}, "limit must be 1 to 1000"),
        ({"limit": "x"}, "limit must be a whole number"),
        ({"before": "-1"}, "before must be a whole number"),
        ({"node": "W\x00"}, "node must be of the form"),
        ({"plugin": "A%"}, "plugin must be of the form"),
    ],
)
def test_what_cannot_be_asked_of_logs(
    service: Service, served: tuple[str, str], asked: dict[str, str], why: str
) -> None:
    """It is told by the parameter's name."""
    got = httpx2.get(f"{service.url}/dragoman/v1/jobs/{served[0]}/logs", params=asked, timeout=120, trust_env=False)
    assert (400, True) == (got.status_code, got.json()["error"].startswith(why))


def test_logs_of_a_job_that_is_not_there(service: Service) -> None:
    """As its status would be answered."""
    got = httpx2.get(f"{service.url}/dragoman/v1/jobs/999999/logs", timeout=120, trust_env=False)
    assert (400, {"error": 'Job ID "999999" does not exist'}) == (got.status_code, got.json())


def test_a_log_is_of_a_goal_that_the_node_had(w023: Node, w024: Node, served: tuple[str, str]) -> None:
    """Also when it was withdrawn; no other node's, and none that nobody knows."""
    _, goal = served
    assert 404 == w024.log("sampler-abc124", b"x", goal).status
    assert 404 == w023.log("sampler-abc124", b"x", "00000000-0000-4000-8000-000000000000").status
    assert 401 == w023.ask("PUT", f"logs/sampler-abc124?goal={goal}", token="bad", content=b"x").status


def test_what_is_no_log_leaves_nothing(service: Service, w023: Node, served: tuple[str, str]) -> None:
    """Too long, packed or not; packed wrongly; or of a run that has another form of name."""
    _, goal = served
    before = blobs(service)
    assert 413 == w023.log("sampler-long", b"x" * (MOST + 1), goal).status
    assert 413 == w023.ask("PUT", f"logs/sampler-long?goal={goal}", content=os.urandom(MOST + 2_000)).status
    assert 400 == w023.ask("PUT", f"logs/a?goal={goal}", content=b"x", headers={"Content-Encoding": "gzip"}).status
    assert (400, ["run"]) == ((got := w023.log("Run_1", b"x", goal)).status, list(got.json["fields"]))
    assert 404 == w023.log("sampler-none", b"x", "").status
    wait_until(lambda: before == blobs(service))
    assert 201 == w023.log("sampler-longest", os.urandom(MOST), goal).status


@pytest.mark.slow
def test_old_logs_are_deleted(tmp_path: Path) -> None:
    """With their bytes, when the service looks; younger ones stay."""
    with running_service(tmp_path) as service, closing(Scheduler(service, service.account("theone").token)) as theone:
        node = add_node(service, "W023", allow="theone")
        job = theone.submit_file(SEED).json["job_id"]
        goal = theone.detail(job).json["science_goal"]["id"]
        assert [201, 201] == [node.log(run, run.encode(), goal).status for run in ("s-old", "s-new")]
        before = blobs(service)
        service.kill()
        with closing(sqlite3.connect(service.data / "dragoman.db")) as conn, conn:
            month = 31 * 86_400 * 1_000_000
            conn.execute("UPDATE file SET created_at = created_at - ? WHERE alias LIKE '%/s-old'", [month])
        service.restart()
        wait_until(lambda: 400 == read(service, job, "s-old").status_code)
        wait_until(lambda: before - 1 == blobs(service))
        assert "s-new" == read(service, job, "s-new").text
        with closing(sqlite3.connect(service.data / "dragoman.db")) as conn:
            assert [("s-new.log",)] == conn.execute("SELECT name FROM file WHERE door = 'field-log'").fetchall()
