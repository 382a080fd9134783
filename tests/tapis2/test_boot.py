"""How every client begins: tenants, clients, tokens, profiles."""

import httpx2
import pytest

from tests.service import PASSWORD, Service
from tests.tapis2.people import Person, newcomer, requests, told

TOKEN = {"grant_type": "password", "username": "joe", "password": PASSWORD, "scope": "PRODUCTION"}


@pytest.mark.parametrize("path", ["/tenants", "/tenants/", "/tenants/?pretty=true", "//tenants//"])
def test_tenants_are_told_to_everybody(nobody: httpx2.Client, path: str) -> None:
    """All later addresses are built from baseUrl: it is the one by which the asker has come."""
    answer = nobody.get(f"{nobody.base_url.join('/')}{path[1:]}", headers={"Host": "tapis.test:99"})
    (tenant,) = told(answer, 200)
    assert ("solo", "http://tapis.test:99/") == (tenant["code"], tenant["baseUrl"])
    assert "http://tapis.test:99/tenants/solo" == tenant["_links"]["self"]["href"]


def test_a_tenant_that_is_not_here(nobody: httpx2.Client) -> None:
    assert "There is no tenant other here, only solo." == told(nobody.get("/tenants/other"), 404)


def test_a_client_that_is_made_again_keeps_its_keys(joe: Person, nobody: httpx2.Client) -> None:
    """That is how somebody recovers a lost secret."""
    again = nobody.post("/clients/v2", json={"clientName": "cli", "description": ""}, auth=("joe", PASSWORD))
    assert "Client created successfully." == again.json()["message"]
    made = told(again, 201)
    assert (joe.key, joe.secret) == (made["consumerKey"], made["consumerSecret"])
    assert {"self", "subscriber", "subscriptions"} == set(made["_links"])


def test_a_client_is_shown_without_its_secret(joe: Person, nobody: httpx2.Client) -> None:
    (listed,) = told(nobody.get("/clients/v2/?pretty=true", auth=("joe", PASSWORD)), 200)
    found = told(nobody.get("/clients/v2/cli", auth=("joe", PASSWORD)), 200)
    assert listed == found
    assert joe.key == found["consumerKey"]
    assert "consumerSecret" not in found


def test_a_client_is_removed_with_its_tokens(service: Service) -> None:
    """The name may be used again, for another client."""
    eve = newcomer(service, "eve")
    assert eve.get("/profiles/v2/me")
    assert eve.http.delete("/clients/v2/cli", auth=("eve", PASSWORD)).json()["result"] is None
    assert 401 == eve.http.get("/profiles/v2/me").status_code
    gone = eve.http.delete("/clients/v2/cli", auth=("eve", PASSWORD))
    assert "Application not found" == told(gone, 400)
    made = told(eve.http.post("/clients/v2/", data={"clientName": "cli"}, auth=("eve", PASSWORD)), 201)
    assert eve.key != made["consumerKey"]


def test_a_client_is_subscribed_to_everything(joe: Person, nobody: httpx2.Client) -> None:
    found = told(nobody.get(f"/clients/v2/cli/subscriptions?limit={len(joe.name)}", auth=("joe", PASSWORD)), 200)
    assert {"Apps", "Files", "Jobs", "Systems"} <= {one["name"] for one in found}
    assert all(one["apiName"] == one["name"] for one in found)
    assert "/jobs" in {one["context"] for one in found}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({}, "clientName is required"),
        ({"clientName": "x", "tier": "Lead"}, "tier value must be one of: [Bronze, Gold, Unlimited, Silver]."),
    ],
)
def test_a_client_that_cannot_be(joe: Person, nobody: httpx2.Client, words: dict[str, str], why: str) -> None:
    assert why == told(nobody.post("/clients/v2", data=words, auth=(joe.name, PASSWORD)), 400)


@pytest.mark.parametrize("auth", [("joe", "wrong"), ("nobody", "x"), None])
def test_clients_are_for_those_with_a_password(nobody: httpx2.Client, auth: tuple[str, str] | None) -> None:
    assert told(nobody.get("/clients/v2/", auth=auth), 401)


def test_a_token_for_a_password(joe: Person, nobody: httpx2.Client) -> None:
    """The reply has no envelope; the command line compares ``bearer`` and cuts its cache at commas and colons."""
    answer = nobody.post("/token?pretty=true", data=TOKEN, auth=(joe.key, joe.secret))
    assert answer.text.startswith('{\n  "scope" : "default",\n  "token_type" : "bearer",\n  "expires_in" : 14400,')
    for name in ("access_token", "refresh_token"):
        assert 25 <= len(answer.json()[name]) <= 40
        assert answer.json()[name].isalnum()


def test_a_refresh_token_gives_another_pair(service: Service, nobody: httpx2.Client) -> None:
    """Programs side by side share one cache, so the old one goes on for a while."""
    sue = newcomer(service, "sue")
    words = {"grant_type": "refresh_token", "refresh_token": sue.refresh, "scope": "PRODUCTION"}
    first, second = (nobody.post("/token", data=words, auth=(sue.key, sue.secret)).json() for _ in range(2))
    assert 4 == len({sue.token, first["access_token"], second["access_token"], sue.refresh})
    with requests(service, second["access_token"]) as http:
        assert "sue" == told(http.get("/profiles/v2/me"), 200)["username"]
    assert "sue" == sue.get("/profiles/v2/me")["username"]


def test_a_refresh_token_is_good_for_its_client_alone(joe: Person, bob: Person, nobody: httpx2.Client) -> None:
    words = {"grant_type": "refresh_token", "refresh_token": bob.refresh}
    answer = nobody.post("/token", data=words, auth=(joe.key, joe.secret))
    assert (400, "invalid_grant") == (answer.status_code, answer.json()["error"])


