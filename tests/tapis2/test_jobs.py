"""Jobs on the service's own host: the tutorial's, from its submit to what it leaves."""

import json
from typing import Any

import pytest

from tests.service import Service, wait_until
from tests.tapis2.apps import CLASSIFY as TUTORIALS
from tests.tapis2.apps import deploy
from tests.tapis2.jobs import IMAGE, SEED, ended, names, status, statuses, submit, text
from tests.tapis2.odd_names import brought
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, changed, upload

CLASSIFY = {**TUTORIALS, "name": "liz.app.imageclassify"}
NEVER = ("PENDING", "PROCESSING_INPUTS", "STAGED", "STAGING_JOB", "STAGING_JOB", "STAGING_JOB", "SUBMITTING")
TO_RUN = (*NEVER, "QUEUED", "RUNNING", "CLEANING_UP")


@pytest.fixture(scope="module")
def liz(service: Service) -> Person:
    """Somebody with the tutorial's app, and one that does what it is told."""
    person = newcomer(service, "liz")
    deploy(person, CLASSIFY)
    upload(person, "/apps/v2/", json.dumps(CLASSIFY))
    shell = {**CLASSIFY, "name": "shell", "deploymentPath": "applications/shell"}
    shell["parameters"] = [{"id": "command", "value": {"type": "string", "default": "true"}}]
    shell["inputs"] = [{"id": "files", "semantics": {"maxCardinality": -1}}]
    deploy(person, shell, "${command}\n", helper__txt="a helper\n")
    upload(person, "/apps/v2/", json.dumps(shell))
    return person


def run(person: Person, command: str, **more: Any) -> str:
    """Start a job that runs a command."""
    words = {"appId": "shell-1.0", "name": "a Job", "parameters": {"command": command}, **more}
    return submit(person, **words)


def test_the_tutorials_job(liz: Person) -> None:
    """It finishes, its new files are in the archive, and the archive is where the Files service finds it."""
    answer = liz.http.post("/jobs/v2/?pretty=true", json=SEED)
    assert answer.text.startswith('{\n  "status" : "success",\n  "message" : null,\n  "version" : "2.4.4-r0000000",')
    made, job = answer.json()["result"], answer.json()["result"]["id"]
    assert (201, "ACCEPTED", f"liz/archive/jobs/job-{job}") == (answer.status_code, made["status"], made["archivePath"])
    assert job.endswith("-007")
    assert {"imagefile": IMAGE, "predictions": 5} == made["parameters"]
    assert (None, None) == (made["workPath"], made["remoteStarted"])
    found = ended(liz, job)
    assert ("FINISHED", "FINISHED", 1.0, 1) == tuple(
        found[key] for key in ("status", "remoteOutcome", "memoryPerNode", "nodeCount")
    )
    assert "Transitioning from status ARCHIVING to FINISHED in phase ARCHIVING." == found["lastStatusMessage"]
    assert [*TO_RUN, "ARCHIVING", "FINISHED"] == statuses(liz, job)
    slug = "joe-app-imageclassify"
    assert [f"{slug}.err", f"{slug}.out", f"{slug}.pid", "predictions.txt"] == names(liz, job)
    told = f"classified --image_file {IMAGE} --num_top_predictions 5\n"
    assert told == text(liz, job, "predictions.txt")
    path = f"/files/v2/media/system/local.storage/liz/archive/jobs/job-{job}/predictions.txt"
    assert told == liz.http.get(path).text
    assert found["_links"]["archiveData"]["href"].endswith(
        f"/files/v2/listings/system/local.storage/liz/archive/jobs/job-{job}"
    )
    assert 404 == liz.http.get(f"/files/v2/listings/system/local.storage/{found['workPath']}").status_code


