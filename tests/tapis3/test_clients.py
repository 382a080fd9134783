"""Programs that people log in with: registered by their owners, used by everybody, and gone when given up."""

from typing import Any

import httpx2
import pytest

from tests.service import PASSWORD
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = pytest.mark.slow

KEYS = ["client_id", "client_key", "owner", "callback_url", "create_time", "last_update_time", "display_name"]
KEYS += ["description", "tenant_id", "active"]


def registered(person: Person, **fields: str) -> Any:
    return told(person.http.post("oauth2/clients", json=fields), 201)


def log_in(http: httpx2.Client, client: Any, **more: Any) -> httpx2.Response:
    """Log in as ann with a client."""
    asked = {"username": "ann", "password": PASSWORD, "grant_type": "password", **more}
    return http.post("oauth2/tokens", json=asked, auth=(client["client_id"], client["client_key"]))


def refresh(http: httpx2.Client, client: Any, token: str) -> httpx2.Response:
    asked = {"grant_type": "refresh_token", "refresh_token": token}
    return http.post("oauth2/tokens", json=asked, auth=(client["client_id"], client["client_key"]))


def test_everything_about_a_client_may_be_left_out(ann: Person) -> None:
    """Id and key are made then; its name is its id."""
    made = registered(ann)
    assert sorted(KEYS) == sorted(made)
    assert ("ann", "", "", "solo", True) == tuple(
        made[key] for key in ("owner", "callback_url", "description", "tenant_id", "active")
    )
    assert made["client_id"] == made["display_name"]
    assert 40 == len(made["client_key"])


def test_a_clients_key_is_told_once(ann: Person) -> None:
    """Afterwards there is only null where it stood."""
    made = registered(ann, client_id="once", client_key="own choice", description="d")
    assert "own choice" == made["client_key"]
    assert {**made, "client_key": None} == told(ann.http.get("oauth2/clients/once"))
    assert {**made, "client_key": None} in told(ann.http.get("oauth2/clients"))


def test_an_id_is_taken_once_for_all(ann: Person, bob: Person) -> None:
    """By anybody, and also after the client was given up."""
    registered(ann, client_id="taken")
    for person in (ann, bob):
        assert "taken" in refused(person.http.post("oauth2/clients", json={"client_id": "taken"}), 400)
    told(ann.http.delete("oauth2/clients/taken"))
    refused(ann.http.post("oauth2/clients", json={"client_id": "taken"}), 400)


def test_a_client_is_its_owners_alone(ann: Person, bob: Person) -> None:
    """To others it looks like one that does not exist."""
    registered(ann, client_id="anns")
    answers = [
        bob.http.get("oauth2/clients/anns"),
        bob.http.put("oauth2/clients/anns", json={"display_name": "x"}),
        bob.http.delete("oauth2/clients/anns"),
    ]
    missing = refused(bob.http.get("oauth2/clients/none"), 404)
    assert [missing.replace("none", "anns")] * 3 == [refused(answer, 404) for answer in answers]
    assert "anns" not in [one["client_id"] for one in told(bob.http.get("oauth2/clients"))]


def test_two_words_of_a_client_can_be_changed(ann: Person) -> None:
    """Anything else is refused, field by field."""
    made = registered(ann, client_id="changing")
    changed = told(ann.http.put("oauth2/clients/changing", json={"callback_url": "https://x/", "display_name": "Y"}))
    assert ("https://x/", "Y") == (changed["callback_url"], changed["display_name"])
    assert made["last_update_time"] < changed["last_update_time"]
    why = refused(ann.http.put("oauth2/clients/changing", json={"client_key": "x", "description": "y"}), 400)
    assert "client_key" in why
    assert "description" in why


def test_a_client_that_was_given_up_is_worth_nothing(ann: Person, nobody: httpx2.Client) -> None:
    """Nobody logs in with it, its refresh tokens renew nothing, and only a list of everything shows it."""
    made = registered(ann, client_id="gone")
    token = told(log_in(nobody, made))["refresh_token"]["refresh_token"]
    told(ann.http.delete("oauth2/clients/gone"))
    assert "Invalid client credentials." == refused(log_in(nobody, made), 400)
    assert "Invalid client credentials." == refused(refresh(nobody, made, token), 400)
    refused(ann.http.get("oauth2/clients/gone"), 404)
    listed = {one["client_id"]: one["active"] for one in told(ann.http.get("oauth2/clients?show_inactive=True"))}
    assert listed["gone"] is False
    assert "gone" not in [one["client_id"] for one in told(ann.http.get("oauth2/clients"))]


def test_a_list_of_clients_has_pages(bob: Person) -> None:
    """By limit and offset, oldest first."""
    names = [registered(bob, client_id=f"page{number}")["client_id"] for number in range(3)]
    pages = [told(bob.http.get(f"oauth2/clients?limit=2&offset={offset}")) for offset in (0, 2)]
    assert names == [one["client_id"] for page in pages for one in page]
    assert 3 == len(told(bob.http.get("oauth2/clients?limit=-1")))


