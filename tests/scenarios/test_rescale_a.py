"""Scenario A, the basic job of the seed, with the real OpenFOAM case: upload, create, submit, watch, fetch.

The story is told once; each test reads one of its pages.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.rescale import FINISHED, Json, Rescale, airfoil_zip
from tests.service import wait_until

pytestmark = pytest.mark.slow

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ID = re.compile(r"[A-Za-z]{5,6}")


@dataclass
class Story:
    """What was answered, in the order in which it was asked."""

    zip: Path
    file: Json
    job: Json
    draft_statuses: Json
    draft_listed: Json
    submitted: tuple[int, bytes]
    at_once: Json
    executing: Json
    runs: Json
    contents: list[Json]
    tail: Json
    files_while_running: Json
    statuses: Json
    run: Json


@pytest.fixture(scope="module")
def story(api: Rescale, tmp_path_factory: pytest.TempPathFactory) -> Story:
    told: dict[str, Any] = {"zip": airfoil_zip(tmp_path_factory.mktemp("airfoil"))}
    told["file"] = api.upload(told["zip"])
    created = api.http.post("jobs/", json=seed_job(told["file"]["id"]))
    assert created.status_code == 201, created.text
    told["job"] = created.json()
    job = told["job"]["id"]
    told["draft_statuses"] = api.json(f"jobs/{job}/statuses/")
    told["draft_listed"] = api.results("jobs/", page_size=1)[0]
    submitted = api.http.post(f"jobs/{job}/submit/")
    told["submitted"] = (submitted.status_code, submitted.content)
    told["at_once"] = api.json(f"jobs/{job}/statuses/")
    api.wait(job, "Executing")
    wait_until(lambda: "]: " in api.http.get(f"jobs/{job}/runs/1/tail/process_output.log").text)
    told["runs"] = api.json(f"jobs/{job}/runs/")
    told["contents"] = api.json(f"jobs/{job}/runs/1/directory-contents/")
    told["tail"] = api.json(f"jobs/{job}/runs/1/tail/process_output.log", lines=5)
    told["files_while_running"] = api.json(f"jobs/{job}/files/")
    told["executing"] = api.json(f"jobs/{job}/statuses/")
    api.wait(job, "Completed", 120)
    told["statuses"] = api.json(f"jobs/{job}/statuses/")
    told["run"] = api.json(f"jobs/{job}/runs/1/")
    return Story(**told)


def seed_job(file: str) -> Json:
    """The seed's data.json."""
    return {
        "name": "Basic Job",
        "jobanalyses": [
            {
                "useMpi": False,
                "command": "./airFoil2D/Allrun",
                "analysis": {"code": "openfoam", "version": "2.3.0-openmpi"},
                "hardware": {"coresPerSlot": 1, "slots": 1, "coreType": "standard-plus"},
                "inputFiles": [{"id": file}],
            }
        ],
    }


def test_a1_the_upload_answers_with_the_file(story: Story, api: Rescale) -> None:
    """Every key of the documents is there, with the digests of what was sent."""
    sent, file = story.zip.read_bytes(), dict(story.file)
    assert ID.fullmatch(file["id"])
    assert DATE.fullmatch(file.pop("dateUploaded"))
    assert re.fullmatch(r"user/user_[A-Za-z]{5}/airfoil2d-[0-9a-f-]{36}\.zip", file.pop("path"))
    assert len(file.pop("encodedEncryptionKey")) == 44
    expected = {
        "typeId": 1,
        "name": "airfoil2d.zip",
        "relativePath": "airfoil2d.zip",
        "downloadUrl": f"{api.http.base_url}files/{file['id']}/contents/",
        "sharedWith": [],
        "decryptedSize": len(sent),
        "owner": "demouser@example.com",
        "isUploaded": True,
        "viewInBrowser": False,
        "isDeleted": False,
        "id": file["id"],
        "md5": hashlib.md5(sent).hexdigest(),
        "fileChecksums": [{"hashFunction": "sha512", "fileHash": hashlib.sha512(sent).hexdigest()}],
    }
    assert expected == {key: file[key] for key in expected}