def test_a_job_that_is_not_archived_stays_where_it_worked(liz: Person) -> None:
    job = submit(liz, archive=False)
    found = ended(liz, job)
    assert [*TO_RUN, "FINISHED"] == statuses(liz, job)
    slug = "joe-app-imageclassify"
    expected = {
        *(".agave.archive", ".agave.log", "predictions.txt", "test", "wrapper.sh"),
        *(f"{slug}.{ending}" for ending in ("err", "ipcexe", "out", "pid")),
    }
    assert expected == set(names(liz, job))
    assert f"/work/liz/job-{job}-{slug}" == found["workPath"]
    assert ["test.sh"] == names(liz, job, "test") == names(liz, job, "/test/")
    assert "wrapper.sh" in text(liz, job, ".agave.archive")
    assert found["_links"]["archiveData"]["href"].endswith(f"/jobs/v2/{job}/outputs/listings")
    (row,) = [one for one in liz.get(f"/jobs/v2/{job}/outputs/listings") if one["name"] == "predictions.txt"]
    assert ("/predictions.txt", "file", "application/octet-stream", "unknown") == tuple(
        row[key] for key in ("path", "type", "mimeType", "format")
    )
    assert {"self", "system", "parent"} == set(row["_links"])
    assert f"{found['workPath']}" in liz.get(f"/jobs/v2/{job}/history")[5]["description"]


def test_the_whole_object_in_its_known_order(liz: Person) -> None:
    found = ended(liz, submit(liz))
    assert [
        *("id", "name", "tenantId", "tenantQueue", "status", "lastStatusMessage", "accepted", "created", "ended"),
        *("lastUpdated", "owner", "roles", "systemId", "appId", "appUuid", "workPath", "archive", "archivePath"),
        *("archiveSystem", "archiveOnAppError", "nodeCount", "processorsPerNode", "memoryPerNode", "maxHours"),
        *("inputs", "parameters", "remoteJobId", "schedulerJobId", "remoteQueue", "remoteSubmitted"),
        *("remoteStarted", "remoteEnded", "remoteOutcome", "submitRetries", "remoteStatusChecks"),
        *("failedStatusChecks", "lastStatusCheck", "blockedCount", "visible", "_links"),
    ] == list(found)
    assert {
        *("self", "app", "executionSystem", "archiveSystem", "archiveData", "owner", "permissions", "history"),
        *("metadata", "notifications"),
    } == set(found["_links"])
    assert ("solo", "aloe.jobq.solo.submit.DefaultQueue", "local", "default") == tuple(
        found[key] for key in ("tenantId", "tenantQueue", "systemId", "remoteQueue")
    )


def test_inputs_are_brought_to_the_top(liz: Person) -> None:
    """By path in one's default storage, by address, from the web; what did not change is not archived."""
    liz.post("/files/v2/media/", 202, files={"fileToUpload": ("in put.txt", b"one")})
    liz.post("/files/v2/media/", 202, files={"fileToUpload": ("two.txt", b"two")})
    inputs = ["in put.txt", "agave://local.storage//two.txt"]
    job = run(liz, "cat 'in put.txt' two.txt helper.txt > all.txt", inputs={"files": inputs})
    found = ended(liz, job)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert "onetwoa helper\n" == text(liz, job, "all.txt")
    assert ["a-job.err", "a-job.out", "a-job.pid", "all.txt"] == names(liz, job)
    assert inputs == found["inputs"]["files"]
    assert ["PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", "STAGED", "STAGING_JOB"] == statuses(liz, job)[:5]


def test_inputs_may_have_any_name(service: Service, liz: Person) -> None:
    """As their addresses tell it, percent-encoded; between double quotes each is one word of the wrapper."""
    (home,) = service.data.rglob("homes/liz")
    odd = {**CLASSIFY, "name": "liz.odd", "deploymentPath": "applications/odd"}
    brought(liz, odd, home / "odd in")
    one = run(liz, "cat 'in put.txt' > all.txt", inputs={"files": "odd%20in/in%20put.txt"})
    assert "FINISHED" == ended(liz, one)["status"]
    assert "in put.txt" == text(liz, one, "all.txt")


def test_an_application_that_fails_leaves_nothing_in_the_archive(liz: Person) -> None:
    job = run(liz, "echo no >&2; echo left > left.txt; exit 3")
    found = ended(liz, job)
    assert ("FAILED", "FAILED_SKIP_ARCHIVE") == (found["status"], found["remoteOutcome"])
    assert found["lastStatusMessage"].startswith("APPS_USER_APP_FAILURE Failure indicated by")
    assert "return code: 3" in found["lastStatusMessage"]
    assert "no\n" == text(liz, job, "a-job.err")
    assert "left.txt" in names(liz, job)
    assert "ARCHIVING" not in statuses(liz, job)
    assert [] == [
        one for one in liz.get(f"/files/v2/listings/system/local.storage/{found['archivePath']}") if one["name"] != "."
    ]


