"""Scenario S1: boot and login, with tapipy as it is published and with plain requests."""

import time
from datetime import datetime
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from tapipy.errors import BadRequestError, UnauthorizedError  # type: ignore[import-untyped]

from dragoman.trust.jwt import key_pair, sign
from tests.service import PASSWORD, Service
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import TENANT, Person, tapis

pytestmark = [pytest.mark.slow, pytest.mark.client]

LOGIN = {"username": "ann", "password": PASSWORD, "grant_type": "password"}


def test_1_the_site_is_told(service: Service, nobody: httpx2.Client) -> None:
    """There is one, and its address is the one that was asked."""
    (site,) = told(nobody.get("sites"))
    assert (TENANT, service.url, True) == (site["site_id"], site["base_url"], site["primary"])
    assert {"systems", "apps", "files", "jobs"} <= set(site["services"])
    assert {"site_admin_tenant_id", "tenant_base_url_template", "create_time"} <= set(site)


def test_2_the_tenant_is_told(service: Service, nobody: httpx2.Client) -> None:
    """There is one; a client finds it by its address."""
    (tenant,) = told(nobody.get("tenants"))
    assert (TENANT, TENANT, service.url, "ACTIVE") == tuple(
        tenant[key] for key in ("tenant_id", "site_id", "base_url", "status")
    )
    services = {"token_service": "tokens", "security_kernel": "security", "authenticator": "oauth2"}
    assert {key: f"{service.url}/v3/{name}" for key, name in services.items()} == {key: tenant[key] for key in services}
    assert tenant["public_key"].startswith("-----BEGIN PUBLIC KEY-----\n")
    assert {"owner", "admin_user", "token_gen_services", "create_time", "last_update_time"} <= set(tenant)
    assert TENANT == tapis(service.url).tenant_id


def test_3_a_password_gets_a_signed_token(ann: Person, nobody: httpx2.Client) -> None:
    """It can be checked with the tenant's key, and says who asks; without a client there is no refresh token."""
    made = told(nobody.post("oauth2/tokens", json=LOGIN))
    assert ["access_token"] == list(made)
    token = made["access_token"]
    assert 14400 == token["expires_in"]
    assert token["expires_at"].endswith("+00:00")
    public = RSAKey.import_key(told(nobody.get("tenants/solo"))["public_key"])
    read = jwt.decode(token["access_token"], public, algorithms=["RS256"])
    assert {"alg": "RS256", "typ": "JWT"} == read.header
    assert 14000 < read.claims["exp"] - time.time() <= 14400
    assert read.claims["exp"] == datetime.fromisoformat(token["expires_at"]).timestamp()
    said = {
        "jti": token["jti"],
        "iss": f"{str(nobody.base_url).removesuffix('/')}/tokens",
        "sub": "ann@solo",
        "tapis/tenant_id": "solo",
        "tapis/token_type": "access",
        "tapis/username": "ann",
        "tapis/account_type": "user",
        "tapis/delegation": False,
        "tapis/delegation_sub": None,
    }
    assert said == {key: read.claims[key] for key in said}


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"username": "nobody"}, {"username": "dragoman"}])
def test_4_a_wrong_password_is_refused(ann: Person, nobody: httpx2.Client, wrong: dict[str, str]) -> None:
    """In the words that tutorials show, and the same for an account that there is not."""
    told_back = refused(nobody.post("oauth2/tokens", json={**LOGIN, **wrong}), 400)
    assert "Invalid username/password combination." == told_back


def test_4_tapipy_tells_a_wrong_password(service: Service, ann: Person) -> None:
    """Its user gets BadRequestError."""
    with pytest.raises(BadRequestError, match=r"Invalid username/password combination\."):
        tapis(service.url, username="ann", password="wrong").get_tokens()


@pytest.mark.parametrize("path", ["sites", "tenants", "sites/solo", "tenants/solo"])
def test_5_sites_and_tenants_heed_no_token(nobody: httpx2.Client, path: str) -> None:
    """A portal whose token has expired can still construct its client."""
    assert told(nobody.get(path)) == told(nobody.get(path, headers={"X-Tapis-Token": "garbage"}))


def test_6_a_client_gets_refresh_tokens(service: Service, ann: Person) -> None:
    """Tapipy sends the client's id and key as Basic, and renews its token by itself."""
    made = ann.tapis.authenticator.create_client(display_name="portal")
    assert ("ann", "portal", TENANT, True) == (made.owner, made.display_name, made.tenant_id, made.active)
    named = {"client_id": made.client_id, "client_key": made.client_key}
    client = tapis(service.url, username="ann", password=PASSWORD, **named)
    client.get_tokens()
    before = client.access_token.jti
    assert made.client_id == client.access_token.claims["tapis/client_id"]
    client.refresh_user_tokens()
    assert before != client.access_token.jti
    assert 1 == client.access_token.claims["tapis/refresh_count"]
    assert "ann" == client.authenticator.get_userinfo().username


@pytest.fixture(scope="module")
def forged(service: Service, ann: Person) -> Any:
    """Signs ann's claims again, with the service's own key, after a change."""
    keys = key_pair(str(service.data))
    return lambda **change: sign(keys, {**ann.tapis.access_token.claims, **change})


def test_7_without_a_token_nothing_is_told(service: Service, nobody: httpx2.Client) -> None:
    """Tapipy's user gets UnauthorizedError."""
    assert "No token" in refused(nobody.get("oauth2/userinfo"), 401)
    with pytest.raises(UnauthorizedError):
        tapis(service.url).authenticator.get_userinfo()


def test_7_an_expired_token_is_refused(nobody: httpx2.Client, forged: Any) -> None:
    """It was good once."""
    sent = {"X-Tapis-Token": forged(exp=int(time.time()))}
    assert "The token has expired." == refused(nobody.get("oauth2/userinfo", headers=sent), 401)


@pytest.mark.parametrize(
    "change",
    [
        {"tapis/tenant_id": "other"},
        {"tapis/token_type": "refresh"},
        {"tapis/account_type": "service"},
        {"tapis/username": "nobody"},
        {"exp": None},
        {"exp": "soon"},
    ],
)
def test_7_a_token_for_something_else_is_refused(nobody: httpx2.Client, forged: Any, change: dict[str, Any]) -> None:
    """Our signature alone is not enough."""
    sent = {"X-Tapis-Token": forged(**change)}
    refused(nobody.get("oauth2/userinfo", headers=sent), 401)


@pytest.mark.parametrize("token", ["x", "a.b.c", "0" * 40, "e30.e30.e30", "x" * 20_000])
def test_7_what_is_no_token_is_refused(nobody: httpx2.Client, token: str) -> None:
    """Whatever it looks like."""
    refused(nobody.get("oauth2/userinfo", headers={"X-Tapis-Token": token}), 401)


@pytest.mark.parametrize("name", ["X-Tapis-User", "X-Tapis-Tenant"])
def test_7_a_user_speaks_for_nobody_else(ann: Person, nobody: httpx2.Client, name: str) -> None:
    """Those headers are for services; with a user's token they are refused, whichever kind it is."""
    for token in (ann.jwt, ann.account.token):
        refused(nobody.get("oauth2/userinfo", headers={"X-Tapis-Token": token, name: "bob"}), 401)
