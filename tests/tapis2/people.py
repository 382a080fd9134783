"""People who use this door: an account, a client of theirs, and requests with its token."""

from dataclasses import dataclass
from typing import Any

import httpx2

from tests.service import PASSWORD, Account, Service

VERSION = "2.4.4-r0000000"


def requests(service: Service, token: str = "", **more: Any) -> httpx2.Client:
    """Plain requests, with a token or without; follows no redirect and heeds no proxy."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.Client(base_url=service.url, headers=headers, timeout=120, trust_env=False, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has logged in."""

    account: Account
    key: str
    secret: str
    token: str
    refresh: str
    http: httpx2.Client
    """Requests with the access token."""

    @property
    def name(self) -> str:
        """The name of the account."""
        return self.account.name

    def get(self, path: str, status: int = 200, **more: Any) -> Any:
        """What there is at a path: the result of a success, the message of a failure."""
        return told(self.http.get(path, **more), status)

    def post(self, path: str, status: int = 200, **more: Any) -> Any:
        """What is answered to a POST."""
        return told(self.http.post(path, **more), status)

    def put(self, path: str, status: int = 200, **more: Any) -> Any:
        """What is answered to a PUT."""
        return told(self.http.put(path, **more), status)

    def delete(self, path: str, status: int = 200, **more: Any) -> Any:
        """What is answered to a DELETE."""
        return told(self.http.delete(path, **more), status)


def told(answer: httpx2.Response, status: int) -> Any:
    """The result of a success, the message of a failure; fails when the status is another."""
    assert status == answer.status_code, answer.text
    body = answer.json()
    assert ("success" if status < 300 else "error") == body["status"]
    assert VERSION == body["version"]
    return body["result"] if status < 300 else body["message"]


def newcomer(service: Service, name: str, *options: str) -> Person:
    """Somebody new, logged in as the command line does it."""
    account = service.account(name, "", *options)
    with requests(service) as http:
        words = {"clientName": "cli", "tier": "Unlimited", "description": "", "callbackUrl": ""}
        made = told(http.post("/clients/v2/?pretty=true", data=words, auth=(name, PASSWORD)), 201)
        key, secret = made["consumerKey"], made["consumerSecret"]
        words = {"username": name, "password": PASSWORD, "grant_type": "password", "scope": "PRODUCTION"}
        pair = http.post("/token", data=words, auth=(key, secret)).json()
    token, refresh = pair["access_token"], pair["refresh_token"]
    return Person(account=account, key=key, secret=secret, token=token, refresh=refresh, http=requests(service, token))
