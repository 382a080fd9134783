"""Jobs on a host behind SSH: as a process, and through Slurm; files there, shared by path."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.hosts.slurm import Slurm
from tests.hosts.ssh import SshHost, ssh_server
from tests.service import Service, running_service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import SETTINGS
from tests.tapis2.jobs import ended, names, statuses, submit, text
from tests.tapis2.odd_names import brought, reached
from tests.tapis2.people import Person, newcomer, requests
from tests.tapis2.systems import SLURM, changed

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A service, a host with Slurm, and kim, who has an account of alice's there."""

    service: Service
    host: SshHost
    kim: Person
    root: str


@pytest.fixture(scope="module")
def lab(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Everything, with kim's systems registered."""
    with ExitStack() as stack:
        host = stack.enter_context(ssh_server(dict(slurm.environment)))
        service = stack.enter_context(running_service(tmp_path_factory.mktemp("lab"), SETTINGS))
        root = f"{host.alice.home}/{Path(tempfile.mktemp()).name}"
        kim = newcomer(service, "kim")
        made = Lab(service=service, host=host, kim=kim, root=root)
        for system in (store(made), cluster(made), plain(made)):
            kim.post("/systems/v2/", 201, json=system)
        kim.put("/files/v2/media/system/kim.store/", json={"action": "mkdir", "path": "home"})
        kim.put("/systems/v2/kim.store", json={"action": "setDefault"})
        deploy(kim, app("classify", "kim.plain"))
        for one in (app("classify", "kim.plain"), {**app("batch", "kim.slurm"), "executionType": "HPC"}):
            kim.post("/apps/v2/", 201, json=one)
        yield made


def storage(lab: Lab) -> dict[str, Any]:
    alice = lab.host.alice
    auth = {"type": "SSHKEYS", "username": alice.name, "publicKey": alice.public_key, "privateKey": alice.private_key}
    place = {"host": lab.host.host, "port": lab.host.port, "auth": auth}
    return {**place, "protocol": "SFTP", "rootDir": lab.root, "homeDir": "/home"}


def store(lab: Lab) -> dict[str, Any]:
    return {"id": "kim.store", "name": "a store", "type": "STORAGE", "storage": storage(lab)}


def cluster(lab: Lab) -> dict[str, Any]:
    files = storage(lab)
    login = {"host": files["host"], "port": files["port"], "protocol": "SSH", "auth": files["auth"]}
    queue = {"name": "normal", "mappedName": "debug", "maxNodes": 2, "maxRequestedTime": "00:30:00"}
    queue |= {"default": True, "maxProcessorsPerNode": 4, "maxMemoryPerNode": "4GB"}
    return changed({**SLURM, "id": "kim.slurm", "queues": [queue]}, login=login, storage=files)


def plain(lab: Lab) -> dict[str, Any]:
    return {**cluster(lab), "id": "kim.plain", "executionType": "CLI", "scheduler": "FORK", "queues": []}


def app(name: str, system: str) -> dict[str, Any]:
    return {**CLASSIFY, "name": f"kim.{name}", "executionSystem": system, "deploymentSystem": "kim.store"}


def test_a_job_on_a_host_behind_ssh(lab: Lab) -> None:
    job = submit(lab.kim, appId="kim.classify-1.0", archiveSystem="kim.store")
    found = ended(lab.kim, job)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert "--num_top_predictions 5" in text(lab.kim, job, "predictions.txt")
    assert Path(lab.root, "home/kim/archive/jobs", f"job-{job}", "predictions.txt").is_file()
    assert f"/scratch/kim/job-{job}-joe-app-imageclassify" == found["workPath"]
    assert not Path(f"{lab.root}{found['workPath']}").exists()


def test_a_job_through_slurm(lab: Lab) -> None:
    """Its script says what its queue, time and size are; its logs have its id."""
    job = submit(lab.kim, appId="kim.batch-1.0", archive=False, maxRunTime="00:05:00", processorsPerNode=2)
    found = ended(lab.kim, job)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert ("normal", 2, 0.083333) == tuple(found[key] for key in ("remoteQueue", "processorsPerNode", "maxHours"))
    assert found["remoteJobId"].isdigit()
    slug = "joe-app-imageclassify"
    script = text(lab.kim, job, f"{slug}.ipcexe").splitlines()
    place = f"{lab.root}{found['workPath']}/{slug}-{job}"
    assert [
        *("#!/bin/bash", f"#SBATCH -J {slug}", f"#SBATCH -o {place}.out", f"#SBATCH -e {place}.err"),
        *("#SBATCH -t 00:05:00", "#SBATCH -p debug", "#SBATCH -N 1 -n 2"),
    ] == script[:7]
    assert {f"{slug}-{job}.out", f"{slug}-{job}.err", "predictions.txt"} <= set(names(lab.kim, job))
    assert ["QUEUED", "RUNNING", "CLEANING_UP", "FINISHED"] == statuses(lab.kim, job)[-4:]


def test_a_published_app_is_unpacked_on_its_execution_system(lab: Lab) -> None:
    """Its archive lies on the default public storage system, here behind SSH itself; programs stay programs."""
    ann, boss = newcomer(lab.service, "ann"), newcomer(lab.service, "boss", "--admin")
    folder = Path(lab.root, "home/applications/classify")
    lab.kim.post(
        "/files/v2/media/system/kim.store/applications/classify",
        202,
        files={"fileToUpload": ("tool", "#!/bin/sh\necho packed\n")},
    )
    folder.joinpath("tool").chmod(0o750)
    own = {**app("packed", "kim.slurm"), "executionType": "HPC"}
    lab.kim.post("/apps/v2/", 201, json=own)
    for system in ("kim.store", "kim.slurm"):
        lab.kim.put(f"/systems/v2/{system}", data={"action": "publish"})
    boss.put("/systems/v2/kim.store", data={"action": "setGlobalDefault"})
    made = lab.kim.put("/apps/v2/kim.packed-1.0", 202, data={"action": "publish"})
    assert ("kim.store", "/home/.public_apps/kim.packed-1.0u1.zip") == (
        made["deploymentSystem"],
        made["deploymentPath"],
    )
    assert zipfile.is_zipfile(f"{lab.root}{made['deploymentPath']}")
    folder.joinpath("tool").unlink()
    job = submit(lab.kim, appId=made["id"], archive=False)
    found = ended(lab.kim, job, 120)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    tool = Path(f"{lab.root}{found['workPath']}/tool")
    assert ("#!/bin/sh\necho packed\n", 0o750) == (tool.read_text(), tool.stat().st_mode & 0o777)
    why = "What is published goes to /home/.public_apps on the default public storage system kim.store"
    deploy(ann, {**CLASSIFY, "deploymentSystem": "local.storage"})
    ann.post("/apps/v2/", 201, json={**CLASSIFY, "name": "anns", "deploymentSystem": "local.storage"})
    assert why in ann.put("/apps/v2/anns-1.0", 403, data={"action": "publish"})
    boss.put("/systems/v2/kim.store", data={"action": "unsetGlobalDefault"})
    for system in ("kim.store", "kim.slurm"):
        lab.kim.put(f"/systems/v2/{system}", data={"action": "unpublish"})


def test_the_other_tapis_runs_there_too(lab: Lab) -> None:
    """The systems are the same, with what is stored to log in with."""
    with httpx2.Client(base_url=lab.service.url, headers={"X-Tapis-Token": lab.kim.account.token}) as http:
        listed = http.get("/v3/files/ops/kim.store/home").json()["result"]
        assert "applications" in {one["name"] for one in listed}
        assert http.get("/v3/systems/kim.slurm").json()["result"]["hasCredentials"]


def test_paths_are_shared_with_people_and_with_everybody(lab: Lab) -> None:
    zoe = newcomer(lab.service, "zoe")
    path = "/files/v2/{}/system/kim.store/shared/s.txt"
    lab.kim.put("/files/v2/media/system/kim.store/", json={"action": "mkdir", "path": "shared"})
    lab.kim.post("/files/v2/media/system/kim.store/shared", 202, files={"fileToUpload": ("s.txt", b"shared")})
    assert zoe.get(path.format("media"), 403)
    lab.kim.post("/systems/v2/kim.store/roles/zoe", 201, json={"role": "GUEST"})
    words = {"username": "zoe", "permission": "READ", "recursive": "false"}
    (given,) = lab.kim.post(path.format("pems"), data=words)
    assert {"read": True, "write": False, "execute": False} == given["permission"]
    assert b"shared" == zoe.http.get(path.format("media")).content
    assert {"kim", "zoe"} == {one["username"] for one in lab.kim.get(path.format("pems"))}
    with requests(lab.service) as nobody:
        public = "/files/v2/download/kim/system/kim.store/home/shared/s.txt"
        assert 404 == nobody.get(public).status_code
        lab.kim.post(path.format("pems"), data={"username": "*", "permission": "READ"})
        assert b"shared" == nobody.get(public).content
    assert lab.kim.delete(path.format("pems")) is None
    assert zoe.get(path.format("media"), 403)


def test_odd_names_are_reached_by_their_links(lab: Lab) -> None:
    """Also those of what a job leaves, where it works and in its archive."""
    lab.kim.put("/files/v2/media/system/kim.store/", json={"action": "mkdir", "path": "odd"})
    reached(lab.kim, "kim.store", "odd", Path(lab.root, "home/odd"))
    odd = {**app("odd", "kim.plain"), "deploymentPath": "applications/odd"}
    deploy(lab.kim, odd, "printf odd > $'\\xff\\n'\n")
    lab.kim.post("/apps/v2/", 201, json=odd)
    for archive in (True, False):
        job = submit(lab.kim, appId="kim.odd-1.0", archiveSystem="kim.store", archive=archive)
        assert "FINISHED" == ended(lab.kim, job)["status"]
        (link,) = [
            row["_links"]["self"]["href"]
            for row in lab.kim.get(f"/jobs/v2/{job}/outputs/listings")
            if "\ufffd" in row["name"]
        ]
        assert b"odd" == lab.kim.http.get(link).content


def test_inputs_may_have_any_name_there_too(lab: Lab) -> None:
    odd = {**app("named", "kim.plain"), "deploymentPath": "applications/named"}
    brought(lab.kim, odd, Path(lab.root, "odd in"), archiveSystem="kim.store")


def test_a_login_that_is_refused_is_told_as_such(lab: Lab) -> None:
    """By the status that clients know for credentials."""
    auth = {"type": "PASSWORD", "username": "nobody-there", "password": "wrong"}
    lab.kim.post("/systems/v2/", 201, json=changed(store(lab), id="kim.wrong", storage={"auth": auth}))
    assert lab.kim.get("/files/v2/listings/system/kim.wrong/", 412)
