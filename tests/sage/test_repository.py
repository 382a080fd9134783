"""The code repository: what its readers need, who may add what, and what is not built here."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.sage.scheduler import SEED, Answer, Scheduler

Client = Callable[[str | None], Scheduler]
APP = {
    "name": "rain",
    "description": "Listens to rain",
    "source": {"url": "https://example.org/rain.git", "branch": "main", "architectures": ["linux/arm64"]},
    "inputs": [{"id": "seconds", "type": "int"}],
}


def submit(client: Scheduler, app: dict[str, Any], **query: str) -> Answer:
    return client.ask("POST", "/api/submit", body=json.dumps(app), **query)


def own(namespace: str, version: str, **more: Any) -> dict[str, Any]:
    return {**APP, "namespace": namespace, "version": version, **more}


def test_what_schedulers_read(nobody: Scheduler) -> None:
    """All apps, and one by its place; what the catalogue ships is for everybody."""
    apps = nobody.ask("GET", "/api/apps", limit="1000").json["data"]
    (app,) = (one for one in apps if one["id"] == "theone/imagesampler:0.3.0")
    assert "dragoman/weather:1.0.0" in [one["id"] for one in apps]
    assert ("theone/imagesampler:0.3.0", "theone", "imagesampler", "0.3.0") == tuple(
        app[key] for key in ("id", "namespace", "name", "version")
    )
    assert ["linux/amd64", "linux/arm64"] == app["source"]["architectures"]
    assert app == nobody.ask("GET", "/api/apps/theone/imagesampler/0.3.0").json
    none = nobody.ask("GET", "/api/apps/theone/imagesampler/9")
    assert (404, {"error": "App not found"}) == (none.status, none.json)
    assert "SAGE Edge Code Repository" == nobody.ask("GET", "/api/").text


def test_an_app_lives_in_its_namespace(theone: Scheduler, other: Scheduler) -> None:
    """One's own by name, or one that nobody has; private until everybody may read it."""
    made = submit(other, own("other", "1.0.0"))
    assert (200, "other/rain:1.0.0", "other", False) == (
        made.status,
        *(made.json[key] for key in ("id", "owner", "frozen")),
    )
    assert 404 == theone.ask("GET", "/api/apps/other/rain/1.0.0").status
    assert 403 == submit(theone, own("other", "2.0.0")).status
    refused = theone.submit_file(SEED.replace("theone/imagesampler:0.3.0", "other/rain:1.0.0")).json["error"]
    assert "[registry.sagecontinuum.org/other/rain:1.0.0 does not exist in ECR]" == refused
    asked = {"operation": "add", "granteeType": "GROUP", "grantee": "AllUsers", "permission": "READ"}
    assert {"added": 1} == other.ask("PUT", "/api/permissions/other/rain", body=json.dumps(asked)).json
    assert "other/rain:1.0.0" == theone.ask("GET", "/api/apps/other/rain/1.0.0").json["id"]
    assert 200 == theone.submit_file(SEED.replace("theone/imagesampler:0.3.0", "other/rain:1.0.0")).status
    assert {"AllUsers", "other"} == {row["grantee"] for row in theone.ask("GET", "/api/permissions/other/rain").json}
    taken = json.dumps({**asked, "operation": "delete"})
    assert {"deleted": 1} == other.ask("PUT", "/api/permissions/other/rain", body=taken).json
    assert 404 == theone.ask("GET", "/api/apps/other/rain/1.0.0").status


def test_a_version_is_submitted_once(theone: Scheduler) -> None:
    """Again by force only, and not when it is frozen; a deleted one can come back."""
    assert 200 == submit(theone, own("theone", "1.0.0")).status
    again = submit(theone, own("theone", "1.0.0"))
    told = "theone/rain:1.0.0 already exists. Submit it with force=true to replace it."
    assert (409, told) == (again.status, again.json["error"])
    forced = submit(theone, own("theone", "1.0.0", description="Other words"), force="true")
    assert "Other words" == forced.json["description"]
    place = "/api/apps/theone/rain/1.0.0"
    assert theone.ask("PUT", place, frozen="1").json["frozen"]
    assert 409 == submit(theone, own("theone", "1.0.0"), force="true").status
    assert 409 == theone.ask("DELETE", place).status
    assert not theone.ask("PUT", place, frozen="0").json["frozen"]
    assert {"deleted": 1} == theone.ask("DELETE", place).json
    assert 404 == theone.ask("GET", place).status
    assert "theone/rain:1.0.0" == theone.ask("POST", place, body=json.dumps(APP)).json["id"]
    assert ["1.0.0"] == theone.ask("GET", "/api/repositories/theone/rain").json["versions"]


