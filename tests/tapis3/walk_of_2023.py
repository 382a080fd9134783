"""A notebook of 2023 from its first cell to its last. Run by an environment of its own; tells as JSON what it saw.

Imports nothing of ours: what it has is its own Python and the client.
"""

import contextlib
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from tapipy.tapis import Tapis  # type: ignore[import-untyped]

VM, HPC, APP = "old-vm", "old-hpc", "old-app"
PROGRAM = """#!/bin/bash
echo "$1 by $WHO, $(cat ${2:-/dev/null})"
sleep "${3:-0}"
"""
QUEUES = [{"name": "tapisNormal", "hpcQueueName": "debug", "maxMinutes": 60}]
ENDS = ("FINISHED", "FAILED", "CANCELLED")


def refusal(call: Callable[[], object]) -> str:
    """The name of the exception that a user gets."""
    try:
        call()
    except Exception as problem:  # noqa: BLE001 (its kind is what is asked for)
        return type(problem).__name__
    return ""


def log_in(told: dict[str, Any], name: str) -> Any:
    """Somebody's client."""
    client = Tapis(base_url=told["url"], username=name, password=told["password"])
    client.get_tokens()
    return client


def boot(told: dict[str, Any], ann: Any) -> dict[str, Any]:
    """Site, tenant, tokens; a client of one's own, with which tokens are renewed."""
    wrong = Tapis(base_url=told["url"], username="ann", password="wrong")
    made = ann.authenticator.create_client(display_name="notebook")
    named = {"client_id": made.client_id, "client_key": made.client_key}
    client = Tapis(base_url=told["url"], username="ann", password=told["password"], **named)
    client.get_tokens()
    before = client.access_token.jti
    client.refresh_user_tokens()
    return {
        "tenant": ann.tenant_id,
        "who": ann.access_token.claims["tapis/username"],
        "wrong password": refusal(wrong.get_tokens),
        "renewed": before != client.access_token.jti and bool(client.systems.getSystems() is not None),
        "without a token": refusal(Tapis(base_url=told["url"]).systems.getSystems),
    }


def register(told: dict[str, Any], ann: Any) -> dict[str, Any]:
    """The host, for its processes and for its Slurm, and the login there."""
    common = {
        "systemType": "LINUX",
        "host": told["host"],
        "port": told["port"],
        "defaultAuthnMethod": "PASSWORD",
        "canExec": True,
        "jobRuntimes": [{"runtimeType": "ZIP"}],
        "jobWorkingDir": "workdir",
        "rootDir": told["home"],
    }
    batch = {"canRunBatch": True, "batchScheduler": "SLURM", "batchLogicalQueues": QUEUES}
    made = ann.systems.createSystem(id=VM, **common)
    ann.systems.createSystem(id=HPC, batchDefaultLogicalQueue="tapisNormal", **common, **batch)
    login = {"userName": "ann", "loginUser": told["login"]}
    wrong = refusal(lambda: ann.systems.createUserCredential(systemId=VM, password="wrong", **login))
    for system in (VM, HPC):
        ann.systems.createUserCredential(systemId=system, password=told["secret"], **login)
    return {
        "url": made.url,
        "again": refusal(lambda: ann.systems.createSystem(id=VM, **common)),
        "wrong credential": wrong,
        "listed": sorted(one.id for one in ann.systems.getSystems(search="(id.like.old-*)")),
        "root": ann.systems.getSystem(systemId=VM).rootDir,
        "runtimes": [one.runtimeType for one in ann.systems.getSystem(systemId=HPC).jobRuntimes],
        "unknown": refusal(lambda: ann.systems.getSystem(systemId="old-none")),
        "incomplete": refusal(lambda: ann.systems.createSystem(id="old-new", **{**common, "jobRuntimes": []})),
        "patched": ann.systems.patchSystem(systemId=VM, description="seen") is not None
        and ann.systems.getSystem(systemId=VM).description,
    }


