"""What is switched off, or gone, when a job is asked for or under way: refused by name, or waited for."""

from typing import Any

import pytest

from tests.service import Service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, ended, status, statuses, submit
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, STORAGE, changed

STORE = changed(STORAGE, id="roy.store", storage={"homeDir": "/"})
APP = {**CLASSIFY, "name": "roys", "deploymentSystem": "roy.store"}
READS = {
    **CLASSIFY,
    "name": "roys.reads",
    "deploymentPath": "applications/reads",
    "parameters": [],
    "inputs": [{"id": "data", "value": {"required": True}}],
}
WAITS = {**CLASSIFY, "name": "roys.waits", "deploymentPath": "applications/waits"}

PATIENT = """\
until [ -e go ]; do sleep 0.1; done
echo done > done.txt
case "${imagefile}" in *3) exit 3; esac
"""


@pytest.fixture(scope="module")
def roy(service: Service) -> Person:
    """Somebody with a storage system, an app whose assets are there, and one that waits for a file."""
    person = newcomer(service, "roy")
    person.post("/systems/v2/", 201, json=STORE)
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    deploy(
        person,
        WAITS,
        'until [ -e go ]; do sleep 0.1; done; echo done > done.txt; case "${imagefile}" in *3) exit 3; esac\n',
    )
    person.post("/apps/v2/", 201, json=WAITS)
    return person


def switch(person: Person, system: str, action: str) -> None:
    person.put(f"/systems/v2/{system}", data={"action": action})


def refusal(person: Person, **more: Any) -> str:
    """Why a job is refused."""
    return str(person.post("/jobs/v2/", 400, json={**SEED, "appId": "roys-1.0", **more}))


def test_a_disabled_app_runs_nothing_new(roy: Person) -> None:
    """What has begun goes on."""
    job = submit(roy, appId="roys.waits-1.0")
    wait_until(lambda: status(roy, job) == "RUNNING")
    for name in ("roys", "roys.waits"):
        assert not roy.put(f"/apps/v2/{name}-1.0", data={"action": "disable"})["available"]
    assert "The app roys-1.0 is not available: it is disabled." == refusal(roy)
    let_go(roy, job)
    assert "FINISHED" == ended(roy, job)["status"]
    assert "is disabled" in roy.post(f"/jobs/v2/{job}/resubmit", 400)
    for name in ("roys", "roys.waits"):
        assert roy.put(f"/apps/v2/{name}-1.0", data={"action": "enable"})["available"]
    assert "FINISHED" == ended(roy, submit(roy, appId="roys-1.0"))["status"]


def let_go(person: Person, job: str) -> None:
    """Give a job what it waits for."""
    place = person.get(f"/jobs/v2/{job}")["workPath"]
    person.post(f"/files/v2/media/system/local.storage/{place}", 202, files={"fileToUpload": ("go", b"")})


def test_a_deployment_system_that_is_switched_off_is_named(roy: Person) -> None:
    switch(roy, "roy.store", "disable")
    why = "The deployment system roy.store of the app cannot be used: it is disabled."
    assert why == refusal(roy)
    switch(roy, "roy.store", "enable")
    roy.post("/systems/v2/", 201, json={**STORE, "status": "MAINTENANCE"})
    assert why == refusal(roy)
    roy.post("/systems/v2/", 201, json=STORE)


def test_an_archive_system_that_is_switched_off_is_named(roy: Person) -> None:
    roy.post("/systems/v2/", 201, json={**STORE, "id": "roy.off", "status": "DOWN"})
    assert "Invalid archiveSystem. The system roy.off is disabled." == refusal(roy, archiveSystem="roy.off")


