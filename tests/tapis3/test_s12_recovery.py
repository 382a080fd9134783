"""Scenario S12: jobs outlive the service, the host's absence, and a password that is wrong for a while."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.processes import marked
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import grid_and_cluster

pytestmark = [pytest.mark.slow, pytest.mark.client]

SCRIPT = 'echo begun >> output/count; until [ -e go ]; do sleep 0.1; done; echo "ended $1"'


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """A grid whose service, host and logins may come and go."""
    settings = {"DRAGOMAN_ENGINE_ATTEMPTS": "6"}
    with grid_and_cluster(tmp_path_factory.mktemp("own"), settings) as made:
        yield made


@pytest.fixture(scope="module")
def vm(own: Grid) -> str:
    return own.vm("s12-vm")


@pytest.fixture(scope="module")
def hpc(own: Grid) -> str:
    return own.hpc("s12-hpc", rootDir=own.home, jobWorkingDir="workdir")


@pytest.fixture(scope="module")
def app(own: Grid, vm: str) -> str:
    """An app that goes on until it is told to end."""
    return own.app("s12-app", vm, SCRIPT)


def release(own: Grid, job: Any) -> None:
    """Let a job come to its end."""
    own.on_host(f"{job.execSystemExecDir}/go").touch()


@pytest.mark.parametrize("how", ["stop", "kill"])
@pytest.mark.parametrize("where", ["vm", "hpc"])
def test_s12_the_service_ends_meanwhile(
    own: Grid, app: str, where: str, how: str, request: pytest.FixtureRequest
) -> None:
    """Politely or not: the job goes on, and its end is seen; it was started once. Also when it ended meanwhile."""
    system = request.getfixturevalue(where)
    jobs = [own.submit(app, system, word) for word in ("here", "away")]
    for job in jobs:
        own.await_status(job, "RUNNING")
    getattr(own.service, how)()
    release(own, jobs[1])
    own.service.restart()
    release(own, jobs[0])
    for job, word in zip(jobs, ("here", "away"), strict=True):
        ended = own.end(job)
        assert ("FINISHED", f"ended {word}\n", "begun\n") == (
            ended.status, own.output(ended), own.output(ended, "count")
        )  # fmt: skip
        assert own.statuses(ended).count("RUNNING") == 1


def test_s12_the_host_is_away(own: Grid, vm: str, app: str) -> None:
    """A job that is to be launched waits as BLOCKED and says why; it goes on by itself when the host is back."""
    own.host.stop()
    try:
        job = own.submit(app, vm, "later")
        own.await_status(job, "BLOCKED")
        held = own.job(job)
        assert held.lastMessage.startswith("Setting job status to BLOCKED. ")
        assert own.host.host in held.lastMessage
        assert held.condition is None
    finally:
        own.host.start()
    own.await_status(job, "RUNNING")
    release(own, job)
    ended = own.end(job)
    assert ("FINISHED", 1) == (ended.status, ended.blockedCount)
    assert "BLOCKED" in own.statuses(job)


def test_s12_the_host_is_away_while_it_runs(own: Grid, vm: str, app: str) -> None:
    """Unknown is not ended: the job stays RUNNING, and its end is seen when the host is back."""
    job = own.submit(app, vm, "unseen")
    own.await_status(job, "RUNNING")
    own.host.stop()
    try:
        release(own, job)
        assert "RUNNING" == own.status(job)
    finally:
        own.host.start()
    assert "FINISHED" == own.end(job).status
    assert "ended unseen\n" == own.output(job)


def test_s12_a_cancel_while_the_host_is_away(own: Grid, vm: str, app: str) -> None:
    """What waits for its launch ends at once; what runs there ends as soon as the host can be told."""
    running = own.submit(app, vm, "running")
    own.await_status(running, "RUNNING")
    own.host.stop()
    try:
        waiting = own.submit(app, vm, "waiting")
        own.await_status(waiting, "BLOCKED")
        for job in (waiting, running):
            own.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
        ended = own.end(waiting)
        assert ("CANCELLED", "CANCELLED_BY_USER") == (ended.status, ended.condition)
        own.await_status(running, "BLOCKED")
    finally:
        own.host.start()
    assert "CANCELLED" == own.end(running).status
    assert [] == marked(running.uuid)


def test_s12_a_wrong_password(own: Grid, vm: str, app: str) -> None:
    """The job waits as BLOCKED; with the right one again it goes on, else it is given up after the configured tries."""
    job = _with_wrong_password(own, vm, app)
    own.await_status(job, "BLOCKED")
    _set_password(own, vm, own.alice.password)
    own.await_status(job, "RUNNING")
    release(own, job)
    assert "FINISHED" == own.end(job).status
    lost = _with_wrong_password(own, vm, app)
    try:
        ended = own.end(lost, seconds=120)
        assert ("FAILED", "JOB_RECOVERY_TIMEOUT") == (ended.status, ended.condition)
        assert ended.blockedCount == 1
        last = own.ann.tapis.jobs.getJobHistory(jobUuid=lost.uuid)[-1]
        assert ("FAILED", "JOB_RECOVERY_TIMEOUT") == (last.eventDetail, json.loads(last.description)["condition"])
    finally:
        _set_password(own, vm, own.alice.password)


def _with_wrong_password(own: Grid, vm: str, app: str) -> Any:
    """A job that was accepted, and then the password became wrong."""
    own.host.stop()  # so that nothing is quicker than we are
    try:
        job = own.submit(app, vm, "patience")
        _set_password(own, vm, "wrong")
    finally:
        own.host.start()
    return job


def _set_password(own: Grid, system: str, password: str) -> None:
    own.ann.tapis.systems.createUserCredential(
        systemId=system, userName="ann", password=password, loginUser=own.alice.name, skipCredentialCheck=True
    )
