"""What clients of old rely on without saying so; the page about the dialect tells which test holds what."""

import json
from typing import Any

import pytest

from dragoman.dialects.tapis2.links import links
from tests.service import Service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import ended, submit
from tests.tapis2.people import VERSION, Person, newcomer

APP = {**CLASSIFY, "name": "trapped"}


@pytest.fixture(scope="module")
def kit(service: Service) -> Person:
    """Somebody with an app that leaves a directory."""
    person = newcomer(service, "kit")
    deploy(person, APP, "mkdir sub && echo a > sub/a.txt\n")
    person.post("/apps/v2/", 201, json=APP)
    return person


@pytest.fixture(scope="module")
def job(kit: Person) -> str:
    """A job of it that has ended."""
    made = submit(kit, appId="trapped-1.0")
    assert "FINISHED" == ended(kit, made)["status"]
    return made


@pytest.mark.parametrize(
    ("tidy", "others"),
    [
        ("/jobs/v2/{job}", ("/jobs/v2/{job}/", "//jobs/v2//{job}//")),
        ("/jobs/v2/{job}/outputs/listings", ("/jobs/v2/{job}/outputs/listings/", "/jobs/v2/{job}/outputs/listings//")),
        (
            "/jobs/v2/{job}/outputs/listings/sub",
            ("/jobs/v2/{job}/outputs/listings//sub", "/jobs/v2/{job}//outputs/listings/sub/"),
        ),
        ("/apps/v2/trapped-1.0", ("/apps/v2//trapped-1.0/", "//apps/v2/trapped-1.0")),
        ("/systems/v2", ("/systems/v2/", "//systems/v2//")),
    ],
)
def test_slashes_too_many_change_nothing_and_redirect_nobody(
    kit: Person, job: str, tidy: str, others: tuple[str, ...]
) -> None:
    """Some clients send them, and none that sends them follows a redirect."""
    for path in (tidy, *others):
        answer = kit.http.get(f"{kit.http.base_url.join('/')}{path.format(job=job)[1:]}")
        assert 200 == answer.status_code, path
        assert kit.get(tidy.format(job=job)) == answer.json()["result"]


def test_writing_follows_no_redirect_either(kit: Person, job: str) -> None:
    for path in (f"/jobs/v2/{job}", f"/jobs/v2/{job}/", f"//jobs/v2/{job}//"):
        answer = kit.http.post(f"{kit.http.base_url.join('/')}{path[1:]}", json={"action": "stop"})
        assert (400, True) == (answer.status_code, "is not running" in answer.json()["message"])


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/jobs/v2/", {"content": "{", "headers": JSON}),
        ("POST", "/jobs/v2/", {"content": b"\xff\xfe", "headers": JSON}),
        ("POST", "/systems/v2/", {"content": "[]", "headers": JSON}),
        ("POST", "/apps/v2/", {"content": "x", "headers": {"Content-Type": "multipart/form-data"}}),
        ("GET", "/jobs/v2?offset=x", {}),
        ("GET", "/jobs/v2/a/b/c", {}),
        ("PATCH", "/jobs/v2", {}),
        ("GET", "/files/v2/listings/system/none/x", {}),
    ],
)
def test_every_refusal_has_our_form(kit: Person, method: str, path: str, more: dict[str, Any]) -> None:
    """Clients print ``message``, whatever has gone wrong; a framework would answer in words of its own."""
    answer = kit.http.request(method, path, **more)
    assert answer.status_code in {400, 404, 405}
    found = answer.json()
    assert ["status", "message", "version"] == list(found)
    assert ("error", VERSION, True) == (found["status"], found["version"], bool(found["message"]))


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("tmp.Xy12", "application/octet-stream"),
        ("app.json", "application/json"),
        ("a b;c.txt", "text/plain"),
        ("-", "image/png"),
    ],
)
def test_a_description_is_read_whatever_its_file_is_called(kit: Person, name: str, type_: str) -> None:
    files = {"fileToUpload": (name, json.dumps(APP), type_)}
    assert "trapped-1.0" == kit.post("/apps/v2/?pretty=true", 201, files=files)["id"]


def test_links_lead_to_where_the_asker_has_come_from(kit: Person, job: str) -> None:
    """Through whatever name that is: people reach one service by several."""
    for host in ("tapis.example.org", "127.0.0.1:4711"):
        found = kit.get(f"/jobs/v2/{job}", headers={"Host": host})
        assert links(f"http://{host}", self=f"jobs/v2/{job}")["self"] == found["_links"]["self"]
        (row,) = kit.get("/jobs/v2?limit=1", headers={"Host": host})
        assert row["_links"]["self"]["href"].startswith(f"http://{host}/")
