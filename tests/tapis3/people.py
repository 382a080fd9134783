"""People who use this door: an account, tapipy as it is published, and plain requests."""

from dataclasses import dataclass
from typing import Any

import httpx2
from tapipy.tapis import Tapis  # type: ignore[import-untyped]

from tests.service import PASSWORD, Account, Service

TENANT = "solo"


def tapis(url: str, **more: Any) -> Any:
    """The client, unmodified."""
    return Tapis(base_url=url, **more)


def requests(service: Service, token: str = "") -> httpx2.Client:
    """Plain requests below /v3/, with a token or without; follows no redirect and heeds no proxy."""
    headers = {"X-Tapis-Token": token} if token else {}
    return httpx2.Client(base_url=f"{service.url}/v3/", headers=headers, timeout=120, trust_env=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an account, logged in."""

    account: Account
    password: str
    tapis: Any
    """The published client, with an access token."""
    http: httpx2.Client
    """Plain requests below /v3/ with the account's own token."""

    @property
    def name(self) -> str:
        """The name of the account."""
        return self.account.name

    @property
    def jwt(self) -> str:
        """The access token that the client holds."""
        return str(self.tapis.access_token.access_token)


def newcomer(service: Service, name: str) -> Person:
    """Somebody new, logged in."""
    account = service.account(name)
    client = tapis(service.url, username=name, password=PASSWORD)
    client.get_tokens()
    return Person(account=account, password=PASSWORD, tapis=client, http=requests(service, account.token))
