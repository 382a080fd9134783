"""Scenario S9: running output, hiding, starting again, and searching."""

from typing import Any

import pytest
from tapipy.errors import BadRequestError, NotFoundError  # type: ignore[import-untyped]

from tests.service import wait_until
from tests.tapis3.envelopes import checked, refused, told
from tests.tapis3.grid import Grid

pytestmark = [pytest.mark.slow, pytest.mark.client]


@pytest.fixture(scope="module")
def system(grid: Grid) -> str:
    """A system of ann's."""
    return grid.vm("s9-vm")


@pytest.fixture(scope="module")
def app(grid: Grid, system: str) -> str:
    """An app that says something, and goes on until it is told to end."""
    return grid.app("s9-app", system, 'echo "part $*"; until [ -e "$HOME/../$1" ] || [ -e "$1" ]; do sleep 0.1; done')


@pytest.fixture(scope="module")
def running(grid: Grid, system: str, app: str) -> Any:
    """A job that has said something."""
    job = grid.submit(app, system, "go", "'and on'", name="x", tags=["t", "u"])
    grid.await_status(job, "RUNNING")
    return job


@pytest.fixture(scope="module")
def ended(grid: Grid, running: Any) -> Any:
    """The same job after its end."""
    grid.on_host(f"{running.execSystemExecDir}/go").touch()
    return grid.end(running)


def test_s9_running_output(grid: Grid, running: Any) -> None:
    """Only when it is asked for."""
    http, path = grid.ann.http, f"jobs/{running.uuid}/output"
    answer = http.get(f"{path}/list//")
    assert (400, {"name": running.uuid}) == (answer.status_code, checked(answer)["result"])
    assert 400 == http.get(f"{path}/download/tapisjob.out").status_code
    listed = f"{path}/list//?allowIfRunning=True"
    wait_until(lambda: "tapisjob.out" in [one["name"] for one in told(http.get(listed))])
    wait_until(lambda: grid.output(running, allowIfRunning=True))
    assert "part go and on\n" == grid.output(running, allowIfRunning=True)


def test_s9_running_jobs_are_not_hidden(grid: Grid, running: Any) -> None:
    """They have to end first."""
    assert "RUNNING" in refused(grid.ann.http.post(f"jobs/{running.uuid}/hide"), 409)


def test_s9_hidden_jobs(grid: Grid, ended: Any) -> None:
    """In no list and no search, and told of by name alone, until they are shown again."""
    jobs = grid.ann.tapis.jobs

    def listed() -> bool:
        return ended.uuid in [one.uuid for one in jobs.getJobList(limit=0)]

    assert listed()
    assert "CHANGED" in jobs.hideJob(jobUuid=ended.uuid).message
    assert "UNCHANGED" in jobs.hideJob(jobUuid=ended.uuid).message
    assert not listed()
    assert jobs.getJob(jobUuid=ended.uuid).visible is False
    for refused_call in (jobs.getJobStatus, jobs.getJobHistory, jobs.getJobShare):
        with pytest.raises(NotFoundError):
            refused_call(jobUuid=ended.uuid)
    with pytest.raises(NotFoundError):
        jobs.getJobOutputList(jobUuid=ended.uuid, outputPath="/")
    jobs.unhideJob(jobUuid=ended.uuid)
    assert listed()


def test_s9_once_more(grid: Grid, system: str, app: str, ended: Any) -> None:
    """The request is kept word for word, and starts another job."""
    jobs = grid.ann.tapis.jobs
    body = told(grid.ann.http.get(f"jobs/{ended.uuid}/resubmit_request"))
    args = [{"arg": "go"}, {"arg": "'and on'"}]
    assert ("x", app, args) == (body["name"], body["appId"], body["parameterSet"]["appArgs"])
    again = jobs.resubmitJob(jobUuid=ended.uuid)
    assert (ended.name, ended.appId, ended.tags) == (again.name, again.appId, again.tags)
    assert again.uuid != ended.uuid
    grid.await_status(again, "RUNNING")
    grid.on_host(f"{again.execSystemExecDir}/go").touch()
    assert "FINISHED" == grid.end(again).status
    assert "part go and on\n" == grid.output(again)
    with pytest.raises(NotFoundError):
        jobs.resubmitJob(jobUuid="00000000-0000-0000-0000-000000000000-007")


def search(grid: Grid, **asked: str) -> Any:
    """What a search in the address finds."""
    return grid.ann.tapis.jobs.getJobSearchList(_tapis_query_parameters=asked)


def test_s9_search_in_the_address(grid: Grid, ended: Any) -> None:
    """Conditions, order, pages, attributes."""
    asked = {"status.eq": "FINISHED", "limit": "2", "computeTotal": "true", "orderBy": "lastUpdated(desc)"}
    body = checked(grid.ann.http.get("jobs/search", params=asked))
    assert len(body["result"]) <= 2
    assert body["metadata"]["totalCount"] >= len(body["result"])
    updated = [one["lastUpdated"] for one in body["result"]]
    assert sorted(updated, reverse=True) == updated
    assert ended.uuid in [one.uuid for one in search(grid, **{"created.between": "2024-01-01,2130", "limit": "-1"})]
    assert [] == search(grid, **{"created.between": "2024-01-01,2025"})
    (found,) = search(grid, **{"uuid.eq": ended.uuid, "select": "name,status"})
    assert {"name": "x", "status": "FINISHED", "uuid": ended.uuid} == vars(found)
    (whole,) = search(grid, **{"uuid.eq": ended.uuid, "select": "allAttributes"})
    for name in ("remoteJobId", "remoteOutcome", "remoteSubmitted", "remoteStarted", "remoteEnded", "parameterSet"):
        assert getattr(ended, name) == getattr(whole, name), name


def test_s9_a_host_is_watched_while_it_runs_something(grid: Grid, app: str) -> None:
    """Then it is left alone; the next job is seen to its end like the first."""
    system = grid.vm("s9-seldom")
    for name in ("first", "second"):
        job = grid.submit(app, system, name)
        grid.await_status(job, "RUNNING")
        assert grid.is_watched(system)
        grid.on_host(f"{job.execSystemExecDir}/{name}").touch()
        assert "FINISHED" == grid.end(job).status
        wait_until(lambda: not grid.is_watched(system), 30)


@pytest.mark.parametrize(
    "asked", ["select=nope", "listType=FOO", "limit=1&limit=2", "nope.eq=1", "status.near=x", "startAfter=1"]
)
def test_s9_searches_that_mean_nothing(grid: Grid, asked: str) -> None:
    """Are refused."""
    refused(grid.ann.http.get(f"jobs/search?{asked}"), 400)


def test_s9_search_in_the_body(grid: Grid, ended: Any) -> None:
    """Conditions as in SQL."""
    jobs = grid.ann.tapis.jobs

    def found(*fragments: str) -> list[str]:
        return [one.uuid for one in jobs.getJobSearchListByPostSqlStr(request_body={"search": fragments}, limit=-1)]

    assert ended.uuid in found("(status = 'FINISHED' AND name = 'x')", " OR (tags IN ('t'))")
    assert ended.uuid in found("tags IN ('t')")
    assert ended.uuid not in found("name = 'x' AND status <> 'FINISHED'")
    assert [] == found("name = 'no such job'")
    with pytest.raises(BadRequestError):
        found("name = ")