def test_a_token_for_a_clients_own_key(joe: Person, service: Service, nobody: httpx2.Client) -> None:
    answer = nobody.post("/token", data={"grant_type": "client_credentials"}, auth=(joe.key, joe.secret))
    with requests(service, answer.json()["access_token"]) as http:
        assert "joe" == told(http.get("/profiles/v2/me"), 200)["username"]


@pytest.mark.parametrize(
    ("words", "status", "error", "why"),
    [
        ({**TOKEN, "password": "x"}, 400, "invalid_grant", "Authentication failed for joe"),
        ({"grant_type": "password", "username": "joe"}, 400, "invalid_request", "Missing parameters: password"),
        ({}, 400, "invalid_request", "Missing parameters: grant_type"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", ""),
        ({**TOKEN, "grant_type": "admin_password", "token_username": "bob"}, 400, "unauthorized_client", ""),
    ],
)
def test_a_login_that_fails(
    joe: Person, nobody: httpx2.Client, words: dict[str, str], status: int, error: str, why: str
) -> None:
    answer = nobody.post("/token", data=words, auth=(joe.key, joe.secret))
    assert (status, error) == (answer.status_code, answer.json()["error"])
    assert answer.json()["error_description"].startswith(why)


def test_a_client_with_a_wrong_secret(joe: Person, nobody: httpx2.Client) -> None:
    answer = nobody.post("/token", data=TOKEN, auth=(joe.key, "x"))
    assert (401, "invalid_client") == (answer.status_code, answer.json()["error"])


def test_a_token_is_taken_back(service: Service) -> None:
    """By whoever holds it and the client it was made for."""
    max_ = newcomer(service, "max")
    answer = max_.http.post("/revoke", data={"token": max_.token}, auth=(max_.key, max_.secret))
    assert (200, "") == (answer.status_code, answer.text)
    assert 900903 == max_.http.get("/profiles/v2/me").json()["fault"]["code"]


def test_an_admin_speaks_for_somebody(service: Service, bob: Person, nobody: httpx2.Client) -> None:
    words = ("account", "add", "root", "--email", "root@example.com", "--password", PASSWORD, "--admin")
    service.command(*words)
    made = told(nobody.post("/clients/v2", data={"clientName": "c"}, auth=("root", PASSWORD)), 201)
    asked = {"grant_type": "admin_password", "username": "root", "password": PASSWORD, "token_username": bob.name}
    answer = nobody.post("/token", data=asked, auth=(made["consumerKey"], made["consumerSecret"]))
    with requests(service, answer.json()["access_token"]) as http:
        assert "bob" == told(http.get("/profiles/v2/me"), 200)["username"]


@pytest.mark.parametrize(
    ("header", "code", "why"),
    [
        ({}, 900902, "Missing Credentials"),
        ({"Authorization": "Bearer"}, 900902, "Missing Credentials"),
        ({"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}, 900904, "Invalid Credentials"),
        ({"Authorization": "Bearer nonsense"}, 900904, "Invalid Credentials"),
    ],
)
def test_without_a_good_token(nobody: httpx2.Client, header: dict[str, str], code: int, why: str) -> None:
    """The gateway answers, in its own form, and always in one line: the command line finds its message only so."""
    answer = nobody.get("/profiles/v2/me?pretty=true", headers=header)
    assert 401 == answer.status_code
    assert answer.text.startswith(f'{{"fault":{{"code":{code},"message":"{why}')
    assert '"status":"error"' in answer.text


def test_an_accounts_own_token_works_too(joe: Person, service: Service) -> None:
    with requests(service, joe.account.token) as http:
        assert "joe" == told(http.get("/profiles/v2/me"), 200)["username"]


def test_people_are_searched_before_they_are_cut_into_pages(service: Service, joe: Person) -> None:
    """Somebody who stands behind the first page of everybody is on the first page of those who fit."""
    for name in ("page-a", "page-b", "page-c"):
        service.account(name, f"{name}@Example.org")
    ask = "/profiles/v2?name=PAGE-&limit=2"
    assert ["page-a", "page-b"] == [one["username"] for one in joe.get(ask)]
    assert ["page-c"] == [one["username"] for one in joe.get(f"{ask}&offset=2")]
    assert ["page-c"] == [one["username"] for one in joe.get("/profiles/v2?email=PAGE-C@example.org&limit=1")]
    assert [] == joe.get("/profiles/v2?name=page_")


def test_profiles(joe: Person, bob: Person) -> None:
    assert ("joe", "joe@example.com") == tuple(joe.get("/profiles/v2/me")[key] for key in ("username", "email"))
    assert "bob" == joe.get("/profiles/v2/bob")["username"]
    assert ["bob"] == [one["username"] for one in joe.get("/profiles/v2?username=bob")]
    assert ["bob"] == [one["username"] for one in joe.get(f"/profiles/v2/?email={bob.account.email}")]
    assert [] == joe.get("/profiles/v2?username=nobody")
    assert ["bob"] == [one["username"] for one in joe.get("/profiles/v2?full_name=BO&name=BO")]
    assert [] == joe.get("/profiles/v2?firstName=nobody")
    assert [] == joe.get("/profiles/v2?lastName=b")
    assert [] == joe.get(f"/profiles/v2?username=joe&email={bob.account.email}")
    assert joe.get("/profiles/v2/nobody", 404)
    assert joe.post("/profiles/v2", 403, data={"username": "x"})
