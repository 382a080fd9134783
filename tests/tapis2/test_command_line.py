"""What the bash command line of Tapis v2 asks, request by request, and what it prints of the answers.

Each row is a command, the request that it is known to send, and the few words that it takes out of the answer (with jq,
grep or sed). Commands 2.3.1 and 3.1.0 send the same.
"""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.service import PASSWORD, Service, wait_until
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.jobs import SEED, ended
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import STORAGE, changed

APP = {**CLASSIFY, "name": "cli.app"}
JSON = {"Content-Type": "application/json"}
Words = Callable[[Any], str]


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


def lines(key: str) -> Words:
    return lambda result: "\n".join(str(one[key]) for one in result)


def pems(result: Any) -> str:
    told = ((one["username"], [word.upper() for word, may in one["permission"].items() if may]) for one in result)
    return "\n".join(f"{name} {' '.join(words)} " for name, words in told)


ROWS: tuple[tuple[str, str, str, dict[str, Any], Words, str], ...] = (
    ("apps-list", "GET", "/apps/v2?pretty=true&privateOnly=true", {}, lines("id"), "cli.app-1.0"),
    ("apps-list ID", "GET", "/apps/v2/cli.app-1.0?pretty=true", {}, lambda r: r["id"], "cli.app-1.0"),
    ("apps-pems-list", "GET", "/apps/v2/cli.app-1.0/pems/?pretty=true", {}, pems, "cli READ WRITE EXECUTE "),
    (
        *("jobs-list", "GET", "/jobs/v2/?pretty=true", {}),
        *(lambda r: "\n".join(f"{one['id']} {one['status']}" for one in r), "{job} FINISHED"),
    ),
    ("jobs-list ID", "GET", "/jobs/v2/{job}?pretty=true", {}, lambda r: f"{r['id']} {r['status']}", "{job} FINISHED"),
    ("jobs-status ID", "GET", "/jobs/v2/{job}/status?pretty=true", {}, lambda r: r["status"], "FINISHED"),
    (
        *("jobs-history ID", "GET", "/jobs/v2/{job}/history?pretty=true", {}),
        *(lambda r: r[-1]["description"], "Job completed successfully"),
    ),
    (
        *("jobs-output-list ID", "GET", "/jobs/v2/{job}/outputs/listings/?pretty=true", {}),
        *(lambda r: r[-1]["name"], "predictions.txt"),
    ),
    ("jobs-pems-list ID", "GET", "/jobs/v2/{job}/pems/?pretty=true", {}, pems, "cli READ WRITE "),
    (
        *("jobs-search", "GET", "/jobs/v2?pretty=true&status.eq=FINISHED&name.like=%2aimage%2a", {}),
        *(lines("id"), "{job}"),
    ),
    ("systems-list -S", "GET", "/systems/v2/?type=storage&pretty=true", {}, lines("id"), "local.storage"),
    ("systems-list -E -P", "GET", "/systems/v2/?public=true&type=execution&pretty=true", {}, lines("id"), "local"),
    (
        *("files-mkdir -N d", "PUT", "/files/v2/media/system/local.storage/?pretty=true"),
        *({"data": {"action": "mkdir", "path": "d"}}, lambda r: r["name"], "d"),
    ),
    ("profiles-list me", "GET", "/profiles/v2/me?pretty=true", {}, lambda r: r["email"], "cli@example.com"),
    ("jobs-hide ID", "POST", "/jobs/v2/{job}/hide?pretty=true", {}, lambda r: r["id"], "{job}"),
    ("jobs-unhide ID", "POST", "/jobs/v2/{job}/unhide?pretty=true", {}, lambda r: r["id"], "{job}"),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_printed(cli: Person, job: str, row: tuple[str, str, str, dict[str, Any], Words, str]) -> None:
    _, method, path, more, words, expected = row
    answer = cli.http.request(method, path.replace("{job}", job), **more)
    assert answer.status_code < 300, answer.text
    assert answer.text.startswith('{\n  "status" : "success",')
    assert expected.replace("{job}", job) == words(answer.json()["result"])


def test_the_first_steps(service: Service, cli: Person, nobody: httpx2.Client) -> None:
    """tenants-init, clients-create, auth-tokens-create, auth-tokens-refresh: what they cut out of the answers."""
    (tenant,) = nobody.get("/tenants/").json()["result"]
    assert f"{service.url}/" == tenant["baseUrl"]
    form = {"clientName": "second", "tier": "Unlimited", "description": "desc", "callbackUrl": ""}
    made = nobody.post("/clients/v2/?pretty=true", data=form, auth=(cli.name, PASSWORD)).json()
    key, secret = made["result"]["consumerKey"], made["result"]["consumerSecret"]
    form = {"username": cli.name, "password": PASSWORD, "grant_type": "password", "scope": "PRODUCTION"}
    pair = nobody.post("/token", data=form, auth=(key, secret)).json()
    assert ("bearer", 14400) == (pair["token_type"], pair["expires_in"])
    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"], "scope": "PRODUCTION"}
    assert "bearer" == nobody.post("/token", data=form, auth=(key, secret)).json()["token_type"]
    gone = nobody.delete("/clients/v2/second?pretty=true", auth=(cli.name, PASSWORD))
    assert "Client removed successfully." == gone.json()["message"]


def test_systems_are_added_and_chosen(cli: Person) -> None:
    made = changed(STORAGE, id="cli.store")
    assert "cli.store" == cli.post("/systems/v2/?pretty=true", 201, json=made)["id"]
    form = {"action": "setDefault"}
    assert "STORAGE" == cli.put("/systems/v2/cli.store?pretty=true", data=form)["type"]
    assert cli.delete("/systems/v2/cli.store?pretty=true") is None


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


def test_a_bad_app_is_told(cli: Person) -> None:
    told = cli.post("/jobs/v2/?pretty=true", 400, json={**SEED, "appId": "nope-1.0"})
    assert "No app found matching nope-1.0 for cli" == told
