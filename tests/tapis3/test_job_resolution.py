"""A job is what its request says, then its app, then its system, then the rule."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3.job_lookups import host_evaluations, profile_name
from dragoman.dialects.tapis3.read_job import read_request
from tests.tapis3.job_examples import (
    NOW,
    PROFILE,
    UUID,
    WORK,
    app,
    args,
    cluster,
    parameters,
    resolved,
    system,
    variables,
)


def refusal(body: dict[str, Any] | None = None, **made_of: Any) -> str:
    """Why a request is refused."""
    with pytest.raises(Invalid) as told:
        resolved(body, **made_of)
    return str(told.value)


def test_the_least_request_gets_all_defaults() -> None:
    """The seed's own job: names, places and amounts by the rules."""
    job = resolved({"execSystemId": "vm"}).attributes
    expected: dict[str, Any] = {
        "uuid": UUID,
        "owner": "ann",
        "tenant": "solo",
        "createdby": "ann",
        "description": "img-0.0.1 submitted by ann@solo",
        "jobType": "FORK",
        "execSystemId": "vm",
        "archiveSystemId": "vm",
        "execSystemExecDir": WORK,
        "execSystemInputDir": WORK,
        "execSystemOutputDir": f"{WORK}/output",
        "archiveSystemDir": f"{WORK}/output",
        "execSystemLogicalQueue": None,
        "dtnSystemId": None,
        "memoryMB": 1,
        "maxMinutes": 10,
        "archiveMode": "ALWAYS",
        "archiveOnAppError": True,
        "mpi": False,
        "mpiCmd": None,
        "tags": [],
        "notes": {},
        "sharedAppCtx": "",
        "sharedAppCtxAttribs": [],
    }
    assert expected == {key: job[key] for key in expected}
    assert json.dumps(job)


def test_every_macro_is_a_variable() -> None:
    """What a macro stands for is also in the environment, under its own prefix, in the order of names."""
    job = resolved({"name": "n ${JobUUID}"})
    found = variables(job)
    assert f"n {UUID}" == job.attributes["name"] == found["_tapisJobName"]
    assert ("/workdir", WORK, "tapisjob.out") == (
        found["_tapisJobWorkingDir"],
        found["_tapisExecSystemExecDir"],
        found["_tapisStdoutFilename"],
    )
    assert ("2023-11-14Z", "22:13:20.123456Z", "2023-11-14T22:13:20.123456Z", "true", "1", "ann") == tuple(
        found[f"_tapis{name}"]
        for name in (
            *("JobCreateDate", "JobCreateTime", "JobCreateTimestamp", "ArchiveOnAppError", "Nodes"),
            "EffectiveUserId",
        )
    )
    assert NOW == 1_700_000_000_123_456
    assert {"_tapisExecSystemLogicalQueue", "_tapisDtnSystemId"}.isdisjoint(found)
    assert sorted(found, key=str.lower) == list(found)