def test_lists_have_pages(theone: Scheduler) -> None:
    """With a token for the next one; one sees one's namespaces."""
    for version in ("1", "2", "3"):
        submit(theone, own("theone", version, name="paged"))
    first = theone.ask("GET", "/api/apps/theone/paged", limit="2").json
    rest = theone.ask(
        "GET", "/api/apps/theone/paged", **{"limit": "2", "continue": first["pagination"]["continuationToken"]}
    ).json
    assert (["1", "2"], ["3"], "") == (
        [app["version"] for app in first["data"]],
        [app["version"] for app in rest["data"]],
        rest["pagination"]["continuationToken"],
    )
    assert "theone" in [one["id"] for one in theone.ask("GET", "/api/namespaces").json["data"]]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (None, "Not authenticated"),
        ("bearer x", "Authorization failed (Authorization bearer not supported)"),
        ("sage", "Authorization failed (could not parse Authorization header)"),
        ("sage nobody", "Invalid token."),
    ],
)
def test_who_may_not(nobody: Scheduler, header: str | None, told: str) -> None:
    """401 in the words of the original; the scheme may be written in any letter case."""
    if header:
        nobody._http.headers["Authorization"] = header
    for method, path in (("POST", "/api/submit"), ("DELETE", "/api/apps/theone/imagesampler/0.3.0")):
        answer = nobody.ask(method, path, body=json.dumps(own("nobody", "1")))
        assert (401, {"error": told}) == (answer.status, answer.json)


@pytest.mark.parametrize(
    ("app", "place"),
    [
        ({"namespace": "Big"}, "namespace"),
        ({"version": "a b"}, "version"),
        ({"source": {}}, "source.url"),
        ({"source": {"url": "x", "architectures": ["linux/sparc"]}}, "source.architectures"),
        ({"inputs": [{"id": "a", "type": "colour"}]}, "inputs.0"),
        ({"keywords": ["a"]}, "keywords"),
    ],
)
def test_a_bad_app_is_refused(theone: Scheduler, app: dict[str, Any], place: str) -> None:
    """With what is wrong where."""
    answer = submit(theone, {**own("theone", "7"), **app})
    assert (400, True) == (answer.status, answer.json["error"].startswith(f"{place}: "))
    assert 404 == theone.ask("GET", "/api/apps/theone/rain/7").status


def test_bodies_that_are_no_app(theone: Scheduler) -> None:
    """Never a fault of the service."""
    for body in ("", "[]", "text", "{", "a: *b"):
        assert 400 == theone.ask("POST", "/api/submit", body=body).status
        assert 400 == theone.ask("PUT", "/api/permissions/theone/imagesampler", body=body).status


@pytest.mark.parametrize(
    "change",
    [
        {"operation": ["add"]},
        {"operation": "give"},
        {"permission": {}},
        {"permission": "ALL"},
        {"granteeType": []},
        {"grantee": "nobody-at-all"},
        {"grantee": "a\x00b"},
        {"grantee": ""},
        {"granteeType": "GROUP", "grantee": "Staff"},
        {"granteeType": "GROUP", "grantee": "AllUsers", "permission": "WRITE"},
    ],
)
def test_a_bad_permission_is_refused(theone: Scheduler, change: dict[str, Any]) -> None:
    """Before anything is granted."""
    submit(theone, own("theone", "1", name="guarded"))
    usual = {"operation": "add", "granteeType": "USER", "grantee": "other", "permission": "READ"}
    path = "/api/permissions/theone/guarded"
    assert 400 == theone.ask("PUT", path, body=json.dumps({**usual, **change})).status
    assert ["theone"] == [row["grantee"] for row in theone.ask("GET", path).json]


def test_what_is_not_done_here(theone: Scheduler) -> None:
    """Said clearly."""
    build = theone.ask("POST", "/api/builds/theone/imagesampler/0.3.0")
    assert (400, True) == (build.status, "not built here" in build.json["error"])
    made = theone.ask("PUT", "/api/namespaces", body='{"id": "x"}')
    assert (400, True) == (made.status, "by the first app" in made.json["error"])