def test_a2_the_analysis_is_offered(story: Story, api: Rescale) -> None:
    """The seed's version of OpenFOAM runs on the seed's core type, in the list and by itself."""
    found = next(one for one in api.results("analyses/", page_size=100) if one["code"] == "openfoam")
    version = next(one for one in found["versions"] if one["versionCode"] == "2.3.0-openmpi")
    assert "standard-plus" in version["allowedCoreTypes"]
    assert found == api.json("analyses/openfoam/")


def test_a3_the_job_is_answered_whole(story: Story) -> None:
    """The created job has the keys and defaults of the seed, and the whole file object."""
    job = dict(story.job)
    kinds = ("Analysis generated files", "Completed templates", "Input files")
    assert ID.fullmatch(job["id"])
    assert DATE.fullmatch(job["dateInserted"])
    expected = {
        "name": "Basic Job",
        "owner": "demouser@example.com",
        "projectId": None,
        "description": "",
        "sharedWith": [],
        "isLowPriority": False,
        "monteCarloIterations": None,
        "paramFile": None,
        "caseFile": None,
        "optimizer": None,
        "expectedRuns": None,
        "includeNominalRun": False,
        "isTemplateDryRun": False,
        "remoteVizConfig": None,
        "jobvariables": [],
        "archiveFilters": [],
        "resourceFilters": [
            {"caseSensitive": False, "include": True, "filterType": kind, "selector": kind} for kind in kinds
        ],
    }
    assert expected == {key: job[key] for key in expected}


def test_a3_the_analysis_is_answered_whole(story: Story) -> None:
    """The one analysis has every key of the documents, with what the house added."""
    expected = {
        "command": "./airFoil2D/Allrun",
        "useMpi": False,
        "useRescaleLicense": False,
        "onDemandLicenseSeller": None,
        "userDefinedLicenseSettings": None,
        "flags": {},
        "templateTasks": [],
        "preProcessScript": None,
        "preProcessScriptCommand": "",
        "postProcessScript": None,
        "postProcessScriptCommand": "",
        "analysis": {"code": "openfoam", "version": "2.3.0-openmpi", "name": "OpenFOAM", "versionName": "2.3.0"},
        "hardware": {
            "coreType": "standard-plus",
            "coresPerSlot": 1,
            "slots": 1,
            "walltime": None,
            "coreSummary": {"numberOfNodes": 1, "memoryPerNode": 3750, "storagePerNode": 4000},
        },
    }
    (got,) = story.job["jobanalyses"]
    assert expected == {key: got[key] for key in expected}
    assert not got["envVars"]
    (given,) = got["inputFiles"]
    assert story.file == {key: given[key] for key in story.file}


def test_a4_a_draft_has_no_status(story: Story) -> None:
    """Before the submit there is no status, and the list shows empty words."""
    assert {"count": 0, "next": None, "previous": None, "results": []} == story.draft_statuses
    listed = story.draft_listed
    assert story.job["id"] == listed["id"]
    assert ("", "") == (listed["jobStatus"]["content"], listed["clusterStatusDisplay"]["content"])


def test_a5_the_submit_answers_with_nothing(story: Story) -> None:
    """Real clients demand exactly 200; the body is empty."""
    assert (200, b"") == story.submitted


def test_a6_the_statuses_are_the_seeds_five(story: Story) -> None:
    """Pending at once; while it runs the seed's five, the newest first, none with a reason."""
    first = story.at_once["results"][-1]
    assert ("Pending", None) == (first["status"], first["statusReason"])
    assert DATE.fullmatch(first["statusDate"])
    shown = story.executing["results"]
    assert ["Executing", "Validated", "Started", "Queued", "Pending"] == [one["status"] for one in shown]
    assert {None} == {one["statusReason"] for one in shown}
    dates = [one["statusDate"] for one in shown]
    assert sorted(dates, reverse=True) == dates