def test_another_archive_system_has_its_own_directory() -> None:
    """Outputs that go elsewhere are below /jobs there."""
    job = resolved(archive=system(id="store")).attributes
    assert ("store", f"/jobs/{UUID}/archive") == (job["archiveSystemId"], job["archiveSystemDir"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"execSystemOutputDir": "${Nope}/x"}, "no macro ${Nope}"),
        ({"execSystemOutputDir": "../x"}, "'..'"),
        ({"execSystemInputDir": "${ExecSystemOutputDir}", "execSystemOutputDir": "${ExecSystemInputDir}"}, "circle"),
        ({"execSystemExecDir": "x/HOST_EVAL($HOME)"}, "HOST_EVAL"),
        ({"archiveSystemDir": "a\x01b"}, "control characters"),
        ({"owner": "bob"}, "administrator"),
        ({"tenant": "other"}, "tenant"),
        ({"jobType": "BATCH"}, "canRunBatch"),
        ({"cmdPrefix": "env A=1"}, "enableCmdPrefix"),
        ({"isMpi": True}, "mpiCmd"),
        ({"parameterSet": {"logConfig": {"stdoutFilename": "a/b", "stderrFilename": "c"}}}, "plain name"),
        ({"parameterSet": {"archiveFilter": {"includes": ["[a"]}}}, "closed"),
        (args("a&b"), "unquoted &"),
        (args("`id`"), "substitution"),
        (args("$(id)"), "substitution"),
        (args("a\nb"), "line breaks"),
        (args(""), "no text"),
        (args("nohyphen", key="containerArgs"), "is no option"),
        ({"parameterSet": {"envVariables": [{"key": "_tapisX", "value": "v"}]}}, "_tapis"),
        ({"parameterSet": {"envVariables": [{"key": "A", "value": "1"}, {"key": "A", "value": "2"}]}}, "twice"),
        ({"fileInputs": [{"targetPath": "x"}]}, "sourceUrl"),
        ({"fileInputs": [{"sourceUrl": "ftp://h/x"}]}, "must begin with"),
        ({"fileInputs": [{"sourceUrl": "tapislocal://other/x"}]}, "exec.tapis"),
        ({"fileInputs": [{"sourceUrl": "tapis://vm/"}]}, "targetPath"),
        ({"fileInputs": [{"sourceUrl": "tapis://vm/x", "targetPath": "../y"}]}, "'..'"),
        ({"fileInputs": [{"sourceUrl": "tapis://vm/../x"}]}, "'..'"),
        ({"fileInputArrays": [{"sourceUrls": ["tapislocal://exec.tapis/x"]}]}, "takes no tapislocal"),
        ({"fileInputArrays": [{"targetDir": "d"}]}, "sourceUrls"),
    ],
)
def test_what_cannot_be_is_refused_by_name(body: dict[str, Any], told: str) -> None:
    """The text of a refusal names what is wrong."""
    assert told in refusal(body)


def test_quoted_characters_are_arguments() -> None:
    """An address with an ampersand may be passed, as long as it is quoted."""
    job = resolved(args("--url 'http://h/?a=1&b=2'"))
    assert "--url 'http://h/?a=1&b=2'" == parameters(job)["appArgs"][0]["arg"]


@pytest.mark.parametrize(
    ("made_of", "told"),
    [
        ({"of": app(enabled=False)}, "disabled"),
        ({"of": app(versionEnabled=False)}, "disabled"),
        ({"on": system(enabled=False)}, "disabled"),
        ({"on": system(canExec=False)}, "canExec"),
        ({"on": system(jobWorkingDir=None)}, "jobWorkingDir"),
        ({"on": system(jobRuntimes=[])}, "jobRuntimes"),
        ({"archive": system(id="store", enabled=False)}, "store is disabled"),
        ({"on": cluster(batchSchedulerProfile="gone")}, "no scheduler profile gone"),
        ({"of": app(attributes={"subscriptions": [{"ttlMinutes": 5}]})}, "subscription"),
    ],
)
def test_what_a_job_needs_must_be_usable(made_of: dict[str, Any], told: str) -> None:
    """Apps and systems that are switched off, or made for something else, are told."""
    assert told in refusal(**made_of)


def test_an_administrator_may_submit_for_others() -> None:
    """The job is theirs, and tells who made it."""
    job = resolved({"owner": "bob"}, admin=True).attributes
    assert ("bob", "ann") == (job["owner"], job["createdby"])


def test_host_variables_are_asked_for_and_put_in() -> None:
    """Directories may begin with what only the host knows."""
    place = cluster(jobWorkingDir="HOST_EVAL($WORK2, /tmp)", rootDir="/", batchSchedulerProfile=None)
    body = {"name": "n", "appId": "img", "appVersion": "0.0.1", "archiveSystemDir": "HOST_EVAL($SCRATCH)/keep"}
    assert ["WORK2", "SCRATCH"] == host_evaluations(read_request(body), app(), place)
    job = resolved(body, on=place, evaluated={"WORK2": "/work2/ann", "SCRATCH": "/s"}).attributes
    assert (f"/work2/ann/jobs/{UUID}", "/s/keep") == (job["execSystemExecDir"], job["archiveSystemDir"])
    job = resolved(body, on=place, evaluated={"SCRATCH": "/s"}).attributes
    assert f"/tmp/jobs/{UUID}" == job["execSystemExecDir"]
    assert "no value for $SCRATCH" in refusal(body, on=place)