@pytest.mark.parametrize("code", [0, 3])
def test_an_archive_system_that_is_switched_off_is_waited_for(roy: Person, code: int) -> None:
    """The job says why, and until when; when the system is there again, it ends as its program did."""
    roy.post("/systems/v2/", 201, json={**STORE, "id": f"roy.away{code}"})
    words = {"archiveSystem": f"roy.away{code}", "archivePath": "kept", "archiveOnAppError": True}
    job = submit(roy, appId="roys.waits-1.0", **words, parameters={"imagefile": str(code)})
    wait_until(lambda: status(roy, job) == "RUNNING")
    switch(roy, f"roy.away{code}", "disable")
    let_go(roy, job)
    wait_until(lambda: status(roy, job) == "BLOCKED")
    told = roy.get(f"/jobs/v2/{job}")["lastStatusMessage"]
    assert told.startswith(f"The system roy.away{code} is disabled. It is waited for until 20")
    switch(roy, f"roy.away{code}", "enable")
    found = ended(roy, job)
    assert ("FAILED" if code else "FINISHED", "FAILED" if code else "FINISHED", 1) == (
        found["status"],
        found["remoteOutcome"],
        found["blockedCount"],
    )
    assert "done\n" == roy.http.get(f"/files/v2/media/system/roy.away{code}/kept/done.txt").text
    history = statuses(roy, job)
    assert ["ARCHIVING", "BLOCKED", "ARCHIVING"] == history[history.index("ARCHIVING") : -1]


def test_a_job_that_waits_for_its_archive_is_stopped(roy: Person) -> None:
    """What it has left stays where it has worked."""
    roy.post("/systems/v2/", 201, json={**STORE, "id": "roy.gone"})
    job = submit(roy, appId="roys.waits-1.0", archiveSystem="roy.gone", archivePath="kept")
    wait_until(lambda: status(roy, job) == "RUNNING")
    switch(roy, "roy.gone", "disable")
    let_go(roy, job)
    wait_until(lambda: status(roy, job) == "BLOCKED")
    roy.post(f"/jobs/v2/{job}", json={"action": "stop"})
    found = ended(roy, job)
    assert "STOPPED" == found["status"]
    place = f"/files/v2/media/system/local.storage/{found['workPath']}"
    assert "done\n" == roy.http.get(f"{place}/done.txt").text


def test_a_system_of_inputs_that_is_switched_off_is_waited_for(roy: Person) -> None:
    """Also one that was switched off when the job stood in line."""
    roy.post("/systems/v2/", 201, json={**STORE, "id": "roy.source"})
    roy.post("/files/v2/media/system/roy.source", 202, files={"fileToUpload": ("in.txt", "in\n")})
    system = changed(EXECUTION, id="roy.exec")
    roy.post("/systems/v2/", 201, json=system)
    reads = {**READS, "executionSystem": "roy.exec"}
    deploy(roy, reads, "cat ${data} > out.txt\n")
    roy.post("/apps/v2/", 201, json=reads)
    roy.post("/systems/v2/", 201, json={**system, "status": "DOWN"})
    job = submit(roy, appId="roys.reads-1.0", inputs={"data": "agave://roy.source/in.txt"}, parameters={})
    wait_until(lambda: status(roy, job) == "BLOCKED")
    switch(roy, "roy.source", "disable")
    roy.post("/systems/v2/", 201, json=system)
    wait_until(lambda: "roy.source is disabled" in roy.get(f"/jobs/v2/{job}")["lastStatusMessage"])
    assert "BLOCKED" == status(roy, job)
    switch(roy, "roy.source", "enable")
    found = ended(roy, job)
    assert ("FINISHED", 2) == (found["status"], found["blockedCount"])


def test_a_wrapper_that_is_gone_is_named(roy: Person) -> None:
    gone = {**APP, "name": "roys.gone", "deploymentPath": "applications/gone"}
    deploy(roy, gone)
    roy.post("/apps/v2/", 201, json=gone)
    roy.delete("/files/v2/media/system/roy.store/applications/gone")
    why = "The wrapper template of the app roys.gone-1.0 is gone: /applications/gone/wrapper.sh on roy.store."
    assert why == refusal(roy, appId="roys.gone-1.0")
