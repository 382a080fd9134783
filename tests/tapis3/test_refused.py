"""What one house has not is told, route by route."""

import httpx2
import pytest

from dragoman.dialects.tapis3.refused import TABLE
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("method", "path", "instead"), TABLE)
def test_it_is_not_offered(nobody: httpx2.Client, method: str, path: str, instead: str) -> None:
    """With what to do instead; without a token too, for nobody can have a right to it."""
    why = refused(nobody.request(method, path.replace("{", "").replace("}", "")), 400)
    assert f"This is not offered here. {instead}" == why


def test_other_sites_and_tenants_are_not_there(nobody: httpx2.Client) -> None:
    """There is one of each."""
    for path in ("sites/other", "tenants/other", "tenants/other/history"):
        assert "other" in refused(nobody.get(path), 404)


def test_the_server_tells_how_to_log_in(nobody: httpx2.Client) -> None:
    """What it names is there."""
    metadata = told(nobody.get("oauth2/.well-known/oauth-authorization-server"))
    assert ["password", "refresh_token"] == metadata["grant_types_supported"]
    keys = nobody.get(metadata["jwks_uri"]).json()["keys"]
    assert [("RSA", "RS256", "sig")] == [(key["kty"], key["alg"], key["use"]) for key in keys]
    assert set() == {"d", "p", "q"} & set(keys[0])
    refused(nobody.post(metadata["token_endpoint"]), 400)
