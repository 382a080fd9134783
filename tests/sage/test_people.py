"""Accounts, access lists and manifests, as the account service answers."""

import json
from collections.abc import Callable

import pytest

from tests.sage.scheduler import Scheduler
from tests.service import Account, Service

DENIED = {"detail": "You do not have permission to perform this action."}
ED, RSA = "ssh-ed25519 AAAAC3NzaC1lZDI1 ada@laptop", "ssh-rsa AAAAB3NzaC1yc2EA"
KEYS = "Enter a valid list of newline delimited SSH public keys."
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
        for path in (f"/users/{name}", f"/users/{name}/access", f"/users/{name}/projects", f"/user_profile/{name}"):
            told = theone.ask("GET", path)
            assert (403, DENIED) == (told.status, told.json)
    assert 403 == theone.ask("PATCH", "/user_profile/other", body="{}").status
    assert (403, DENIED) == ((told := theone.ask("GET", "/users/")).status, told.json)
    root = client("root")
    assert "other" == root.ask("GET", "/users/other").json["username"]
    for name in ("nobody-at-all", "%00"):
        told = root.ask("GET", f"/users/{name}")
        assert (404, {"detail": "Not found."}) == (told.status, told.json)
    listed = {one["username"]: one for one in root.ask("GET", "/users/").json}
    assert listed["other"] == root.ask("GET", "/users/other").json
    assert {"builder", "other", "root", "theone"} <= set(listed)


def test_access_lists(theone: Scheduler, other: Scheduler, client: Client) -> None:
    """Sorted by VSN; an admin has no more permissions than others."""
    words = ["files", "schedule"]
    expected = [{"vsn": vsn, "access": words} for vsn in ("W023", "W030", "W042")]
    assert expected == theone.ask("GET", "/users/theone/access").json
    assert [] == other.ask("GET", "/users/~self/access").json
    assert [] == client("root").ask("GET", "/users/root/access").json
    assert expected == client("root").ask("GET", "/users/theone/access").json


@pytest.mark.parametrize("word", ["Sage", "sage", "Token", "token"])
def test_headers_of_the_account_service(theone: Scheduler, people: dict[str, Account], word: str) -> None:
    """Two words, in any letter case."""
    theone._http.headers["Authorization"] = f"{word} {people['theone'].token}"
    assert "theone" == theone.ask("GET", "/users/~self").json["username"]


def test_who_is_not_known(client: Client) -> None:
    """401, with what was wrong."""
    for name, why in ((None, "Authentication credentials were not provided."), ("bad", "Invalid token.")):
        told = client(name).ask("GET", "/users/~self")
        assert (401, {"detail": why}, "Sage") == (told.status, told.json, told.headers["www-authenticate"])


def test_the_own_token_is_revoked_alone(client: Client, people: dict[str, Account]) -> None:
    """It is told again until it is revoked, at every door; the token that somebody logged in with lives on."""
    mine = client("builder")
    own = mine.ask("GET", "/token").json["token"]
    assert own == mine.ask("GET", "/token/").json["token"] != people["builder"].token
    by_own = client(own)
    assert "builder" == by_own.ask("GET", "/users/~self").json["username"]
    assert own == by_own.ask("GET", "/token").json["token"]
    told = by_own.ask("DELETE", "/token")
    assert (200, "") == (told.status, told.text)
    assert 401 == by_own.ask("GET", "/users/~self").status
    assert 400 == by_own.create("x").status
    assert own != mine.ask("GET", "/token").json["token"]


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