def test_an_application_that_fails_may_be_archived(liz: Person) -> None:
    job = run(liz, "echo left > left.txt; exit 3", archiveOnAppError=True)
    found = ended(liz, job)
    assert ("FAILED", "FAILED") == (found["status"], found["remoteOutcome"])
    assert "/files/v2/listings/" in found["_links"]["archiveData"]["href"]
    assert "left.txt" in names(liz, job)
    assert ["ARCHIVING", "FAILED"] == statuses(liz, job)[-2:]


def test_an_author_may_leave_out_more(liz: Person) -> None:
    job = run(liz, "mkdir d; touch d/x keep.txt secret.tmp; printf 'secret.tmp\\nd\\n' >> .agave.archive")
    assert "FINISHED" == ended(liz, job)["status"]
    assert ["a-job.err", "a-job.out", "a-job.pid", "keep.txt"] == names(liz, job)


def test_logs_have_the_names_of_batch_jobs_too(liz: Person) -> None:
    job = run(liz, "echo said")
    ended(liz, job)
    assert "said\n" == text(liz, job, "a-job.out") == text(liz, job, f"a-job-{job}.out")


def test_a_stopped_job(liz: Person) -> None:
    """Its processes are gone; all spellings are known."""
    job = run(liz, "sleep 600 & sleep 600", archive=False)
    wait_until(lambda: status(liz, job) == "RUNNING")
    assert liz.post(f"/jobs/v2/{job}?pretty=true", json={"action": "stop"})["id"] == job
    found = ended(liz, job)
    assert ("STOPPED", None) == (found["status"], found["remoteOutcome"])
    assert "is not running" in liz.post(f"/jobs/v2/{job}/cancel", 400)
    assert ["RUNNING", "CLEANING_UP", "STOPPED"] == statuses(liz, job)[-3:]


@pytest.mark.parametrize("form", ["/resubmit", ""])
def test_resubmit(liz: Person, form: str) -> None:
    """One client asks by the path, another by an empty body that it declares as JSON."""
    job = run(liz, "echo again > again.txt")
    ended(liz, job)
    headers = {"Content-Type": "application/json"}
    again = liz.post(f"/jobs/v2/{job}{form}?pretty=true", 202, headers=headers)["id"]
    assert again != job
    assert "FINISHED" == ended(liz, again)["status"]
    assert "again\n" == text(liz, again, "again.txt")


def test_hidden_jobs_are_not_to_be_seen(liz: Person) -> None:
    job = run(liz, "true")
    ended(liz, job)
    liz.post(f"/jobs/v2/{job}/hide")
    assert job not in {row["id"] for row in liz.get("/jobs/v2")}
    for path in ("", "/status", "/history", "/outputs/listings"):
        assert f"Job with uuid {job} is not visible." == liz.get(f"/jobs/v2/{job}{path}", 404)
    assert liz.post(f"/jobs/v2/{job}/unhide")["visible"]
    assert job in {row["id"] for row in liz.get("/jobs/v2")}
    assert liz.delete(f"/jobs/v2/{job}") is None
    assert liz.get(f"/jobs/v2/{job}", 404)
    assert liz.post(f"/jobs/v2/{job}", json={"action": "restore"})["visible"]


