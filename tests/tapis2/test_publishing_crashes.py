"""A real service is killed while an app is published: there is all of a published app then, or nothing of it."""

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.chaos.faulty import faulty_service
from tests.service import PROGRAM, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.conftest import SETTINGS
from tests.tapis2.jobs import ended, submit, text
from tests.tapis2.people import Person, newcomer

pytestmark = pytest.mark.slow

APP: dict[str, Any] = {**CLASSIFY, "name": "tools", "parameters": [], "deploymentPath": "applications/tools"}


@pytest.mark.parametrize(
    ("point", "is_there"), [("while-packing", False), ("before-copy", False), ("after-copy", True)]
)
def test_a_service_that_dies_while_it_publishes_leaves_a_whole_app_or_none(
    tmp_path: Path, point: str, is_there: bool
) -> None:
    """And the app can be published again then, runs, and no archive is left that is nobody's."""
    with faulty_service(tmp_path, point, SETTINGS) as service:
        ola = newcomer(service, "ola")
        deploy(ola, APP, "echo ran > out.txt\n")
        ola.post("/apps/v2/", 201, json=APP)
        with pytest.raises(httpx2.TransportError):
            publish(ola)
        wait_until(lambda: not service.is_running())
        service.program = (PROGRAM,)
        service.restart()
        assert published(ola) == (["tools-1.0u1"] if is_there else [])
        assert ("PUBLISHED" in statuses(ola)) is is_there
        again = publish(ola).json()["result"]
        assert (2 if is_there else 1) == again["revision"]
        archives = {f"{name}.zip" for name in published(ola)}
        wait_until(lambda: archives == in_folder(ola))
        for name in published(ola):
            check_whole(ola, name)


def publish(person: Person) -> httpx2.Response:
    return person.http.put("/apps/v2/tools-1.0", data={"action": "publish"})


def published(person: Person) -> list[str]:
    """The copies that there are, all of which must be for everybody."""
    copies = [one for one in person.get("/apps/v2/name/tools") if one["id"] != "tools-1.0"]
    assert all(one["isPublic"] for one in copies)
    return sorted(one["id"] for one in copies)


def statuses(person: Person) -> list[str]:
    return [one["status"] for one in person.get("/apps/v2/tools-1.0/history")]


def in_folder(person: Person) -> set[str]:
    found = person.get("/files/v2/listings/system/local.storage//.public_apps")
    return {one["name"] for one in found} - {"."}


def check_whole(person: Person, name: str) -> None:
    """Its archive is what its history says, and a job runs with it."""
    content = person.http.get(f"/files/v2/media/system/local.storage//.public_apps/{name}.zip").content
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert any(md5 in one["description"] for one in person.get(f"/apps/v2/{name}/history"))
    job = submit(person, appId=name, parameters={})
    found = ended(person, job)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert "ran\n" == text(person, job, "out.txt")
