"""Reading apps: defaults, old spellings, and everything that is wrong with a request, without a service."""

from typing import Any

import pytest

from dragoman.core.errors import Conflict, Invalid
from dragoman.core.registered import AppDraft, AppView, Rights
from dragoman.core.things import Account, App
from dragoman.dialects.tapis3.read_app import read_change, read_new
from dragoman.dialects.tapis3.write_app import write_app
from tests.tapis3.bodies import image_classifier

ANN = Account(id=1, name="ann", email="", is_admin=False)


def new(body: dict[str, Any]) -> AppDraft:
    return read_new(body, caller="ann", uuid="u")


def faults(draft: AppDraft) -> str:
    return str(Invalid(draft.faults)) if draft.faults else ""


def with_job(**job: Any) -> dict[str, Any]:
    return image_classifier("a", jobAttributes=job)


def with_parameters(**parameters: Any) -> dict[str, Any]:
    return with_job(parameterSet=parameters)


def view(draft: AppDraft) -> AppView:
    app = App(id=1, name=draft.name, version=draft.version, environment={}, facets={"tapis3": draft.facet}, uuid="u")
    return AppView(app=app, owner=ANN, rights=Rights(is_owner=True), shares=())


def change(body: dict[str, Any], before: AppDraft, *, whole: bool = False) -> AppDraft:
    return read_change(body, view(before), door="tapis3", whole=whole)


def test_arguments_inputs_and_variables_get_their_defaults() -> None:
    """Arguments come on demand, variables by default; inputs are optional and mounted."""
    job = new(
        with_job(
            parameterSet={"appArgs": [{"name": "a", "arg": "x"}], "envVariables": [{"key": "K"}]},
            fileInputs=[{"name": "in", "targetPath": "t"}],
            fileInputArrays=[{"name": "many", "targetDir": "d"}],
            subscriptions=[
                {
                    "jobEventCategoryFilter": "ALL",
                    "deliveryTargets": [{"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://x"}],
                }
            ],
        )
    ).facet["jobAttributes"]
    assert "INCLUDE_ON_DEMAND" == job["parameterSet"]["appArgs"][0]["inputMode"]
    assert ("INCLUDE_BY_DEFAULT", "") == tuple(
        job["parameterSet"]["envVariables"][0][key] for key in ("inputMode", "value")
    )
    assert ("OPTIONAL", True, None) == tuple(
        job["fileInputs"][0][key] for key in ("inputMode", "autoMountLocal", "envKey")
    )
    assert ("OPTIONAL", []) == tuple(job["fileInputArrays"][0][key] for key in ("inputMode", "sourceUrls"))
    assert (True, 10080) == tuple(job["subscriptions"][0][key] for key in ("enabled", "ttlMinutes"))


def test_the_type_of_the_job_stays_open_unless_it_is_given() -> None:
    """Then the system decides; ``appType`` is its name of old."""
    assert None is new(image_classifier("a")).facet["jobType"]
    assert "FORK" == new(image_classifier("a", jobType="FORK")).facet["jobType"]
    assert "BATCH" == new(image_classifier("a", appType="BATCH")).facet["jobType"]
    assert "DOCKER" == new({"id": "a", "version": "1", "containerImage": "x"}).facet["runtime"]


