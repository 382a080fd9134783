"""Accounts, access lists and manifests, as the account service answers."""

import json
from collections.abc import Callable

import pytest

from tests.sage.scheduler import Scheduler
from tests.service import Account, Service

Client = Callable[[str | None], Scheduler]


def test_oneself(theone: Scheduler, service: Service) -> None:
    """The whole record, as other services of the original read it."""
    found = theone.ask("GET", "/users/~self").json
    assert ("theone", "theone@example.com", False, True) == (
        found["username"],
        found["email"],
        found["is_superuser"],
        found["is_approved"],
    )
    assert f"{service.url}/users/theone" == found["url"]
    assert found["date_joined"].endswith("Z")
    assert found == theone.ask("GET", "/users/theone/").json


def test_others(theone: Scheduler, client: Client) -> None:
    """Only admins see them; nobody else learns who is here."""
    for name in ("other", "nobody-at-all", "%00"):
        told = theone.ask("GET", f"/users/{name}")
        assert (404, {"detail": "Not found."}) == (told.status, told.json)
    assert "other" == client("root").ask("GET", "/users/other").json["username"]
    assert 404 == client("root").ask("GET", "/users/nobody-at-all").status


def test_access_lists(theone: Scheduler, other: Scheduler, client: Client) -> None:
    """Sorted by VSN; an admin has no more permissions than others."""
    words = ["files", "schedule"]
    expected = [{"vsn": vsn, "access": words} for vsn in ("W023", "W030", "W042")]
    assert expected == theone.ask("GET", "/users/theone/access").json
    assert [] == other.ask("GET", "/users/~self/access").json
    assert [] == client("root").ask("GET", "/users/root/access").json
    assert expected == client("root").ask("GET", "/users/theone/access").json
    assert 404 == other.ask("GET", "/users/theone/access").status


@pytest.mark.parametrize("word", ["Sage", "sage", "Token", "token"])
def test_headers_of_the_account_service(theone: Scheduler, people: dict[str, Account], word: str) -> None:
    """Two words, in any letter case."""
    theone._http.headers["Authorization"] = f"{word} {people['theone'].token}"
    assert people["theone"].token == theone.ask("GET", "/token").json["token"]


def test_who_is_not_known(client: Client) -> None:
    """401, with what was wrong."""
    for name, why in ((None, "Authentication credentials were not provided."), ("bad", "Invalid token.")):
        told = client(name).ask("GET", "/users/~self")
        assert (401, {"detail": why}, "Sage") == (told.status, told.json, told.headers["www-authenticate"])


def test_a_token_can_be_given_back(service: Service, client: Client, people: dict[str, Account]) -> None:
    """It is worth nothing after that, here and at every other door; others live on."""
    spare = json.loads(service.command("token", "add", "theone", "--output", "json").stdout)["token"]
    mine = client(spare)
    assert "theone" == mine.ask("GET", "/users/~self").json["username"]
    assert 204 == mine.ask("DELETE", "/token").status
    assert 401 == mine.ask("GET", "/users/~self").status
    assert "No token found" not in mine.create("x").text
    assert 400 == mine.create("x").status
    assert 200 == client("theone").ask("GET", "/token/").status


def test_token_info(theone: Scheduler, people: dict[str, Account]) -> None:
    """The older form of the question."""
    asked = json.dumps({"token": people["theone"].token})
    found = theone.ask("POST", "/token_info/", body=asked).json
    assert (True, "theone", "default") == (found["active"], found["username"], found["scope"])
    assert {"active": False} == theone.ask("POST", "/token_info/", body='{"token": "none"}').json
    for body in ("", "[]", "{}", '{"token": 1}', "{" * 10_000):
        assert 400 == theone.ask("POST", "/token_info/", body=body).status


def test_manifests(nobody: Scheduler) -> None:
    """All of them, one of them, and the sensors by kind; nobody has to say who they are."""
    listed = nobody.ask("GET", "/manifests/").json
    assert ["W023", "W030", "W042", "W099"] == [one["vsn"] for one in listed]
    one = nobody.ask("GET", "/manifests/W042/").json
    assert ("000048b02d15bc7c", ["rain", "chicago"], "rpi") == (one["name"], one["tags"], one["computes"][0]["name"])
    assert one == nobody.ask("GET", "/manifests/w042").json
    assert ["bottom", "bottom_camera"] == [sensor["name"] for sensor in listed[0]["sensors"]]
    (camera,) = nobody.ask("GET", "/sensors/", phase="deployed").json
    assert ("camera", ["W023", "W030", "W099"]) == (camera["hardware"], camera["vsns"])
    assert [] == nobody.ask("GET", "/sensors/", phase="Retired").json
    assert {"detail": "Not found."} == nobody.ask("GET", "/manifests/W777/").json
    assert 404 == nobody.ask("GET", "/manifests/%00").status
    assert 404 == nobody.ask("GET", "/nodes/W023/users").status
