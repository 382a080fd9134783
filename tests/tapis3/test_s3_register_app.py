"""Scenario S3, first part: register an app, with tapipy as it is published and with plain requests."""

import pytest

from tests.service import Service
from tests.tapis3.bodies import image_classifier
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.client]

APP = "gateways21-vm-ann-img"


def test_1_a_version_is_registered_once(service: Service, ann: Person) -> None:
    """The answer says where it is; a second one of that version is a conflict."""
    made = ann.http.post("apps", json=image_classifier(APP))
    assert {"url": f"{service.url}/v3/apps/{APP}/0.0.1"} == told(made, 201)
    assert "0.0.1" in refused(ann.http.post("apps", json=image_classifier(APP)), 409)


def test_2_lists_show_id_version_and_owner(ann: Person) -> None:
    """And nothing else."""
    found = told(ann.http.get("apps", params={"search": f"(id.eq.{APP})"}))
    assert [{"id": APP, "version": "0.0.1", "owner": "ann"}] == found


def test_2_the_whole_app_is_shown(ann: Person) -> None:
    """With every default filled in."""
    found = told(ann.http.get(f"apps/{APP}"))
    assert found == told(ann.http.get(f"apps/{APP}/0.0.1"))
    assert {
        "enabled": True,
        "versionEnabled": True,
        "locked": False,
        "runtime": "SINGULARITY",
        "runtimeOptions": ["SINGULARITY_RUN"],
        "jobType": None,
        "maxJobs": 2147483647,
        "maxJobsPerUser": 2147483647,
        "strictFileInputs": False,
        "isPublic": False,
        "tags": [],
        "notes": {},
        "sharedAppCtx": None,
    }.items() <= found.items()
    job = found["jobAttributes"]
    assert {
        "dynamicExecSystem": False,
        "archiveOnAppError": True,
        "archiveMode": "ALWAYS",
        "isMpi": False,
        "nodeCount": 1,
        "coresPerNode": 1,
        "memoryMB": 1,
        "maxMinutes": 10,
        "dtnSystemInputDir": "!tapis_not_set",
        "dtnSystemOutputDir": "!tapis_not_set",
        "fileInputs": [],
        "fileInputArrays": [],
        "subscriptions": [],
    }.items() <= job.items()
    assert {
        "appArgs": [],
        "containerArgs": [],
        "schedulerOptions": [],
        "envVariables": [],
        "archiveFilter": {"includes": [], "excludes": [], "includeLaunchFiles": False},
        "logConfig": {"stdoutFilename": "tapisjob.out", "stderrFilename": "tapisjob.out"},
    } == job["parameterSet"]


def test_the_published_client_does_all_of_it(service: Service, ann: Person) -> None:
    """The calls of a notebook; appType is dropped by the client, and so the type of the job stays open."""
    apps, name = ann.tapis.apps, "client-img"
    body = {**image_classifier(name), "version": "0.1"}
    assert f"{service.url}/v3/apps/{name}/0.1" == apps.createAppVersion(**body, appType="BATCH").url
    assert name in [one.id for one in apps.getApps()]
    assert "0.1" == apps.getAppLatestVersion(appId=name).version
    found = apps.getApp(appId=name, appVersion="0.1")
    assert (None, 1, False) == (
        found.jobType,
        found.jobAttributes.memoryMB,
        found.jobAttributes.parameterSet.archiveFilter.includeLaunchFiles,
    )