@pytest.mark.parametrize(
    "fields",
    [{"client_id": "a:b"}, {"client_id": "a/b"}, {"client_id": 1}, {"client_key": ["x"]}, {"description": "x" * 2001}],
)
def test_what_cannot_be_a_client_is_refused(ann: Person, fields: dict[str, Any]) -> None:
    """The message names the field."""
    assert next(iter(fields)) in refused(ann.http.post("oauth2/clients", json=fields), 400)


def test_a_form_logs_in_too(ann: Person, nobody: httpx2.Client) -> None:
    """The client may stand in its fields, as OAuth has it."""
    made = registered(ann)
    form = {"username": "ann", "password": PASSWORD, "grant_type": "password"}
    named = {"client_id": made["client_id"], "client_key": made["client_key"]}
    assert ["access_token"] == list(told(nobody.post("oauth2/tokens", data=form)))
    assert ["access_token", "refresh_token"] == list(told(nobody.post("oauth2/tokens", data={**form, **named})))


def test_a_refresh_token_is_its_clients_alone(ann: Person, bob: Person, nobody: httpx2.Client) -> None:
    """Another client gets nothing for it, nor does nobody."""
    mine, other = registered(ann), registered(bob)
    token = told(log_in(nobody, mine))["refresh_token"]["refresh_token"]
    assert "another client" in refused(refresh(nobody, other, token), 400)
    asked = {"grant_type": "refresh_token", "refresh_token": token}
    refused(nobody.post("oauth2/tokens", json=asked), 400)
    again = told(refresh(nobody, mine, token))
    assert ["access_token", "refresh_token"] == list(again)
    told(refresh(nobody, mine, again["refresh_token"]["refresh_token"]))


def test_a_refresh_token_opens_no_door(ann: Person, nobody: httpx2.Client) -> None:
    """Nor does an access token renew anything; not even right after it was used as what it is."""
    made = registered(ann)
    tokens = told(log_in(nobody, made))
    access, renewing = tokens["access_token"]["access_token"], tokens["refresh_token"]["refresh_token"]
    told(nobody.get("oauth2/userinfo", headers={"X-Tapis-Token": access}))
    refused(refresh(nobody, made, access), 400)
    told(refresh(nobody, made, renewing))
    refused(nobody.get("oauth2/userinfo", headers={"X-Tapis-Token": renewing}), 401)


def test_a_revoked_refresh_token_renews_nothing(ann: Person, nobody: httpx2.Client) -> None:
    """Revoking it twice is no fault of anybody."""
    made = registered(ann)
    token = told(log_in(nobody, made))["refresh_token"]["refresh_token"]
    for _ in range(2):
        assert "" == told(nobody.post("oauth2/tokens/revoke", json={"token": token}))
    assert "revoked" in refused(refresh(nobody, made, token), 400)


@pytest.mark.parametrize("token", ["x", "0" * 40])
def test_what_we_have_not_signed_cannot_be_revoked(nobody: httpx2.Client, token: str) -> None:
    """It is told, for somebody may believe that a token is dead."""
    refused(nobody.post("oauth2/tokens/revoke", json={"token": token}), 400)


@pytest.mark.parametrize("grant", ["authorization_code", "device_code", "implicit", "client_credentials"])
def test_other_grants_are_refused(nobody: httpx2.Client, grant: str) -> None:
    """With those that there are."""
    why = refused(nobody.post("oauth2/tokens", json={"grant_type": grant}), 400)
    assert "not offered here" in why
    assert "password" in why


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["grant_type"]),
        ({"grant_type": None}, ["grant_type"]),
        ({"grant_type": ["password"]}, ["grant_type"]),
        ({"grant_type": "password"}, ["username", "password"]),
        ({"grant_type": "password", "username": "ann", "password": 1}, ["password"]),
        ({"grant_type": "password", "username": "", "password": ""}, ["username", "password"]),
    ],
)
def test_what_a_log_in_lacks_is_told_at_once(nobody: httpx2.Client, body: dict[str, Any], named: list[str]) -> None:
    """Every field of it."""
    why = refused(nobody.post("oauth2/tokens", json=body), 400)
    assert set() == {name for name in named if name not in why}


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic eA==", "Basic 4pg=", "basic eDp5", "Basic AHg6eQ=="])
def test_a_client_that_nobody_knows_logs_nobody_in(ann: Person, nobody: httpx2.Client, header: str) -> None:
    """Whatever stands in the header; the right password does not help."""
    asked = {"username": "ann", "password": PASSWORD, "grant_type": "password"}
    refused(nobody.post("oauth2/tokens", json=asked, headers={"Authorization": header}), 400)
