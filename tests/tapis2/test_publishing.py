"""Published apps: their assets are one archive with a checksum, which jobs and clones unpack."""

import hashlib
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.service import Service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, ended, submit, text
from tests.tapis2.people import Person, newcomer

FOLDER = "applications/tools"
APP: dict[str, Any] = {**CLASSIFY, "name": "tools", "deploymentPath": FOLDER}
MEDIA = "/files/v2/media/system/local.storage"


@pytest.fixture(scope="module")
def ola(service: Service) -> Person:
    """Somebody with an app that has a program of its own, in a folder of its own."""
    person = newcomer(service, "ola")
    deploy(person, APP, "bin/tool > out.txt 2>&1\n")
    person.put(f"{MEDIA}/{FOLDER}", data={"action": "mkdir", "path": "bin"})
    person.put(f"{MEDIA}/{FOLDER}", data={"action": "mkdir", "path": "empty"})
    put_tool(service, person, "ran")
    person.post("/apps/v2/", 201, json=APP)
    return person


def put_tool(service: Service, person: Person, says: str) -> None:
    """Give the app's program something to say."""
    script = f"#!/bin/sh\nls -d empty\necho {says}\n"
    person.post(f"{MEDIA}/{FOLDER}/bin", 202, files={"fileToUpload": ("tool", script)})
    on_disk(service, f"{FOLDER}/bin/tool").chmod(0o755)


def on_disk(service: Service, path: str) -> Path:
    """Where somebody's file lies on the service's host."""
    (found,) = service.data.rglob(path)
    return found


def publish(person: Person, app: str = "tools-1.0", status: int = 202) -> Any:
    return person.put(f"/apps/v2/{app}", status, data={"action": "publish"})


def archive(person: Person, app: dict[str, Any]) -> bytes:
    return person.http.get(f"{MEDIA}/{app['deploymentPath']}").content


@pytest.mark.slow
def test_what_is_published_is_one_archive_with_a_checksum(service: Service, ola: Person, bob: Person) -> None:
    """It holds the folder as it was then, and a job of anybody's unpacks it: programs stay programs."""
    made = publish(ola)
    number = made["revision"]
    assert (f"tools-1.0u{number}", "local.storage", True) == (made["id"], made["deploymentSystem"], made["isPublic"])
    assert f"/.public_apps/tools-1.0u{number}.zip" == made["deploymentPath"]
    content = archive(ola, made)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert {"bin/", "bin/tool", "empty/", "test/", "test/test.sh", "wrapper.sh"} == set(opened.namelist())
        assert 0o755 == opened.getinfo("bin/tool").external_attr >> 16 & 0o777
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    for app in ("tools-1.0", made["id"]):
        told = [one["description"] for one in ola.get(f"/apps/v2/{app}/history")]
        assert any(f"{made['id']}. The md5 of its assets is {md5}" in line for line in told), told
    put_tool(service, ola, "new")
    job = submit(bob, appId=made["id"])
    found = ended(bob, job)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert "empty\nran\n" == text(bob, job, "out.txt")
    fetched = f"Fetching application assets from agave://local.storage/{made['deploymentPath']}"
    assert fetched in [one["description"] for one in bob.get(f"/jobs/v2/{job}/history")]
    put_tool(service, ola, "ran")


@pytest.mark.slow
def test_a_clone_of_a_published_app_is_a_folder_again(service: Service, ola: Person, bob: Person) -> None:
    made = publish(ola)
    words = {"action": "clone", "name": "bobs.tools", "version": "1.0"}
    clone = bob.put(f"/apps/v2/{made['id']}", 202, data=words)
    assert ("/bob/applications/bobs.tools-1.0", 1) == (clone["deploymentPath"], clone["revision"])
    assert on_disk(service, "bob/applications/bobs.tools-1.0/empty").is_dir()
    assert on_disk(service, "bob/applications/bobs.tools-1.0/bin/tool").stat().st_mode & 0o100
    job = submit(bob, appId=clone["id"])
    assert "FINISHED" == ended(bob, job)["status"]
    assert "empty\nran\n" == text(bob, job, "out.txt")


@pytest.mark.slow
def test_an_archive_that_has_changed_is_not_used(ola: Person, bob: Person) -> None:
    """Neither by jobs nor for clones, nor to publish it once more; the app still says what it is."""
    made = publish(ola)
    folder, _, name = made["deploymentPath"].rpartition("/")
    ola.post(f"{MEDIA}/{folder}", 202, files={"fileToUpload": (name, archive(ola, made) + b"more")})
    found = ended(bob, submit(bob, appId=made["id"]))
    assert "FAILED" == found["status"]
    assert re.search(r"has changed: its md5 is \w{32}, and was \w{32}", found["lastStatusMessage"])
    words = {"action": "clone", "name": "bobs.other", "version": "1.0"}
    assert "has changed" in bob.put(f"/apps/v2/{made['id']}", 400, data=words)
    assert "has changed" in publish(ola, made["id"], 400)
    ola.delete(f"{MEDIA}/{made['deploymentPath']}")
    assert "is gone" in bob.post("/jobs/v2/", 400, json={**SEED, "appId": made["id"]})


def test_a_published_app_is_changed_without_its_assets(ola: Person) -> None:
    made = publish(ola)
    new = {**APP, "deploymentPath": made["deploymentPath"], "label": "New"}
    found = ola.post(f"/apps/v2/{made['id']}", 201, json=new)
    assert ("New", made["deploymentPath"]) == (found["label"], found["deploymentPath"])
    assert "publish another one" in ola.post(
        f"/apps/v2/{made['id']}", 400, json={**new, "templatePath": "test/test.sh"}
    )
    assert made["revision"] + 1 == publish(ola, made["id"])["revision"]


def test_a_number_is_never_given_again(ola: Person) -> None:
    """Also not that of a published app which was deleted."""
    made = publish(ola)
    assert ola.delete(f"/apps/v2/{made['id']}") is None
    assert made["revision"] + 1 == publish(ola)["revision"]


def test_who_publish_at_once_have_a_revision_each(ola: Person) -> None:
    """And each archive is the one that its checksum was made of; nothing else is left in the folder."""
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: publish(ola), range(6)))
    assert 6 == len({one["id"] for one in made}) == len({one["deploymentPath"] for one in made})
    for one in made:
        md5 = hashlib.md5(archive(ola, one), usedforsecurity=False).hexdigest()
        assert any(md5 in row["description"] for row in ola.get(f"/apps/v2/{one['id']}/history"))
    left = {one["name"] for one in ola.get("/files/v2/listings/system/local.storage//.public_apps")}
    assert [] == [name for name in left - {"."} if not re.fullmatch(r"tools-1\.0u\d+\.zip", name)]


def test_what_no_archive_can_hold_is_refused(service: Service, ola: Person) -> None:
    """And the history says so; nothing is published, and nothing left."""
    odd = bytes(on_disk(service, f"{FOLDER}/test")) + b"/\xff"
    Path(odd.decode("utf-8", "surrogateescape")).write_text("x")
    before = {row["id"] for row in ola.get("/apps/v2/name/tools")}
    listing = "/files/v2/listings/system/local.storage//.public_apps"
    files = {one["name"] for one in ola.get(listing)}
    assert "is no text" in publish(ola, status=400)
    assert before == {row["id"] for row in ola.get("/apps/v2/name/tools")}
    assert files == {one["name"] for one in ola.get(listing)}
    assert "PUBLISHING_FAILED" == ola.get("/apps/v2/tools-1.0/history")[-1]["status"]
    Path(odd.decode("utf-8", "surrogateescape")).unlink()
