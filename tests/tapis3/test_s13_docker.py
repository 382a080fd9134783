"""Scenario S13: containers of a real Docker engine on the host."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hosts.docker import IMAGE, Docker, docker_engine
from tests.hosts.people import people
from tests.tapis3.grid import Grid
from tests.tapis3.hosts import grid_of

pytestmark = [pytest.mark.slow, pytest.mark.client]


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    """An engine that alice may use."""
    people()
    with docker_engine("alice") as engine:
        yield engine


@pytest.fixture(scope="module")
def own(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grid]:
    """A grid whose host has the engine."""
    with grid_of(tmp_path_factory.mktemp("docker"), None, environment={"DOCKER_HOST": docker.address}) as made:
        yield made


@pytest.fixture(scope="module")
def system(own: Grid) -> str:
    return own.vm("s13-vm")


@pytest.fixture(scope="module")
def app(own: Grid, system: str) -> str:
    """An app whose first argument is what its shell runs."""
    own.ann.tapis.apps.createAppVersion(id="s13-app", version="1", runtime="DOCKER", containerImage=IMAGE)
    return "s13-app"


def submit(own: Grid, system: str, app: str, text: str, **more: Any) -> Any:
    """Start a job whose text is a file of its input directory: arguments have no characters of a shell."""
    script = own.on_host(f"{secrets.token_hex(8)}.sh")
    script.write_text(text)
    inputs = [{"sourceUrl": f"tapis://{system}/{script.name}", "targetPath": "run.sh"}]
    return own.submit(app, system, "/bin/sh", "/TapisInput/run.sh", fileInputs=inputs, **more)


def containers(docker: Docker) -> str:
    """The names of all that the engine has."""
    return docker.run("ps", "-a", "--format", "{{.Names}}")


def test_s13_a_container(own: Grid, docker: Docker, system: str, app: str) -> None:
    """Its outputs and its log are kept, under the login's own id; the container is removed."""
    variables = [{"key": "MODE", "value": "x y$HOME"}]
    text = 'echo "hello $MODE"; echo bad >&2; id -u > /TapisOutput/id; pwd; ls /TapisExec | grep -c tapisjob'
    more = {"parameterSet": {"appArgs": [{"arg": "/bin/sh"}, {"arg": "/TapisInput/run.sh"}], "envVariables": variables}}
    job = submit(own, system, app, text, **more)
    ended = own.end(job)
    assert ("FINISHED", "0", "FINISHED") == (ended.status, ended.remoteResultInfo, ended.remoteOutcome), (
        ended.lastMessage
    )
    assert f"{own.alice.uid}\n" == own.output(ended, "id")
    said = own.output(ended).splitlines()
    assert {"hello x y$HOME", "bad"} <= set(said)
    assert ended.uuid not in containers(docker)
    script = (own.on_host(ended.execSystemExecDir) / "tapisjob.sh").read_text()
    for words in (
        f"docker run -d --name {ended.uuid} --user $(id -u):$(id -g) --cidfile ",
        f"--mount type=bind,source={own.home}{ended.execSystemOutputDir},target=/TapisOutput ",
        "target=/TapisInput,readonly ",
    ):
        assert words in script


def test_s13_a_code(own: Grid, docker: Docker, system: str, app: str) -> None:
    """The container's code is the job's."""
    ended = own.end(submit(own, system, app, "exit 2"))
    assert ("FAILED", "JOB_REMOTE_OUTCOME_ERROR", "2") == (ended.status, ended.condition, ended.remoteResultInfo)
    assert ended.uuid not in containers(docker)


def test_s13_an_image_that_is_not_there(own: Grid, system: str) -> None:
    """What the engine says is kept in the job's log."""
    own.ann.tapis.apps.createAppVersion(id="s13-none", version="1", runtime="DOCKER", containerImage="none/such:1")
    ended = own.run("s13-none", system)
    assert ("FAILED", "125") == (ended.status, ended.remoteResultInfo)
    assert "none/such:1" in own.output(ended)


def test_s13_a_cancel(own: Grid, docker: Docker, system: str, app: str) -> None:
    """The container goes with its job."""
    job = submit(own, system, app, "echo begun; sleep 300")
    own.await_status(job, "RUNNING")
    while job.uuid not in containers(docker):
        assert "RUNNING" == own.status(job)
    own.ann.tapis.jobs.cancelJob(jobUuid=job.uuid)
    ended = own.end(job, seconds=30)
    assert ("CANCELLED", "CANCELLED_BY_USER") == (ended.status, ended.condition)
    assert ended.uuid not in containers(docker)