def test_a7_the_run_is_seen_while_it_runs(story: Story) -> None:
    """One run that has started and has no outputs yet; its files can be listed and read, but are no outputs yet."""
    (run,) = story.runs["results"]
    assert DATE.fullmatch(run.pop("dateStarted"))
    expected = {
        "id": "1",
        "displayOrder": 1,
        "type": 3,
        "parent": None,
        "isOptimal": False,
        "variables": [],
        "dateCompleted": None,
        "outputFileCount": 0,
        "outputFileSize": None,
    }
    assert expected == {key: run[key] for key in expected}
    entry = next(one for one in story.contents if one["path"] == "airFoil2D/system/controlDict")
    tail = f"/api/jobs/{story.job['id']}/runs/1/tail/airFoil2D/system/controlDict"
    assert tail == entry["resource"].replace("/api/v2/", "/api/")
    assert isinstance(story.tail["fileType"], str)
    assert any("Launching ./airFoil2D/Allrun" in line for line in story.tail["lines"])
    assert not any(line.endswith("\n") for line in story.tail["lines"])
    assert 0 == story.files_while_running["count"]


def test_a8_it_completes_with_75_files(story: Story, api: Rescale) -> None:
    """The end is Completed with the one reason that means success, and the run knows what it left."""
    newest = story.statuses["results"][0]
    assert ("Completed", FINISHED) == (newest["status"], newest["statusReason"])
    assert DATE.fullmatch(story.run["dateCompleted"])
    assert 75 == story.run["outputFileCount"]
    sizes = [one["decryptedSize"] for one in api.outputs(story.job["id"]).values()]
    assert sum(sizes) == story.run["outputFileSize"]


def test_a9_the_outputs_are_listed(story: Story, api: Rescale) -> None:
    """75 files of type 5 below the run's path, in pages of ten, to be searched, in the order of the documents."""
    job = story.job["id"]
    files = api.outputs(job)
    assert 75 == len(files)
    assert 299246 == files["airFoil2D/313/U"]["decryptedSize"]
    user = re.fullmatch(r"(user/user_[A-Za-z]{5})/.*", story.file["path"])
    assert user
    for path, file in files.items():
        assert (5, f"{user[1]}/output/job_{job}/run1/{path}") == (file["typeId"], file["path"])
    page = api.json(f"jobs/{job}/files/")
    assert (10, f"{api.http.base_url}jobs/{job}/files/?page=2") == (len(page["results"]), page["next"])
    assert 1 == api.json(f"jobs/{job}/files/", search="process_output")["count"]
    first = [one["relativePath"] for one in api.results(f"jobs/{job}/runs/1/files/")[:4]]
    assert [f"airFoil2D/0/{name}" for name in ("nut", "nuTilda", "p", "U")] == first


def test_a10_the_results_are_fetched(story: Story, api: Rescale) -> None:
    """The log and the solver's own log can be downloaded whole, in part, and as lines."""
    files = api.outputs(story.job["id"])
    log = files["process_output.log"]
    text = api.content(log).decode()
    assert "Launching ./airFoil2D/Allrun, Working dir: " in text
    assert "Running simpleFoam on" in text
    assert "converged in 313 iterations" in api.content(files["airFoil2D/log.simpleFoam"]).decode()
    part = api.http.get(f"files/{log['id']}/contents/", headers={"Range": "bytes=0-9"})
    assert (206, text[:10].encode()) == (part.status_code, part.content)
    lines = api.json(f"files/{log['id']}/lines/")["lines"]
    assert text.splitlines(keepends=True) == lines
    stamp = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\]: "
    assert re.fullmatch(stamp + "Exited with code 0\n", lines[-2])
    assert re.fullmatch(stamp + "\n", lines[-1])


def test_a11_the_cluster_stops(story: Story, api: Rescale) -> None:
    """The cluster's statuses end with Stopped, and the list shows the last words."""
    job = story.job["id"]
    words = [one["status"] for one in api.results(f"jobs/{job}/cluster_statuses/")]
    assert ["Stopped", "Stopping", "Stop Requested", "Started", "Starting", "Not Started"] == words
    listed = next(one for one in api.results("jobs/", page_size=1000) if one["id"] == job)
    assert {"content": "Completed", "labelClass": "", "useLabel": False} == listed["jobStatus"]
    assert "Stopped" == listed["clusterStatusDisplay"]["content"]
    assert ["OpenFOAM"] == listed["analysisNames"]
