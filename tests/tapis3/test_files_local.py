"""Files on the service's own host, by the service as it runs: everybody has a home there, and sees no other."""

import os
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service import Service, wait_until
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = pytest.mark.slow


def upload(person: Person, path: str, content: bytes) -> None:
    told(person.http.post(f"files/ops/local/{path}", files={"file": ("f", content)}))


def names(person: Person, path: str = "") -> list[str]:
    return [entry["path"] for entry in told(person.http.get(f"files/ops/local/{path}"))]


def home(service: Service, person: Person) -> Path:
    return service.data / "homes" / person.name


def test_everybody_has_a_home(service: Service, ann: Person, bob: Person) -> None:
    """Of the same paths, and with other files in it."""
    upload(ann, "w/f.txt", b"ann's")
    upload(bob, "w/f.txt", b"bob's")
    assert "w" in names(ann)
    for person in (ann, bob):
        content = person.http.get("files/content/local/w/f.txt").content
        assert f"{person.name}'s".encode() == content
        assert content == (home(service, person) / "w/f.txt").read_bytes()


def test_links_lead_nowhere_else(service: Service, ann: Person) -> None:
    """Not to the service's own files, nor to anybody's."""
    upload(ann, "l/f", b"x")
    place = home(service, ann) / "l"
    for name, target in {"up": "../../../server.key", "key": str(service.data / "server.key"), "etc": "/etc"}.items():
        os.symlink(target, place / name)
    for path in ("l/up", "l/key", "l/etc/passwd"):
        refused(ann.http.get(f"files/content/local/{path}"), 404)
        refused(ann.http.post(f"files/postits/local/{path}", json={}), 404)
    elements = [{"sourceURI": "tapis://local/l", "destinationURI": "tapis://local/l2"}]
    uuid = told(ann.http.post("files/transfers", json={"elements": elements}))["uuid"]
    assert "COMPLETED" == ended(ann, uuid)["status"]
    assert ["l2/f"] == names(ann, "l2")


def ended(person: Person, uuid: str) -> Any:
    def over() -> Any:
        task = told(person.http.get(f"files/transfers/{uuid}"))
        return task if task["status"] in {"COMPLETED", "FAILED"} else None

    return wait_until(over)


def test_modes_are_changed_in_ones_own_home(service: Service, ann: Person) -> None:
    """By a program that sees nothing else."""
    upload(ann, "m/f", b"x")
    body = {"operation": "CHMOD", "argument": "640"}
    ran = told(ann.http.post("files/utils/linux/local/m/f", json=body))
    assert (0, "") == (ran["exitCode"], ran["stdErr"])
    assert 0o640 == (home(service, ann) / "m/f").stat().st_mode & 0o777


def test_a_host_without_access_lists_says_so(service: Service, ann: Person) -> None:
    """Also where the program that is missing would have been confined."""
    upload(ann, "a/f", b"x")
    answer = ann.http.get("files/utils/linux/facl/local/a/f")
    if shutil.which("getfacl") is None:
        assert "no access lists" in refused(answer, 400)
    else:
        assert ["user", "group", "other"] == [entry["type"] for entry in told(answer)]


def test_nobody_shares_what_is_not_theirs(ann: Person) -> None:
    """The system is the house's; what is on it is shared by links."""
    upload(ann, "s/f", b"hello")
    refused(ann.http.post("files/share/local/s", json={"users": ["bob"]}), 403)
    link = told(ann.http.post("files/postits/local/s/f", json={}))
    assert b"hello" == httpx2.get(link["redeemUrl"], trust_env=False, timeout=120).content


def test_what_is_deleted_is_gone(service: Service, ann: Person) -> None:
    """And the home stays."""
    upload(ann, "x/y", b"x")
    told(ann.http.delete("files/ops/local/x"))
    assert "x" not in names(ann)
    assert home(service, ann).is_dir()
