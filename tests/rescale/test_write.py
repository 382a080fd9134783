"""Answers look like the published ones."""

import base64
import re
from typing import Any

import pytest

from dragoman.core.errors import Conflict, Invalid, NotFound
from dragoman.core.states import JobState, RunState
from dragoman.dialects.rescale.ids import mint, user_letters
from dragoman.dialects.rescale.read_notes import read_changes, with_tag
from dragoman.dialects.rescale.runs import check_path
from dragoman.dialects.rescale.write import write_date, write_file, write_job, write_listed_job, write_tags
from dragoman.dialects.rescale.write_live import kind_of, write_run, write_tail
from tests.rescale.examples import BASIC, ORIGIN, UPLOADED, analysis, file, listed, request, run, view

FILTER = {"caseSensitive": False, "include": True}


def test_file_is_the_published_one() -> None:
    """Every published key is there; the path and the key that nobody needs have the published form."""
    got = write_file(file(), origin=ORIGIN)
    path, key = got.pop("path"), got.pop("encodedEncryptionKey")
    assert {
        "typeId": 1,
        "name": "airfoil2d.zip",
        "dateUploaded": "2014-11-12T22:20:09.596996Z",
        "relativePath": "airfoil2d.zip",
        "downloadUrl": f"{ORIGIN}/api/v2/files/XkpTse/contents/",
        "sharedWith": [],
        "decryptedSize": 663368,
        "owner": "demouser@example.com",
        "isUploaded": True,
        "viewInBrowser": False,
        "isDeleted": False,
        "id": "XkpTse",
        "md5": "0b66f3069732b02fe6c132f4cbd2f5b8",
        "fileChecksums": [{"hashFunction": "sha512", "fileHash": "ab" * 64}],
    } == got
    assert re.fullmatch(r"user/user_[A-Za-z]{5}/airfoil2d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip", path)
    assert (44, 32) == (len(key), len(base64.b64decode(key)))


def test_output_lies_below_its_run() -> None:
    """Clients take an output's place from the components of its path."""
    output = file("OutpuT", "U", relative_path="airFoil2D/0/U", role="output", job_alias="QTViaX", run_number=2)
    got = write_file(output, origin=ORIGIN)
    assert 5 == got["typeId"]
    assert f"user/user_{user_letters(1)}/output/job_QTViaX/run2/airFoil2D/0/U" == got["path"]


@pytest.mark.parametrize(
    ("name", "form"), [("Makefile", r"Makefile-[0-9a-f-]{36}"), (".bashrc", r"bashrc-[0-9a-f-]{36}")]
)
def test_names_without_an_extension_get_a_path_too(name: str, form: str) -> None:
    """The random part comes before the extension, if there is one."""
    assert re.fullmatch(f"user/user_[A-Za-z]{{5}}/{form}", write_file(file(name=name), origin=ORIGIN)["path"])


def test_basic_job_is_the_published_one() -> None:
    """The answer to the tutorial's request has the published keys and values."""
    got = write_job(view(BASIC, file()), origin=ORIGIN)
    expected: dict[str, Any] = {
        "id": "QTViaX",
        "name": "Basic Job",
        "owner": "demouser@example.com",
        "dateInserted": "2014-11-12T22:20:09.596996Z",
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
            {**FILTER, "filterType": kind, "selector": kind}
            for kind in ("Analysis generated files", "Completed templates", "Input files")
        ],
        "jobanalyses": [
            {
                "command": "./airFoil2D/Allrun",
                "useMpi": False,
                "envVars": None,
                "useRescaleLicense": False,
                "onDemandLicenseSeller": None,
                "userDefinedLicenseSettings": None,
                "flags": {},
                "templateTasks": [],
                "preProcessScript": None,
                "preProcessScriptCommand": "",
                "postProcessScript": None,
                "postProcessScriptCommand": "",
                "analysis": {
                    "code": "openfoam",
                    "version": "2.3.0-openmpi",
                    "name": "OpenFOAM",
                    "versionName": "2.3.0",
                },
                "hardware": {
                    "coreType": "standard-plus",
                    "coresPerSlot": 1,
                    "slots": 1,
                    "walltime": None,
                    "coreSummary": {"numberOfNodes": 1, "memoryPerNode": 3750, "storagePerNode": 4000},
                },
                "inputFiles": [write_file(file(), origin=ORIGIN)],
            }
        ],
    }
    assert expected == {key: got[key] for key in expected}
    assert {"tags", "billingPriorityValue"} == got.keys() - expected.keys()