def test_a_batch_job_gets_its_queue_and_its_profile() -> None:
    """The system's default queue, and its profile as an option, unless the request names others."""
    job = resolved({}, on=cluster(), profile=PROFILE)
    assert ("BATCH", "tapisNormal", "normal") == (
        job.attributes["jobType"],
        job.attributes["execSystemLogicalQueue"],
        job.hpc_queue,
    )
    assert ["--tapis-profile tacc"] == [one["arg"] for one in parameters(job)["schedulerOptions"]]
    asked = {"name": "n", "appId": "a", "appVersion": "1", **args("--tapis-profile=mine", key="schedulerOptions")}
    assert "mine" == profile_name(read_request(asked), app(), cluster())
    assert "normal" == variables(job)["_tapisExecSystemHPCQueue"]
    assert "FORK" == resolved({"jobType": "FORK"}, on=cluster()).attributes["jobType"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"coresPerNode": 100}, "maxCoresPerNode 68"),
        ({"maxMinutes": 61}, "maxMinutes 60"),
        ({"nodeCount": 17}, "maxNodeCount 16"),
        ({"memoryMB": 20_000}, "maxMemoryMB 16384"),
        ({"execSystemLogicalQueue": "nope"}, "no queue nope"),
    ],
)
def test_queue_limits_are_told_by_name(body: dict[str, Any], told: str) -> None:
    """Who asks for too much is told which limit it was."""
    assert told in refusal(body, on=cluster(), profile=PROFILE)


def test_a_system_without_queues_is_told_so() -> None:
    """There is none by the name of nothing; one without batches is told once."""
    place = cluster(batchLogicalQueues=[], batchDefaultLogicalQueue=None)
    assert "Name a queue of the system hpc. It has none." in refusal({"jobType": "BATCH"}, on=place)
    told = refusal({"jobType": "BATCH"}, on=cluster(canRunBatch=False))
    assert ("runs no BATCH jobs" in told, "queue" in told) == (True, False)


@pytest.mark.parametrize(
    ("asked", "of_app", "mode", "on_error"),
    [
        ({}, {}, "ALWAYS", True),
        ({"archiveOnAppError": False}, {}, "SKIP_ON_FAIL", False),
        ({"archiveMode": "NEVER"}, {}, "NEVER", True),
        ({"archiveMode": "ALWAYS", "archiveOnAppError": False}, {}, "ALWAYS", True),
        ({}, {"archiveOnAppError": False}, "SKIP_ON_FAIL", False),
        ({"archiveOnAppError": True}, {"archiveOnAppError": False}, "ALWAYS", True),
        ({"archiveOnAppError": True}, {"archiveMode": "NEVER"}, "NEVER", True),
        ({}, {"archiveMode": "SKIP_ON_FAIL"}, "SKIP_ON_FAIL", False),
    ],
)
def test_two_words_for_archiving_agree(
    asked: dict[str, Any], of_app: dict[str, Any], mode: str, on_error: bool
) -> None:
    """The old flag and the new mode say the same thing; the request's counts more than the app's."""
    job = resolved(asked, of=app(attributes=of_app)).attributes
    assert (mode, on_error) == (job["archiveMode"], job["archiveOnAppError"])


def test_prefixes_need_leave_and_are_plain() -> None:
    """A system allows prefixes or not; what they may hold is limited either way."""
    place = system(enableCmdPrefix=True, mpiCmd="mpirun -n $CORES")
    assert "env A=1" == resolved({"cmdPrefix": " env A=1 "}, on=place).attributes["cmdPrefix"]
    assert "mpirun -n $CORES" == resolved({"isMpi": True}, on=place).attributes["mpiCmd"]
    assert "takes no cmdPrefix" in refusal({"isMpi": True, "cmdPrefix": "x"}, on=place)
    assert "only plain words" in refusal({"cmdPrefix": "rm *"}, on=place)
    assert "unquoted ;" in refusal({"cmdPrefix": "a; b"}, on=place)


def test_labels_are_joined() -> None:
    """Tags are united and sorted, subscriptions appended, notes are the app's when the request has none."""
    target = {"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://127.0.0.1/"}
    of_app = {"jobEventCategoryFilter": "ALL", "ttlMinutes": 10_080, "deliveryTargets": [target]}
    template = app(attributes={"tags": ["b", "a"], "subscriptions": [of_app]}, notes={"of": "app"}, tags=["no"])
    asked = {
        "tags": ["c", "a"],
        "subscriptions": [{"eventCategoryFilter": "JOB_NEW_STATUS", "deliveryTargets": [target]}],
    }
    job = resolved(asked, of=template).attributes
    assert (["a", "b", "c"], {"of": "app"}) == (job["tags"], job["notes"])
    assert ["JOB_NEW_STATUS", "ALL"] == [one["eventCategoryFilter"] for one in job["subscriptions"]]
    assert {} == resolved({"notes": {}}, of=template).attributes["notes"]