def upload(ann: Any) -> dict[str, Any]:
    """Files there and back."""
    ann.files.mkdir(systemId=VM, path="/old/in")
    text = io.BytesIO(b"an input")
    text.name = "in.txt"
    ann.files.insert(systemId=VM, path="/old/in/in.txt", file=text)
    ann.files.insert(systemId=VM, path="/old/app.zip", file=_archive())
    ann.files.insert(systemId="local", path="/old/app.zip", file=_archive())
    ann.files.moveCopy(systemId=VM, path="/old/in/in.txt", operation="COPY", newPath="/old/in/copy.txt")
    listed = [one.name for one in ann.files.listFiles(systemId=VM, path="/old/in")]
    ann.files.delete(systemId=VM, path="/old/in/copy.txt")
    return {
        "listed": sorted(listed),
        "after": [(one.name, one.size) for one in ann.files.listFiles(systemId=VM, path="/old/in")],
        "content": ann.files.getContents(systemId=VM, path="/old/in/in.txt").decode(),
        "missing": refusal(lambda: ann.files.listFiles(systemId=VM, path="/old/none")),
    }


def _archive() -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        member = zipfile.ZipInfo("tapisjob_app.sh")
        member.external_attr = 0o755 << 16
        archive.writestr(member, PROGRAM)
    made.seek(0)
    made.name = "app.zip"
    return made


def add_apps(ann: Any) -> dict[str, Any]:
    """One whose archive lies on the host, and the same here."""
    for name, system in ((APP, VM), (f"{APP}-local", "local")):
        ann.apps.createAppVersion(
            id=name,
            version="0.1",
            runtime="ZIP",
            containerImage=f"tapis://{system}/old/app.zip",
            jobAttributes={"execSystemId": system, "maxMinutes": 5},
        )
    found = ann.apps.getAppLatestVersion(appId=APP)
    return {
        "listed": sorted(one.id for one in ann.apps.getApps() if one.id.startswith("old-")),
        "latest": (found.version, found.runtime, found.owner, found.jobAttributes.maxMinutes),
        "unknown": refusal(lambda: ann.apps.getApp(appId=APP, appVersion="9")),
    }


def submit(ann: Any, system: str, *words: str, app: str = APP, **more: Any) -> Any:
    """Start a job."""
    parameters = {
        "appArgs": [{"arg": word, "meta": {"name": "a word", "required": True}} for word in words],
        "envVariables": [{"key": "WHO", "value": "ann"}],
    }
    asked = {"name": "old-job", "appId": app, "appVersion": "0.1", "execSystemId": system}
    return ann.jobs.submitJob(parameterSet=parameters, **asked, **more)


def await_status(ann: Any, job: Any, *wanted: str) -> str:
    """Poll as notebooks do, until it is in one of these states or has ended; within two minutes."""
    deadline = time.monotonic() + 120
    while True:
        status = str(ann.jobs.getJobStatus(jobUuid=job.uuid).status)
        if status in (*wanted, *ENDS):
            return status
        if time.monotonic() > deadline:
            raise TimeoutError(f"{job.uuid} is still {status}")
        time.sleep(0.1)


def read(ann: Any, uuid: str) -> dict[str, Any]:
    """All that a job that has ended leaves to read."""
    tree = ann.jobs.getJobOutputDownload(jobUuid=uuid, outputPath="/")
    job = ann.jobs.getJob(jobUuid=uuid)
    history = [one for one in ann.jobs.getJobHistory(jobUuid=uuid) if one.event == "JOB_NEW_STATUS"]
    return {
        "status": job.status,
        "condition": job.condition,
        "type": job.jobType,
        "outcome": (job.remoteOutcome, job.remoteResultInfo),
        "lived": [one.eventDetail for one in history],
        "outputs": sorted(one.name for one in ann.jobs.getJobOutputList(jobUuid=uuid, outputPath="/")),
        "said": ann.jobs.getJobOutputDownload(jobUuid=uuid, outputPath="tapisjob.out").decode(),
        "zipped": sorted(name.rpartition("/")[2] for name in zipfile.ZipFile(io.BytesIO(tree)).namelist()),
        "no such output": refusal(lambda: ann.jobs.getJobOutputDownload(jobUuid=uuid, outputPath="none")),
    }


