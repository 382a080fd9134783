"""What an unmodified tapipy does around its calls: addresses, tokens given by hand, health checks."""

import pytest
from tapipy.errors import BadRequestError, NotFoundError, UnauthorizedError  # type: ignore[import-untyped]

from tests.service import PASSWORD, Service
from tests.tapis3.people import TENANT, Person, tapis

pytestmark = [pytest.mark.slow, pytest.mark.client]


def test_a_tenant_given_by_hand_needs_no_look_up(service: Service, ann: Person) -> None:
    """Line 40."""
    client = tapis(service.url, username="ann", password=PASSWORD, tenant_id=TENANT)
    client.get_tokens()
    assert "ann" == client.authenticator.get_userinfo().username


def test_an_address_with_a_slash_at_its_end_works(service: Service, ann: Person) -> None:
    """Line 41: every path then begins with two slashes, and no tenant has that address."""
    client = tapis(f"{service.url}/", username="ann", password=PASSWORD)
    client.get_tokens()
    assert client.tenant_id is None
    assert "ann" == client.authenticator.get_userinfo().username


def test_another_name_of_the_same_host_works(service: Service, ann: Person) -> None:
    """The tenant's address is the one that the client uses."""
    assert TENANT == tapis(service.url.replace("127.0.0.1", "localhost")).tenant_id


@pytest.mark.parametrize("kind", ["jwt", "own"])
def test_a_token_given_by_hand_works(service: Service, ann: Person, kind: str) -> None:
    """Line 44: a signed token, and so the account's own for plain requests."""
    if kind == "jwt":
        assert "ann" == tapis(service.url, access_token=ann.jwt).authenticator.get_userinfo().username
    else:
        assert "ann" == ann.http.get("oauth2/userinfo").json()["result"]["username"]


def test_a_revoked_token_is_worth_nothing(service: Service, ann: Person) -> None:
    """At once, also when it was just used."""
    client = tapis(service.url, username="ann", password=PASSWORD)
    client.get_tokens()
    client.authenticator.get_userinfo()
    answer = client.authenticator.revoke_token(token=client.access_token.access_token)
    assert ("", True) == (answer["result"], client.access_token.jti in answer["message"])
    with pytest.raises(UnauthorizedError, match="revoked"):
        client.authenticator.get_userinfo()
    assert "ann" == ann.tapis.authenticator.get_userinfo().username


def test_people_are_told_by_name(ann: Person, bob: Person) -> None:
    """Everybody who can log in; the house's own account is nobody."""
    names = [one.username for one in ann.tapis.authenticator.list_profiles()]
    assert {"ann", "bob"} <= set(names)
    assert "dragoman" not in names
    assert "bob@example.com" == ann.tapis.authenticator.get_profile(username="bob").email
    with pytest.raises(NotFoundError):
        ann.tapis.authenticator.get_profile(username="carl")


@pytest.mark.parametrize(
    ("service_name", "operation"),
    [
        ("systems", "healthCheck"),
        ("systems", "readyCheck"),
        ("apps", "healthCheck"),
        ("apps", "readyCheck"),
        ("jobs", "checkHealth"),
        ("jobs", "readycheck"),
        ("jobs", "ready"),
        ("jobs", "sayHello"),
        ("files", "healthCheck"),
        ("files", "readyCheck"),
        ("notifications", "healthCheck"),
        ("notifications", "readyCheck"),
        ("authenticator", "hello"),
        ("authenticator", "ready"),
        ("tokens", "hello"),
        ("tokens", "ready"),
    ],
)
def test_every_service_says_that_it_is_there(service: Service, service_name: str, operation: str) -> None:
    """To everybody: a client without a token asks too."""
    assert isinstance(getattr(getattr(tapis(service.url), service_name), operation)(), str)


@pytest.mark.parametrize("operation", ["list_ldaps", "list_owners"])
def test_what_is_not_offered_is_told(ann: Person, operation: str) -> None:
    """A page that is not there would tell nothing."""
    with pytest.raises(BadRequestError, match="not offered here"):
        getattr(ann.tapis.tenants, operation)()