def lent(body: Mapping[str, Any], **attributes: Any) -> set[str]:
    """What an app with these jobAttributes, which bob shares, lends to a job."""
    job = resolved(body, of=app(attributes=attributes, sharedAppCtx="bob")).attributes
    assert "bob" == job["sharedAppCtx"]
    return {word.removeprefix("SAC_") for word in job["sharedAppCtxAttribs"]}


def test_a_shared_app_lends_only_what_it_says_itself() -> None:
    """What it leaves to the rules too, but not what the request names, nor what is made of that."""
    directories = {"EXEC_SYSTEM_EXEC_DIR", "EXEC_SYSTEM_INPUT_DIR", "EXEC_SYSTEM_OUTPUT_DIR"}
    systems = {"EXEC_SYSTEM_ID", "ARCHIVE_SYSTEM_ID"}
    assert {*systems, *directories, "ARCHIVE_SYSTEM_DIR"} == lent({}, execSystemId="vm")
    body = {"execSystemExecDir": "/b"}
    assert {*systems, "ARCHIVE_SYSTEM_DIR"} == lent(body, execSystemId="vm") - directories
    assert "EXEC_SYSTEM_EXEC_DIR" not in lent(body, execSystemId="vm", execSystemExecDir="/a")
    assert {*systems, "EXEC_SYSTEM_EXEC_DIR", "EXEC_SYSTEM_INPUT_DIR"} == lent(
        {"execSystemOutputDir": "/b"}, execSystemId="vm"
    )
    made = {"archiveSystemDir": "${ExecSystemOutputDir}/x", "execSystemInputDir": "${ExecSystemExecDir}/in"}
    found = lent({"execSystemOutputDir": "/b", "execSystemExecDir": "/c"}, execSystemId="vm", **made)
    assert systems == found


def test_a_shared_app_lends_no_system_that_it_does_not_name() -> None:
    """Its rights are nobody's then; nor are those of an app that is not shared."""
    assert {"ARCHIVE_SYSTEM_ID", "ARCHIVE_SYSTEM_DIR"} == lent({"execSystemId": "vm"})
    assert {"EXEC_SYSTEM_ID"} == {one for one in lent({}, execSystemId="vm", archiveSystemId="other") if "ID" in one}
    plain = resolved({}, of=app(attributes={"execSystemId": "vm"})).attributes
    assert ("", []) == (plain["sharedAppCtx"], plain["sharedAppCtxAttribs"])


def test_a_shared_app_lends_the_inputs_that_are_its_own() -> None:
    """Not those that the request gives another address; all arrive where the app says."""
    inputs = [{"name": name, "sourceUrl": f"tapis://vm/{name}", "targetPath": name} for name in ("a", "b")]
    template = app(attributes={"execSystemId": "vm", "fileInputs": inputs}, sharedAppCtx="bob")
    told = [{"name": "a", "sourceUrl": "tapis://vm/other"}, {"sourceUrl": "tapis://vm/c"}]
    found = resolved({"fileInputs": told}, of=template).attributes["fileInputs"]
    lenders = {one["sourceUrl"][-1]: (one["srcSharedAppCtx"], one["destSharedAppCtx"]) for one in found}
    assert {"r": ("", "bob"), "c": ("", "bob"), "b": ("bob", "bob")} == lenders


def test_macros_are_filled_in_everywhere_they_may_stand() -> None:
    """Arguments, options, patterns and the description; unknown ones stay."""
    body = {
        "description": "by ${JobOwner}",
        "parameterSet": {
            "appArgs": [{"arg": "--out ${ExecSystemOutputDir} ${Nope}"}],
            "containerArgs": [{"arg": "--bind ${ExecSystemInputDir}:/in"}],
            "archiveFilter": {"includes": ["${AppId}/**"]},
        },
    }
    job = resolved(body)
    assert "by ann" == job.attributes["description"]
    found = parameters(job)
    assert f"--out {WORK}/output ${{Nope}}" == found["appArgs"][0]["arg"]
    assert f"--bind {WORK}:/in" == found["containerArgs"][0]["arg"]
    assert ["img/**"] == found["archiveFilter"]["includes"]