def run_jobs(ann: Any, seen: dict[str, Any]) -> str:
    """On the host, on its Slurm, and here; one that is cancelled, one that is run again. The first one's id."""
    source = {"name": "in", "sourceUrl": f"tapis://{VM}/old/in/in.txt", "targetPath": "in.txt"}
    more: dict[str, Any] = {"fileInputs": [source]}
    first = submit(ann, VM, "FORK", "in.txt", **more)
    batch = submit(ann, HPC, "BATCH", "in.txt", **more)
    here = submit(ann, "local", "HERE", app=f"{APP}-local")
    for name, job in (("fork", first), ("batch", batch), ("local", here)):
        await_status(ann, job)
        seen[name] = read(ann, job.uuid)
    seen["submitted"] = (first.status, first.uuid[-4:], json.loads(first.parameterSet)["appArgs"][0]["arg"])
    seen["refused"] = refusal(lambda: submit(ann, VM, "x", app="old-none"))
    found = ann.jobs.getJobSearchList(limit=2, _tapis_query_parameters={"name.eq": "old-job", "status.eq": "FINISHED"})
    seen["found"] = len(found)
    seen["searched"] = len(ann.jobs.getJobSearchListByPostSqlStr(request_body={"search": ["name = 'old-job'"]}))
    seen["listed"] = first.uuid in [one.uuid for one in ann.jobs.getJobList(limit=100)]
    again = ann.jobs.resubmitJob(jobUuid=first.uuid)
    seen["again"] = (again.uuid != first.uuid, await_status(ann, again))
    return str(first.uuid)


def cancel(ann: Any) -> dict[str, Any]:
    """A job that runs for long, with its output read before."""
    job = submit(ann, VM, "long", "/dev/null", "300")
    await_status(ann, job, "RUNNING")
    made = ann.jobs.subscribe(
        jobUuid=job.uuid,
        description="tell me",
        enabled=True,
        eventCategoryFilter="JOB_NEW_STATUS",
        deliveryTargets=[{"deliveryMethod": "WEBHOOK", "deliveryAddress": "http://127.0.0.1:9/x"}],
        ttlminutes=60,
    )
    subscribed = (bool(made.url), len(ann.jobs.getSubscriptions(jobUuid=job.uuid)))
    ann.jobs.cancelJob(jobUuid=job.uuid)
    return {
        "subscribed": subscribed,
        "status": await_status(ann, job),
        "condition": ann.jobs.getJobStatus(jobUuid=job.uuid).condition,
        "twice": refusal(lambda: ann.jobs.cancelJob(jobUuid=job.uuid)),
    }


def share(told: dict[str, Any], ann: Any, bob: Any, uuid: str) -> dict[str, Any]:
    """The system, a path of it, and a job: bob reads these, and nothing else."""
    path = f"{ann.jobs.getJob(jobUuid=uuid).archiveSystemDir}/tapisjob.out"

    def tried() -> list[str]:
        return [
            refusal(lambda: bob.systems.getSystem(systemId=VM)),
            refusal(lambda: bob.files.getContents(systemId=VM, path=path)),
            refusal(lambda: bob.jobs.getJobStatus(jobUuid=uuid)),
        ]

    before = tried()
    ann.systems.grantUserPerms(systemId=VM, userName="bob", permissions=["READ"])
    bob.systems.createUserCredential(systemId=VM, userName="bob", loginUser="bob", password=told["secret of bob"])
    ann.files.grantPermissions(systemId=VM, path="/workdir", username="bob", permission="READ")
    ann.jobs.shareJob(jobUuid=uuid, grantee="bob", jobResource=["JOB_HISTORY", "JOB_OUTPUT"], jobPermission="READ")
    return {
        "before": before,
        "after": tried(),
        "permissions": [str(one) for one in ann.systems.getUserPerms(systemId=VM, userName="bob").names],
        "read": bob.files.getContents(systemId=VM, path=path).decode(),
        "output": bob.jobs.getJobOutputDownload(jobUuid=uuid, outputPath="tapisjob.out").decode(),
        "shared": uuid in [one.uuid for one in bob.jobs.getJobList(listType="SHARED_JOBS")],
        "outside": refusal(lambda: bob.files.getContents(systemId=VM, path="/old/in/in.txt")),
        "change": refusal(lambda: bob.files.delete(systemId=VM, path=path)),
        "cancel": refusal(lambda: bob.jobs.cancelJob(jobUuid=uuid)),
    }


def walk(told: dict[str, Any]) -> dict[str, Any]:
    """All of it."""
    ann, bob = log_in(told, "ann"), log_in(told, "bob")
    seen: dict[str, Any] = {"version": version("tapipy"), "boot": boot(told, ann), "systems": register(told, ann)}
    seen["files"] = upload(ann)
    seen["apps"] = add_apps(ann)
    uuid = run_jobs(ann, seen)
    seen["cancelled"] = cancel(ann)
    seen["shared"] = share(told, ann, bob, uuid)
    return seen


if __name__ == "__main__":
    # The client prints now and then; what is told here stands alone on the standard output.
    with contextlib.redirect_stdout(sys.stderr):
        result = walk(json.load(sys.stdin))
    print(json.dumps(result))