def test_names_that_were_kept_in_meta_are_found() -> None:
    """What was required stays so; what was not is included, as it was then."""
    meta = {"name": "arg1", "description": "what", "required": True, "keyValuePairs": []}
    job = new(
        with_job(
            parameterSet={"appArgs": [{"arg": "--x", "meta": meta}, {"arg": "y", "meta": {"name": "arg2"}}]},
            fileInputs=[{"sourceUrl": "tapis://s/f", "targetPath": "t", "inPlace": False, "meta": {"name": "in"}}],
        )
    )
    assert "" == faults(job)
    first, second = job.facet["jobAttributes"]["parameterSet"]["appArgs"]
    assert {"name": "arg1", "description": "what", "inputMode": "REQUIRED", "arg": "--x"}.items() <= first.items()
    assert ("arg2", "INCLUDE_BY_DEFAULT") == (second["name"], second["inputMode"])
    assert ("in", "OPTIONAL") == tuple(
        job.facet["jobAttributes"]["fileInputs"][0][key] for key in ("name", "inputMode")
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"id": "a", "version": "1"}, "containerImage: This field is required"),
        (image_classifier("a", version="-1"), "version: This must look like"),
        (image_classifier("a", version="history"), "version: Choose another word"),
        (image_classifier("a", runtime="PODMAN"), "runtime: Choose one of"),
        (image_classifier("a", runtimeOptions=["SINGULARITY_START"]), "runtimeOptions: Each entry: Choose one of"),
        (image_classifier("a", runtimeOptions=["SINGULARITY_RUN"] * 2), "runtimeOptions: For SINGULARITY"),
        (image_classifier("a", runtime="ZIP", containerImage="x/y"), "containerImage: For ZIP"),
        (image_classifier("a", runtime="ZIP", containerImage="tapis://s/x.zip"), ""),
        (image_classifier("a", jobType="SERIAL"), "jobType: Choose one of"),
        (with_parameters(containerArgs=[{"name": "z", "arg": "--tapis-zip-save"}]), "is for ZIP only"),
        (
            {**with_parameters(containerArgs=[{"name": "z", "arg": "-x"}]), "runtime": "ZIP", "containerImage": "/x"},
            "For ZIP the only one",
        ),
        (with_parameters(appArgs=[{"name": "a"}, {"name": "a"}]), "appArgs: a is there more than once"),
        (with_parameters(appArgs=[{"name": "a", "inputMode": "FIXED"}]), "appArgs.0.arg: A FIXED argument"),
        (with_parameters(appArgs=[{"arg": "x"}]), "appArgs.0.name: This field is required"),
        (with_parameters(envVariables=[{"key": "1A"}]), "envVariables.0.key: Letters"),
        (with_parameters(envVariables=[{"key": "_tapisA"}]), "envVariables.0.key: Names that begin"),
        (
            with_parameters(envVariables=[{"key": "A", "inputMode": "FIXED", "value": "!tapis_not_set"}]),
            "envVariables.0.value: A FIXED",
        ),
        (with_parameters(envVariables=[{"key": "A", "inputMode": "REQUIRED", "value": "!tapis_not_set"}]), ""),
        (with_parameters(logConfig={"stdoutFilename": "x"}), "stderrFilename: This field is required"),
        (with_job(dynamicExecSystem=True), "execSystemConstraints: With dynamicExecSystem"),
        (with_job(archiveSystemId="s"), "archiveSystemDir: With archiveSystemId"),
        (with_job(execSystemExecDir="a/../b"), "execSystemExecDir: A path must not contain"),
        (with_job(fileInputs=[{"name": "i"}]), "fileInputs.0.targetPath: This field is required"),
        (with_job(fileInputs=[{"name": "i", "targetPath": "t", "sourceUrl": "x"}]), "sourceUrl: This is no URL"),
        (with_job(fileInputs=[{"name": "i", "targetPath": "t", "inputMode": "FIXED"}]), "A FIXED input needs it"),
        (with_job(fileInputs=[{"name": "i", "targetPath": "../t"}]), "targetPath: A path must not contain"),
        (with_job(fileInputs=[{"name": "i", "targetPath": "t", "envKey": "a b"}]), "envKey: This must look like"),
        (
            with_job(
                fileInputs=[{"name": "i", "targetPath": "t", "envKey": "A"}],
                parameterSet={"envVariables": [{"key": "A"}]},
            ),
            "The envKey A is there more than once",
        ),
        (with_job(fileInputArrays=[{"name": "i", "targetDir": "*"}]), "targetDir: A directory must not contain"),
        (
            with_job(fileInputArrays=[{"name": "i", "targetDir": "d", "sourceUrls": ["tapislocal://x/y"]}]),
            "sourceUrls: This is no URL of tapis, http or https",
        ),
        (with_job(subscriptions=[{"jobEventCategoryFilter": "ALL"}]), "deliveryTargets: This field is required"),
        (with_job(nothing=1), "jobAttributes.nothing: There is no such field"),
        (image_classifier("a", uuid="x", sharedAppCtx="y", deleted=False), ""),
    ],
)
def test_what_is_wrong_is_told(body: dict[str, Any], told: str) -> None:
    """Each complaint names its attribute."""
    found = faults(new(body))
    assert told in found
    assert told or not found


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Rules are checked on what is well-formed."""
    body = {
        **with_job(archiveSystemId="s", dynamicExecSystem=True),
        "tags": 5,
        "runtimeOptions": ["SINGULARITY_RUN"] * 2,
    }
    assert 4 == len(new(body).faults)


def test_some_ids_are_reserved() -> None:
    """They are taken by routes."""
    with pytest.raises(Conflict):
        new(image_classifier("Share_Public"))


def test_a_change_touches_what_it_names_alone() -> None:
    """A PATCH goes into jobAttributes and its parameterSet; a PUT gives defaults to all it does not name."""
    before = new(
        image_classifier(
            "a",
            tags=["x"],
            locked=True,
            jobAttributes={"memoryMB": 5, "nodeCount": 2, "parameterSet": {"appArgs": [{"name": "a", "arg": "b"}]}},
        )
    )
    after = change({"jobAttributes": {"memoryMB": 6, "parameterSet": {"envVariables": [{"key": "K"}]}}}, before).facet
    job = after["jobAttributes"]
    assert (["x"], 6, 2) == (after["tags"], job["memoryMB"], job["nodeCount"])
    assert ("a", "K") == (job["parameterSet"]["appArgs"][0]["name"], job["parameterSet"]["envVariables"][0]["key"])
    put = change(
        {"containerImage": "y", "id": "z", "version": "z", "enabled": False, "locked": False}, before, whole=True
    )
    assert "" == faults(put)
    assert ([], 100, True, "y") == (
        put.facet["tags"],
        put.facet["jobAttributes"]["memoryMB"],
        put.facet["locked"],
        put.facet["containerImage"],
    )
    assert "locked: There is no such field" in faults(change({"locked": False}, before))


def test_an_app_may_be_put_back_as_it_was_shown() -> None:
    """What is read can be sent."""
    before = new(
        image_classifier(
            "a",
            jobAttributes={
                "fileInputs": [{"name": "i", "targetPath": "t"}],
                "fileInputArrays": [{"name": "j", "targetDir": "d"}],
                "parameterSet": {"appArgs": [{"name": "a"}], "envVariables": [{"key": "K", "inputMode": "REQUIRED"}]},
            },
        )
    )
    put = change(write_app(view(before), door="tapis3", tenant="solo"), before, whole=True)
    assert "" == faults(put)
    assert before.facet == put.facet
