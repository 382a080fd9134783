"""What the scripts of the bash command line of Tapis v2 rely on beyond single requests."""

import pytest

from tests.service import Service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, ended
from tests.tapis2.people import Person, newcomer

APP = {**CLASSIFY, "name": "cli.app"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def cli(service: Service) -> Person:
    """Somebody at a command line, with the tutorial's app."""
    person = newcomer(service, "cli")
    deploy(person, APP)
    person.post("/apps/v2/", 201, json=APP)
    return person


@pytest.fixture(scope="module")
def job(cli: Person) -> str:
    """A job that has finished."""
    made = cli.http.post("/jobs/v2/?pretty=true", headers=JSON, json={**SEED, "appId": "cli.app-1.0"})
    assert 201 == made.status_code
    found = str(made.json()["result"]["id"])
    ended(cli, found)
    return found


def test_all_outputs_are_fetched(cli: Person, job: str) -> None:
    """``jobs-output-get -r`` walks listings without pretty, and would never end if a listing held itself."""
    seen: dict[str, bytes] = {}

    def walk(path: str) -> None:
        for one in cli.get(f"/jobs/v2/{job}/outputs/listings/{path}"):
            assert "." != one["name"]
            if one["type"] == "dir":
                walk(f"{path}{one['name']}/")
            else:
                seen[path + one["name"]] = cli.http.get(f"/jobs/v2/{job}/outputs/media/{path}{one['name']}").content

    walk("")
    assert "predictions.txt" in seen
    assert b"" == seen["joe-app-imageclassify.err"]


def test_a_missing_output_is_found_by_its_compact_words(cli: Person, job: str) -> None:
    """The command line looks for them in what it has downloaded."""
    answer = cli.http.get(f"/jobs/v2/{job}/outputs/media/no.txt")
    assert '"status":"error"' in answer.text
    assert '"message":"File/folder does not exist"' in answer.text


def test_a_job_is_stopped(cli: Person) -> None:
    asleep = {**APP, "name": "cli.sleep", "deploymentPath": "applications/sleep"}
    deploy(cli, asleep, "sleep 600\n")
    cli.post("/apps/v2/", 201, json=asleep)
    made = cli.post("/jobs/v2/?pretty=true", 201, json={**SEED, "appId": "cli.sleep-1.0"})["id"]
    assert made == cli.post(f"/jobs/v2/{made}?pretty=true", headers=JSON, content='{"action":"stop"}')["id"]
    wait_until(lambda: cli.get(f"/jobs/v2/{made}/status")["status"] == "STOPPED")


def test_an_id_is_looked_up(cli: Person, bob: Person, job: str) -> None:
    for thing, path in (("job", f"/jobs/v2/{job}"), ("app", "/apps/v2/cli.app-1.0"), ("system", "/systems/v2/local")):
        whole = cli.get(path)
        uuid = whole.get("uuid") or whole["id"]
        found = cli.get(f"/uuids/v2/{uuid}")
        assert (thing, whole["_links"]["self"]) == (found["type"], found["_links"]["self"])
    assert bob.get(f"/uuids/v2/{job}", 404)
    assert cli.get("/uuids/v2/nothing-007", 404)
