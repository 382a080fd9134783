"""What the house itself writes into the directory of a job is no output of it: neither listed, nor sent, nor kept."""

import io
import zipfile
from typing import Any

import pytest

from dragoman.core.launch import is_ours
from tests.tapis3.envelopes import refused, told
from tests.tapis3.local_jobs import add_app, await_status, submit
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow]

HOME = "/mine/${JobUUID}"
THEIRS = {"tapisjob.sh", "tapisjob.env", "tapisjob.out", "tapisjob.pid", "tapisjob.exitcode", "tapisjob_app.sh"}


def test_the_names_of_the_house() -> None:
    """They mean something in that one directory alone."""
    for name in ("run.json", "exit.json", ".dragoman", ".dragoman/x/y", ".started-ab12", ".started-ab12/pid.json"):
        assert is_ours(f"/w/{name}", "/w")
        assert is_ours(f"/{name}", "/")
        assert not is_ours(f"/w/sub/{name}", "/w")
        assert not is_ours(f"/ww/{name}", "/w")
    for name in ("run.json.bak", ".dragoman2", "started-x", "tapisjob.sh", ""):
        assert not is_ours(f"/w/{name}", "/w")


@pytest.fixture(scope="module")
def app(ann: Person) -> str:
    """An app whose jobs write their outputs where they work."""
    return add_app(ann, "at-home", execSystemExecDir=HOME, execSystemInputDir=HOME, execSystemOutputDir=HOME)


def paths(who: Person, job: dict[str, Any], query: str = "") -> set[str]:
    """What is listed of the outputs of a job, by paths below the directory they are in."""
    found = told(who.http.get(f"jobs/{job['uuid']}/output/list/{query}"))
    top = job["archiveSystemDir"].strip("/") + "/"
    return {one["path"].strip("/").removeprefix(top) for one in found}


def finished(who: Person, app: str, **more: Any) -> dict[str, Any]:
    """A job that has ended well."""
    uuid = submit(who, app, "0", **more)
    await_status(who, uuid, "FINISHED")
    job: dict[str, Any] = told(who.http.get(f"jobs/{uuid}"))
    return job


def test_outputs_beside_our_files(ann: Person, app: str) -> None:
    """Where both are in one directory, lists and archives show the job's alone; ours are as if they were not there."""
    job = finished(ann, app)
    there = {one["name"] for one in told(ann.http.get(f"files/ops/local{job['execSystemExecDir']}"))}
    assert {"run.json", "exit.json", ".dragoman"} <= there
    assert THEIRS >= paths(ann, job) >= {"tapisjob.out", "tapisjob.sh"}
    assert paths(ann, job, "?limit=100") == paths(ann, job)
    download = f"jobs/{job['uuid']}/output/download"
    with zipfile.ZipFile(io.BytesIO(ann.http.get(f"{download}/").content)) as archive:
        assert THEIRS >= set(archive.namelist()) >= {"tapisjob.out"}
    for name in ("run.json", "exit.json", ".dragoman", ".dragoman/launch.log"):
        refused(ann.http.get(f"{download}/{name}"), 404)
        refused(ann.http.get(f"jobs/{job['uuid']}/output/list/{name}"), 404)


@pytest.mark.parametrize("rules", [{}, {"excludes": ["*.pid"]}, {"includes": ["**/*"]}])
def test_the_archive_is_the_job_s_alone(ann: Person, app: str, rules: dict[str, Any]) -> None:
    """Whole or filtered; also when the outputs are a directory above the one it worked in."""
    uuid_dir = "/kept/${JobUUID}"
    args = {"appArgs": [{"arg": "0"}], "archiveFilter": rules}
    job = finished(ann, app, archiveSystemDir=uuid_dir, parameterSet=args)
    assert THEIRS >= paths(ann, job) >= {"tapisjob.out"}
    above = {"execSystemOutputDir": HOME, "execSystemExecDir": f"{HOME}/work", "execSystemInputDir": f"{HOME}/work"}
    job = finished(ann, app, archiveSystemDir=uuid_dir, parameterSet=args, **above)
    found = paths(ann, job)
    assert "tapisjob.out" in found
    assert "work/tapisjob.sh" in found
    assert THEIRS >= {one.removeprefix("work/") for one in found}