def test_job_tells_how_inputs_are_unpacked_where_it_was_told() -> None:
    """A job that is posted again must not unpack what was not to be unpacked."""
    asked = request(analysis(inputFiles=[{"id": "XkpTse", "decompress": False}]))
    got = write_job(view(asked, file()), origin=ORIGIN)["jobanalyses"][0]["inputFiles"][0]
    assert {"decompress": False, "inputFileType": "REMOTE", "id": "XkpTse"} == {
        key: got[key] for key in ("decompress", "inputFileType", "id")
    }


def test_listed_job_shows_its_latest_words() -> None:
    """Empty before the submit; green while it executes; its size is that of inputs and outputs."""
    fresh = write_listed_job(listed(BASIC, file()))
    silent = {"content": "", "labelClass": "", "useLabel": False}
    assert (silent, silent) == (fresh["jobStatus"], fresh["clusterStatusDisplay"])
    now = {"state": JobState.OPEN, "progress": RunState.RUNNING, "output_bytes": 2}
    executing = write_listed_job(listed(BASIC, file(), **now))
    green = {"labelClass": "label-success", "useLabel": True}
    assert {"content": "Executing", **green} == executing["jobStatus"]
    assert {"content": "Started", **green} == executing["clusterStatusDisplay"]
    assert (["OpenFOAM"], 663370) == (executing["analysisNames"], executing["storage"])


def test_run_is_the_published_one() -> None:
    """While it executes nothing is known of its outputs; ours beside the published keys is the exit code."""
    assert {
        "id": "1",
        "displayOrder": 1,
        "type": 3,
        "parent": None,
        "isOptimal": False,
        "variables": [],
        "dateStarted": "2014-11-12T22:20:09.596996Z",
        "dateCompleted": None,
        "outputFileCount": 0,
        "outputFileSize": None,
        "exitCode": None,
    } == write_run(run())
    over = write_run(run(ended_at=UPLOADED, output_count=75, output_bytes=6_358_619, exit_code=3))
    assert (75, 6_358_619, 3) == (over["outputFileCount"], over["outputFileSize"], over["exitCode"])


def test_tail_is_lines_without_their_ends() -> None:
    """With the kind of file in the words of the program file."""
    got = write_tail("QTViaX", "airFoil2D/log", b"one\ntwo\n")
    expected = {"fileType": "/home/job_QTViaX/work/airFoil2D/log: ASCII text", "lines": ["one", "two"]}
    assert expected == got
    kinds = [kind_of(content) for content in (b"", "é".encode(), b"\xff", b"a\0")]
    assert ["empty", "UTF-8 Unicode text", "data", "data"] == kinds


@pytest.mark.parametrize(("at", "told"), [(None, None), (0, "1970-01-01T00:00:00.000000Z")])
def test_dates_always_have_microseconds(at: int | None, told: str | None) -> None:
    """One form for all dates; what has not happened is null."""
    assert told == write_date(at)


def test_ids_are_six_letters() -> None:
    """Clients know ids of letters only."""
    assert all(re.fullmatch("[A-Za-z]{6}", mint()) for _ in range(100))


def test_metadata_may_change_and_what_a_job_does_may_not() -> None:
    """A whole job may be sent back with another name; another command is refused by name."""
    shown = write_job(view(BASIC, file()), origin=ORIGIN)
    name, notes = read_changes({**shown, "name": "New", "tags": ["a", {"name": "b"}, "a"]}, shown)
    assert ("New", ["a", "b"], None) == (name, notes["tags"], notes["projectId"])
    with pytest.raises(Conflict, match=r"^jobanalyses cannot be changed"):
        read_changes({"jobanalyses": []}, shown)
    with pytest.raises(Invalid, match="null"):
        read_changes({"name": None}, shown)


def test_equal_tags_are_one() -> None:
    """Tags are equal in any letter case."""
    assert ["Wing"] == with_tag(["Wing"], "wing")
    assert [{"name": "Wing", "normalizedName": "wing"}] == write_tags(with_tag([], "Wing"))


@pytest.mark.parametrize("path", ["../machinefile", "a/../../b", "a//b", "./a", "", "a\0b"])
def test_a_path_that_no_file_can_have_is_not_found(path: str) -> None:
    """What would leave the working directory is not there, like anything else that is not there."""
    with pytest.raises(NotFound):
        check_path(path)