def test_a_shared_job(service: Service, liz: Person) -> None:
    pat, job = newcomer(service, "pat"), run(liz, "echo shared > s.txt")
    ended(liz, job)
    assert "User does not have permission to view this job" == pat.get(f"/jobs/v2/{job}", 403)
    found = liz.post(f"/jobs/v2/{job}/pems/pat", 201, data={"permission": "READ"})
    assert {"read": True, "write": False} == found["permission"]
    assert "FINISHED" == status(pat, job)
    assert "shared\n" == text(pat, job, "s.txt")
    assert job in {row["id"] for row in pat.get("/jobs/v2")}
    assert pat.post(f"/jobs/v2/{job}", 403, json={"action": "stop"})
    assert ["liz", "pat"] == [one["username"] for one in liz.get(f"/jobs/v2/{job}/pems/?pretty=true")]
    liz.post(f"/jobs/v2/{job}/pems", 201, json={"username": "pat", "permission": "ALL"})
    assert not pat.post(f"/jobs/v2/{job}/hide")["visible"]
    assert liz.post(f"/jobs/v2/{job}/unhide")
    assert liz.delete(f"/jobs/v2/{job}/pems/pat") is None
    assert pat.get(f"/jobs/v2/{job}", 403)
    liz.post(f"/jobs/v2/{job}/pems/pat", 201, data={"permission": "READ"})
    assert pat.delete(f"/jobs/v2/{job}/pems/liz", 403)
    assert pat.delete(f"/jobs/v2/{job}/pems/pat") is None  # whoever was let may leave
    assert pat.get(f"/jobs/v2/{job}", 403)


def test_lists_and_searches(service: Service) -> None:
    ned = newcomer(service, "ned")
    deploy(ned, CLASSIFY)
    app = {**CLASSIFY, "name": "ned.app"}
    ned.post("/apps/v2/", 201, json=app)
    jobs = [submit(ned, appId="ned.app-1.0", name=f"image {number}") for number in range(5)]
    for job in jobs:
        ended(ned, job)
    rows = ned.get("/jobs/v2/?pretty=true")
    assert jobs[::-1] == [row["id"] for row in rows]
    keys = ["id", "name", "owner", "systemId", "appId", "created", "status", "remoteStarted", "ended", "_links"]
    assert keys == list(rows[0])
    assert ["self", "archiveData"] == list(rows[0]["_links"])
    for query, expected in (
        ("limit=2&offset=1", [3, 2]),
        ("name.like=*3", [3]),
        ("name.like=%2a3&status.eq=FINISHED", [3]),
        ("status.in=RUNNING,FAILED", []),
        ("id.in=" + ",".join(jobs[:2]) + "&orderBy=name&order=ASC", [0, 1]),
        ("created.after=1 hour ago&limit=1", [4]),
        ("runTime.gt=10000", []),
        ("executionSystem=local&name=image 0", [0]),
        ("parameters.imagefile.like=https*&limit=1", [4]),
        ("parameters.imagefile.like=https*&limit=2&offset=1", [3, 2]),
        ("name.like=*m*g*3", [3]),
        ("status=FINISHED&orderBy=name&limit=2&offset=1", [1, 2]),
        ("orderBy=status&limit=2", [4, 3]),
        ("status=FINISHED&limit=0", []),
    ):
        assert expected == [jobs.index(row["id"]) for row in ned.get(f"/jobs/v2?{query}")], query
    ended_at = [row["ended"] for row in ned.get("/jobs/v2?orderBy=endTime&order=DESC&status.like=F*")]
    assert 5 == len(ended_at)
    assert sorted(ended_at, reverse=True) == ended_at
    assert [jobs[2]] == [row["id"] for row in ned.get("/jobs/v2/search/name/image 2/status/FINISHED")]
    assert [jobs[4]] == [row["id"] for row in ned.get("/jobs/v2/search/appId/ned.app-1.0?name.like=*4")]
    assert [jobs[2]] == [row["id"] for row in ned.get("/jobs/v2/name/image 2")]
    assert "There is nothing at" in ned.get("/jobs/v2/colour/red", 404)
    assert "Unknown job status DONE" == ned.get("/jobs/v2?status=DONE", 400)
    assert "Illegal date format for created: soonish" in ned.get("/jobs/v2?created.gt=soonish", 400)
    assert [{"id": jobs[4], "archive": True}] == ned.get("/jobs/v2?limit=1&filter=id,archive")


