"""Files on a real host behind SSH, by the service as it runs: the scenario S6, transfers, large files, modes."""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.ssh import HostAccount, SshHost
from tests.service import Service, wait_until
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A system of ann's, whose root is a directory of alice's on the host."""

    system: str
    root: Path


def register(person: Person, host: SshHost, root: str) -> str:
    """A system on the host."""
    system = f"box-{secrets.token_hex(4)}"
    body = {
        "id": system,
        "systemType": "LINUX",
        "host": host.host,
        "port": host.port,
        "rootDir": root,
        "defaultAuthnMethod": "PASSWORD",
        "canExec": False,
    }
    told(person.http.post("systems", json=body), 201)
    return system


def credential(person: Person, system: str, account: HostAccount) -> None:
    """Log in there under that account."""
    body = {"password": account.password, "loginUser": account.name}
    answer = person.http.post(f"systems/credential/{system}/user/{person.name}", json=body)
    assert answer.status_code in {200, 201}, answer.text


@pytest.fixture
def box(ssh_host: SshHost, ann: Person) -> Iterator[Box]:
    """With ann's login in place."""
    alice = ssh_host.alice
    root = Path(alice.home) / f"files {secrets.token_hex(4)}"
    root.mkdir(mode=0o755)
    shutil.chown(root, alice.uid, alice.gid)
    system = register(ann, ssh_host, str(root))
    credential(ann, system, alice)
    yield Box(system=system, root=root)
    shutil.rmtree(root)


def upload(person: Person, system: str, path: str, content: bytes) -> None:
    told(person.http.post(f"files/ops/{system}/{path}", files={"file": ("f", content)}))


def names(person: Person, system: str, query: str = "") -> list[str]:
    return [entry["path"] for entry in told(person.http.get(f"files/ops/{system}{query}"))]


def test_a_working_day(ssh_host: SshHost, ann: Person, box: Box) -> None:
    """Everything that is done with files, by the host's own means, as the account that logs in."""
    upload(ann, box.system, "a b/c/ü.txt", b"hello")
    file = box.root / "a b/c/ü.txt"
    assert (b"hello", ssh_host.alice.uid) == (file.read_bytes(), file.stat().st_uid)
    told(ann.http.post(f"files/ops/{box.system}", json={"path": "d/e"}))
    assert ["a b", "a b/c", "a b/c/ü.txt", "d", "d/e"] == names(ann, box.system, "?recurse=true")
    assert b"ell" == ann.http.get(f"files/content/{box.system}/a b/c/ü.txt", headers={"range": "1,3"}).content
    body = {"operation": "COPY", "newPath": "d/e"}
    told(ann.http.put(f"files/ops/{box.system}/a b/c", json=body))
    told(ann.http.put(f"files/ops/{box.system}/a b", json={"operation": "MOVE", "newPath": "moved"}))
    ran = told(
        ann.http.post(f"files/utils/linux/{box.system}/moved/c/ü.txt", json={"operation": "CHMOD", "argument": "600"})
    )
    assert (0, 0o600) == (ran["exitCode"], (box.root / "moved/c/ü.txt").stat().st_mode & 0o777)
    told(ann.http.delete(f"files/ops/{box.system}/moved"))
    assert ["d", "d/e", "d/e/c", "d/e/c/ü.txt"] == names(ann, box.system, "?recurse=true")
    refused(ann.http.get(f"files/content/{box.system}/moved/c/ü.txt"), 404)
    refused(ann.http.post(f"files/ops/{box.system}/d/e/c/ü.txt/in", files={"file": ("f", b"x")}), 400)
    refused(ann.http.post(f"files/ops/{box.system}", json={"path": "d/e/c/ü.txt/in"}), 400)


def test_s6_share_an_output_file(ssh_host: SshHost, ann: Person, bob: Person, box: Box) -> None:
    """With a login of his own bob reads what ann's host lets him, and nothing that ann did not grant."""
    upload(ann, box.system, "workdir/jobs/U/output/tapisjob.out", b"scores")
    upload(ann, box.system, "other", b"x")
    output = f"{box.system}//workdir/jobs/U/output/tapisjob.out"
    refused(bob.http.get(f"systems/{box.system}"), 403)
    answer = ann.http.post(f"systems/perms/{box.system}/user/bob", json={"permissions": ["READ"]})
    assert answer.status_code in {200, 201}
    body = {"username": "bob", "permission": "READ"}
    told(ann.http.post(f"files/permissions/{box.system}//workdir", json=body))
    refused(bob.http.get(f"files/content/{output}"), 403)  # nothing to log in with yet
    credential(bob, box.system, ssh_host.bob)
    assert b"scores" == bob.http.get(f"files/content/{output}").content
    refused(bob.http.get(f"files/content/{box.system}/other"), 403)
    refused(bob.http.delete(f"files/ops/{output}"), 403)
    (box.root / "workdir/jobs/U/output/tapisjob.out").chmod(0o600)
    refused(bob.http.get(f"files/content/{output}"), 403)  # the host has the last word


def test_files_go_from_host_to_host(service: Service, ann: Person, box: Box) -> None:
    """Between SSH and the service's own host, both ways, with programs and large files."""
    upload(ann, box.system, "out/b/big", bytes(range(256)) * 100_000)
    upload(ann, box.system, "out/run.sh", b"#!/bin/sh\n")
    (box.root / "out/run.sh").chmod(0o755)

    def carry(source: str, target: str) -> Any:
        body = {"elements": [{"sourceURI": f"tapis://{source}", "destinationURI": f"tapis://{target}"}]}
        uuid = told(ann.http.post("files/transfers", json=body))["uuid"]

        def over() -> Any:
            task = told(ann.http.get(f"files/transfers/{uuid}?includeSummary=true"))
            return task if task["status"] in {"COMPLETED", "FAILED"} else None

        return wait_until(over)

    there = f"local/{box.system}"
    task = carry(f"{box.system}/out", there)
    assert ("COMPLETED", 25_600_010, 4) == (task["status"], task["totalBytesTransferred"], task["completeTransfers"])
    home = service.data / "homes" / ann.name / box.system
    assert 0o755 == (home / "run.sh").stat().st_mode & 0o777
    assert "COMPLETED" == carry(there, f"{box.system}/back")["status"]
    assert (box.root / "out/b/big").read_bytes() == (box.root / "back/b/big").read_bytes()


def test_a_host_that_refuses_is_told(ssh_host: SshHost, ann: Person, bob: Person) -> None:
    """As a matter of the login, not of the service."""
    system = register(ann, ssh_host, "/")
    assert "credential" in refused(ann.http.get(f"files/ops/{system}"), 403).lower()
    wrong = f"systems/credential/{system}/user/{ann.name}?skipCredentialCheck=true"
    ann.http.post(wrong, json={"password": "wrong", "loginUser": "alice"})
    refused(ann.http.get(f"files/ops/{system}"), 403)
