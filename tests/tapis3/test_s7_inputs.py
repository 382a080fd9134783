"""Scenario S7: inputs, variables, arguments, filters, and an archive on another system."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tapipy.errors import BadRequestError  # type: ignore[import-untyped]

from tests.shelf import on_the_web
from tests.tapis3.grid import Grid, listed

pytestmark = [pytest.mark.slow, pytest.mark.client]

SCRIPT = """\
echo "args: $*"
echo "in: $IN1 $MODE $LOCK ${_tapisJobName}"
cat "$IN1" y.txt
mkdir -p output/deep output/tmp
for name in a.log deep/b.log tmp/c.log d.txt; do echo "$name" > "output/$name"; done"""
ARGS = [
    {"name": "a", "arg": "A", "inputMode": "REQUIRED"},
    {"name": "b", "arg": "B", "inputMode": "FIXED"},
    {"name": "c", "arg": "C", "inputMode": "INCLUDE_BY_DEFAULT"},
    {"name": "d", "arg": "D", "inputMode": "INCLUDE_ON_DEMAND"},
]
VARIABLES = [
    {"key": "MODE", "value": "!tapis_not_set", "inputMode": "REQUIRED"},
    {"key": "LOCK", "value": "v", "inputMode": "FIXED"},
]
INPUTS = [
    {"name": "in1", "targetPath": "data.txt", "inputMode": "REQUIRED", "envKey": "IN1"},
    {"name": "opt", "targetPath": "o", "inputMode": "OPTIONAL"},
]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A place on the web with y.txt."""
    place = tmp_path_factory.mktemp("web")
    (place / "y.txt").write_text("from the web\n")
    with on_the_web(place) as address:
        yield address


@pytest.fixture(scope="module")
def system(grid: Grid) -> str:
    """A system with an input."""
    grid.on_host("x.txt").write_text("from the host\n")
    return grid.vm("s7-vm")


@pytest.fixture(scope="module")
def app(grid: Grid, system: str) -> str:
    """The app."""
    attributes = {
        "fileInputs": INPUTS,
        "parameterSet": {
            "appArgs": ARGS,
            "envVariables": VARIABLES,
            "archiveFilter": {"includes": ["**/*.log"], "excludes": ["tmp/**"]},
        },
    }
    return grid.app("s7-app", system, SCRIPT, jobAttributes=attributes)


def good(system: str, web: str) -> dict[str, Any]:
    """A request that has all that is needed."""
    return {
        "fileInputs": [{"name": "in1", "sourceUrl": f"tapis://{system}/x.txt"}, {"sourceUrl": f"{web}/y.txt"}],
        "parameterSet": {
            "appArgs": [
                {"name": "a", "arg": "A2"},
                {"name": "c", "include": False},
                {"name": "d", "include": True},
                {"arg": "E"},
            ],
            "envVariables": [{"key": "MODE", "value": "m"}],
        },
    }


def without_input(asked: dict[str, Any]) -> None:
    del asked["fileInputs"][0]


def without_mode(asked: dict[str, Any]) -> None:
    asked["parameterSet"]["envVariables"] = []


def with_lock(asked: dict[str, Any]) -> None:
    asked["parameterSet"]["envVariables"].append({"key": "LOCK", "value": "mine"})


def with_fixed(asked: dict[str, Any]) -> None:
    asked["parameterSet"]["appArgs"].append({"name": "b", "arg": "mine"})


def with_nope(asked: dict[str, Any]) -> None:
    asked["execSystemOutputDir"] = "${Nope}/x"


def with_dots(asked: dict[str, Any]) -> None:
    asked["execSystemOutputDir"] = "../x"


def with_shell(asked: dict[str, Any]) -> None:
    asked["parameterSet"]["appArgs"].append({"arg": "a&b"})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_input, "in1"), (without_mode, "MODE"), (with_lock, "LOCK"), (with_fixed, "b"),
        (with_nope, "Nope"), (with_dots, "execSystemOutputDir"), (with_shell, "&"),
    ],
)  # fmt: skip
def test_s7_what_is_wrong_is_told(grid: Grid, system: str, app: str, web: str, spoil: Any, told: str) -> None:
    """Before there is a job."""
    asked = good(system, web)
    spoil(asked)
    with pytest.raises(BadRequestError, match=told):
        grid.submit(app, system, **asked)


def test_s7_inputs_arguments_and_variables(grid: Grid, system: str, app: str, web: str) -> None:
    """What the app says and what the request says, together; the archive is where the outputs are, so all are there."""
    job = grid.run(app, system, **good(system, web))
    assert "FINISHED" == job.status, job.lastMessage
    assert ["A2", "B", "D", "E"] == [one["arg"] for one in listed(job, "appArgs")]
    said = ["args: A2 B D E", "in: data.txt m v a job", "from the host", "from the web"]
    assert said == grid.output(job).splitlines()
    top = grid.on_host(job.execSystemInputDir)
    assert ("from the host\n", "from the web\n") == ((top / "data.txt").read_text(), (top / "y.txt").read_text())
    assert "STAGING_INPUTS" in grid.statuses(job)


def test_s7_strict_inputs(grid: Grid, system: str, app: str, web: str) -> None:
    """Then the unnamed one is refused."""
    grid.app("s7-strict", system, SCRIPT, strictFileInputs=True, jobAttributes={"fileInputs": INPUTS})
    with pytest.raises(BadRequestError, match="takes only the inputs it names"):
        grid.submit("s7-strict", system, **good(system, web))


def test_s7_an_archive_elsewhere(grid: Grid, system: str, app: str, web: str) -> None:
    """The logs that were asked for and the launch files, below the other system's root."""
    place = Path(grid.work) / "archive"
    place.mkdir(exist_ok=True)
    place.chmod(0o777)
    other = grid.vm("s7-archive", rootDir=str(place))
    job = grid.run(app, system, archiveSystemId=other, **good(system, web))
    assert ("FINISHED", f"/jobs/{job.uuid}/archive") == (job.status, job.archiveSystemDir), job.lastMessage
    kept = ["a.log", "deep/b.log", "tapisjob.env", "tapisjob.sh"]
    assert kept == grid.outputs(job)
    top = place / f"jobs/{job.uuid}/archive"
    assert kept == sorted(str(one.relative_to(top)) for one in top.rglob("*") if one.is_file())
    assert job.archiveTransactionId
    events = [one.event for one in grid.ann.tapis.jobs.getJobHistory(jobUuid=job.uuid)]
    assert {"JOB_INPUT_TRANSACTION_ID", "JOB_ARCHIVE_TRANSACTION_ID"} <= set(events)


def test_s7_an_input_that_cannot_come(grid: Grid, system: str, app: str, web: str) -> None:
    """The job fails and names it; nothing was started."""
    asked = good(system, web)
    asked["fileInputs"][0]["sourceUrl"] = f"tapis://{system}/none.txt"
    job = grid.run(app, system, **asked)
    assert ("FAILED", "JOB_TRANSFER_FAILED_OR_CANCELLED") == (job.status, job.condition)
    assert "none.txt" in job.lastMessage
    assert (None, None) == (job.remoteJobId, job.remoteOutcome)