def test_callbacks_and_macros(liz: Person) -> None:
    told = {
        "A": "${AGAVE_JOB_NAME} ${AGAVE_JOB_NAME_RAW} ${AGAVE_JOB_OWNER} ${IPLANT_CORES_REQUESTED}",
        "B": "${AGAVE_JOB_ARCHIVE} ${AGAVE_JOB_ARCHIVE_SYSTEM} ${AGAVE_JOB_APP_ID} ${unknown}",
    }
    command = "\n".join(f"echo '{key} {value}' >> told.txt" for key, value in told.items())
    command += "\n${AGAVE_JOB_CALLBACK_RUNNING}\nCOUNT=3\n${AGAVE_JOB_CALLBACK_NOTIFICATION|COUNTED|COUNT}\n"
    command += "echo ${AGAVE_JOB_ID} > id.txt\n${AGAVE_JOB_CALLBACK_FAILURE}\n"
    job = run(liz, command, archive=False)
    found = ended(liz, job)
    assert "FAILED" == found["status"]
    assert "A a-job a Job liz 1\nB  local.storage shell-1.0 ${unknown}\n" == text(liz, job, "told.txt")
    assert f"{job}\n" == text(liz, job, "id.txt")
    log = text(liz, job, ".agave.log")
    assert ["RUNNING", "NOTIFICATION COUNTED", "FAILURE", "CLEANING_UP"] == [
        line.partition("] ")[2] for line in log.splitlines()
    ]
    assert {"CUSTOM_USER_JOB_EVENT_NAME": "COUNTED", "COUNT": "3"} == json.loads(text(liz, job, ".agave.callback"))


def test_an_archive_path_with_macros(liz: Person) -> None:
    job = run(liz, "touch x", name="My: Job_1", archivePath="archive/${JOB_NAME}-${JOB_ID}")
    found = ended(liz, job)
    assert f"archive/my-job_1-{job}" == found["archivePath"]
    assert "x" in names(liz, job)


def test_a_job_of_a_form(liz: Person) -> None:
    """Scripts of old send their parameters beside everything else."""
    words = {"appId": "shell-1.0", "jobName": "old", "command": "echo form > f", "requestedTime": "00:10:00"}
    job = liz.post("/jobs/v2/", 201, data={**words, "maxMemory": "2GB", "archiveSystem": "local.storage"})["id"]
    found = ended(liz, job)
    assert ("FINISHED", "old", 2.0, round(600 / 3600, 6)) == tuple(
        found[key] for key in ("status", "name", "memoryPerNode", "maxHours")
    )


def test_a_job_that_takes_too_long(liz: Person) -> None:
    found = ended(liz, run(liz, "sleep 600", maxRunTime="00:00:02", archive=False))
    assert "FAILED" == found["status"]


@pytest.mark.parametrize(
    ("change", "status_", "why"),
    [
        ({"appId": ""}, 400, "appId cannot be empty"),
        ({"appId": "x" * 81}, 400, "appId must be less than 80 characters"),
        ({"appId": "nohyphen"}, 400, "Invalid appId. Please specify an app using its unique id."),
        ({"appId": "nope-1.0"}, 400, "No app found matching nope-1.0 for liz"),
        ({"name": ""}, 400, "Job name cannot be empty."),
        ({"name": "n" * 65}, 400, "Job name must be less than 64 characters."),
        ({"memoryPerNode": "99999GB"}, 400, ""),
        ({"memoryPerNode": "much"}, 400, "Invalid memoryPerNode value."),
        ({"maxRunTime": "1h"}, 400, "Invalid maxRunTime value."),
        ({"batchQueue": "fast"}, 400, "Invalid batchQueue. No batch queue named fast is defined on system local"),
        ({"executionSystem": "other"}, 400, "Invalid execution system. Apps are registered to run on"),
        ({"archiveSystem": "nowhere"}, 400, "No storage system found matching nowhere for liz"),
        ({"archivePath": "../../x"}, 400, "Invalid archivePath value."),
        ({"dependencies": ["x"]}, 400, "Job dependencies are not yet supported."),
        ({"parameter": {}}, 400, "Invalid parameter value."),
        ({"parameters": {"predictions": 5}}, 400, "No input parameter specified for imagefile"),
        (
            {"parameters": {"imagefile": "x", "predictions": "x"}},
            400,
            "Invalid parameter value for predictions. Value 'x' must be",
        ),
        ({"parameters": {"imagefile": ["x", "y"]}}, 400, "imagefile may have at most 1 values"),
        ({"nodeCount": "lots"}, 400, "Invalid nodeCount value."),
        ({"inputs": []}, 400, "Invalid inputs value."),
        ({"notifications": [{"url": "x"}]}, 400, "Invalid notifications[0] value given."),
    ],
)
def test_jobs_that_cannot_be(liz: Person, change: dict[str, Any], status_: int, why: str) -> None:
    if "99999GB" in str(change):
        liz.post("/systems/v2/", 201, json=changed(EXECUTION, id="liz.exec"))
        liz.post("/apps/v2/", 201, json={**CLASSIFY, "name": "queued", "executionSystem": "liz.exec"})
        change = {**change, "appId": "queued-1.0"}
        why = "No queue found on execution system liz.exec to support jobs requiring 1 nodes with 99999GB memmory and 1"
    before = len(liz.get("/jobs/v2?limit=1000"))
    assert liz.post("/jobs/v2/", status_, json={**SEED, **change}).startswith(why)
    assert before == len(liz.get("/jobs/v2?limit=1000"))