def test_a_profile(theone: Scheduler, client: Client) -> None:
    """What one says of oneself: PUT and PATCH leave alone what they do not name, and names cannot be changed."""
    empty = {"username": "theone", "organization": "", "department": "", "bio": "", "ssh_public_keys": ""}
    assert empty == theone.ask("GET", "/user_profile/theone").json
    said = theone.ask(
        "PUT", "/user_profile/theone", body='{"bio": " rain \\n", "organization": "ANL", "username": "x"}'
    )
    assert (200, {**empty, "bio": "rain", "organization": "ANL"}) == (said.status, said.json)
    keyed = theone.ask("PATCH", "/user_profile/theone", body=json.dumps({"ssh_public_keys": f"{ED}\n{RSA}\n"})).json
    assert {**said.json, "ssh_public_keys": f"{ED}\n{RSA}"} == keyed
    assert keyed == theone.ask("GET", "/user_profile/theone/").json
    assert keyed["ssh_public_keys"] == theone.ask("GET", "/users/~self").json["ssh_public_keys"]
    changed = client("root").ask("PUT", "/user_profile/theone", body=json.dumps(empty))
    assert (200, empty) == (changed.status, changed.json)
    assert 404 == client("root").ask("PUT", "/user_profile/nobody-at-all", body="{}").status


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        ({"organization": "o" * 256}, {"organization": ["Ensure this field has no more than 255 characters."]}),
        ({"department": "o" * 256}, {"department": ["Ensure this field has no more than 255 characters."]}),
        (
            {"bio": "o" * 2001, "department": None},
            {
                "department": ["This field may not be null."],
                "bio": ["Ensure this field has no more than 2000 characters."],
            },
        ),
        ({"bio": ["x"]}, {"bio": ["Not a valid string."]}),
        ({"bio": True}, {"bio": ["Not a valid string."]}),
        ({"bio": "a\0b"}, {"bio": ["Null characters are not allowed."]}),
        ({"bio": "\ud800"}, {"bio": ["Surrogate characters are not allowed: U+D800."]}),
        ({"ssh_public_keys": f"{ED}\n" * 6}, {"ssh_public_keys": ["You may only have up to five keys."]}),
        ({"ssh_public_keys": f"{ED}\nrsa AAAA"}, {"ssh_public_keys": [KEYS]}),
        ({"ssh_public_keys": "ssh-rsa"}, {"ssh_public_keys": [KEYS]}),
        ({"ssh_public_keys": f"{ED}\n\n{RSA}"}, {"ssh_public_keys": [KEYS]}),
        ("ssh-rsa AAAA", {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
    ],
)
def test_a_profile_that_is_refused(other: Scheduler, asked: object, errors: object) -> None:
    """In the words of the original, by field; nothing of it is kept."""
    told = other.ask("PATCH", "/user_profile/other", body=json.dumps(asked))
    assert (400, errors) == (told.status, told.json)
    assert "" == other.ask("GET", "/user_profile/other").json["bio"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_profile_that_is_no_json(other: Scheduler, body: bytes) -> None:
    """Told as a detail of the whole."""
    told = other.ask("PUT", "/user_profile/other", body=body)
    assert 400 == told.status
    assert told.json["detail"].startswith("JSON parse error - ")


def test_the_keys_of_a_node(nobody: Scheduler, client: Client) -> None:
    """Of those who work on it: their lines whole, or for services without comments. Anybody may read them."""
    said = client("builder").ask("PUT", "/user_profile/builder", body=json.dumps({"ssh_public_keys": f"{ED}\n{RSA}"}))
    assert 200 == said.status
    keys = nobody.ask("GET", "/nodes/W030/authorized_keys")
    assert (200, f"{ED}\n{RSA}", "text/plain") == (keys.status, keys.text, keys.headers["content-type"])
    assert keys.text == nobody.ask("GET", "/nodes/w030/authorized_keys/", user="builder").text
    assert "" == nobody.ask("GET", "/nodes/W030/authorized_keys", user="theone").text
    plain = "ssh-ed25519 AAAAC3NzaC1lZDI1\nssh-rsa AAAAB3NzaC1yc2EA\n"
    assert [{"user": "builder", "ssh_public_keys": plain}] == nobody.ask("GET", "/nodes/W099/users").json
    assert [] == nobody.ask("GET", "/nodes/W023/users").json
    for path in ("/nodes/W777/users", "/nodes/W777/authorized_keys", "/nodes/%00/users"):
        assert (404, {"detail": "Not found."}) == ((told := nobody.ask("GET", path)).status, told.json)


def test_projects(theone: Scheduler, nobody: Scheduler) -> None:
    """There are none; the nodes that are open to somebody are told all the same."""
    found = theone.ask("GET", "/users/theone/projects").json
    words = ["files", "schedule"]
    access = dict.fromkeys(("W023", "W030", "W042"), words)
    assert {"projects": [], "vsns": ["W023", "W030", "W042"], "access": access} == found
    assert [] == theone.ask("GET", "/projects/").json
    assert 401 == nobody.ask("GET", "/projects/").status