@pytest.mark.parametrize(
    ("files", "status_", "why"),
    [
        ("gsiftp://h/x", 400, "Invalid value for files. URI with the gsiftp scheme are not currently supported."),
        ("agave://no.system/x", 400, "Invalid value for files. There is no system no.system."),
        ("../../../x", 400, "Invalid files value."),
    ],
)
def test_inputs_that_cannot_be(liz: Person, files: str, status_: int, why: str) -> None:
    words = {**SEED, "appId": "shell-1.0", "parameters": {}, "inputs": {"files": files}}
    assert liz.post("/jobs/v2/", status_, json=words).startswith(why)


def test_what_is_not_there(liz: Person) -> None:
    assert "No job found with job id nope." == liz.get("/jobs/v2/nope", 404)
    job = run(liz, "true")
    ended(liz, job)
    assert "File/folder does not exist" == liz.get(f"/jobs/v2/{job}/outputs/media/nothing", 404)
    assert "File/folder does not exist" == liz.get(f"/jobs/v2/{job}/outputs/listings/nothing", 404)
    assert liz.get(f"/jobs/v2/{job}/outputs/media/.dragoman/run.json", 404)
    assert liz.post(f"/jobs/v2/{job}", 400, json={"action": "dance"}).startswith("Invalid action dance")
    assert liz.get("/jobs/v2/trigger/job/x/token/y/status/FINISHED", 404)


def test_somebody_elses_app_brings_its_assets_along(liz: Person, bob: Person) -> None:
    """Its owner's folder is read for whoever may run it, and for nothing else."""
    liz.post("/apps/v2/liz.app.imageclassify-1.0/pems/bob", 201, data={"permission": "READ_EXECUTE"})
    job = submit(bob)
    assert "FINISHED" == ended(bob, job)["status"]
    assert "--num_top_predictions 5" in text(bob, job, "predictions.txt")
    liz.post("/apps/v2/liz.app.imageclassify-1.0/pems/bob", 201, data={"permission": "READ"})
    told = bob.post("/jobs/v2/", 403, json=SEED)
    assert "Permission denied. You do not have permission to use the requeste app, liz.app.imageclassify-1.0" == told


def test_a_system_that_is_down_holds_its_jobs(liz: Person) -> None:
    system = changed(EXECUTION, id="liz.down")
    liz.post("/systems/v2/", 201, json=system)
    liz.post("/apps/v2/", 201, json={**CLASSIFY, "name": "held", "executionSystem": "liz.down"})
    liz.post("/systems/v2/", 201, json=changed(system, status="DOWN"))
    job = submit(liz, appId="held-1.0")
    wait_until(lambda: status(liz, job) == "BLOCKED")
    assert "is disabled" in liz.get(f"/jobs/v2/{job}")["lastStatusMessage"]
    liz.post("/systems/v2/", 201, json=changed(system, status="UP"))
    found = ended(liz, job)
    assert ("FINISHED", 1) == (found["status"], found["blockedCount"])
