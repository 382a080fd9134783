"""Programs that people log in with: register, list, find, change, give up. See docs/dialects/tapis3.md#clients."""

import re
import secrets
from typing import Any

from starlette.responses import Response

from dragoman.core.clients import Client
from dragoman.core.errors import Conflict, Invalid
from dragoman.core.errors import Path as Where
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.errors import Refused
from dragoman.dialects.tapis3.pages import wanted
from dragoman.dialects.tapis3.times import iso
from dragoman.web.objects import read_texts

_WORDS = ("callback_url", "display_name", "description")
_CHANGEABLE = ("callback_url", "display_name")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,79}")
_LONGEST = 2000


async def create(call: Call) -> Response:
    """Register a client; its key is told this once."""
    asked = read_texts(await call.json(), allowed=("client_id", "client_key", *_WORDS))
    client_id = asked.pop("client_id", "") or secrets.token_hex(8)
    key = asked.pop("client_key", "") or secrets.token_hex(20)
    _check({"client_id": client_id, "client_key": key, **asked})
    words = {"callback_url": "", "description": "", **asked, "display_name": asked.get("display_name") or client_id}
    try:
        client = await call.desk.clients.add(call.who, DOOR, client_id, key, words)
    except Conflict as problem:
        raise Refused(400, str(problem)) from problem
    return answer({**_shown(call, client), "client_key": key}, "Client created successfully.", status=201)


async def listing(call: Call) -> Response:
    """One's own clients, oldest first."""
    inactive = call.flag("show_inactive")
    found = await call.desk.clients.list(call.who, DOOR, inactive=inactive, page=wanted(call))
    return answer([_shown(call, client) for client in found], "Clients retrieved successfully.")


async def find(call: Call) -> Response:
    """One of one's own clients."""
    client = await call.desk.clients.find(call.who, DOOR, call.param("client_id"))
    return answer(_shown(call, client), "Client retrieved successfully.")


async def change(call: Call) -> Response:
    """Another callback_url or display_name."""
    body = await call.json()
    if fixed := [name for name in body if name not in _CHANGEABLE]:
        raise Invalid({(name,): ["Only callback_url and display_name can be changed."] for name in fixed})
    words = read_texts(body, allowed=_CHANGEABLE)
    _check(words)
    client = await call.desk.clients.change(call.who, DOOR, call.param("client_id"), words)
    return answer(_shown(call, client), "Client updated successfully.")


async def remove(call: Call) -> Response:
    """Give a client up: nobody logs in with it any more."""
    client_id = call.param("client_id")
    await call.desk.clients.remove(call.who, DOOR, client_id)
    return answer(None, f"Client {client_id} deleted successfully.")


def _check(words: dict[str, str]) -> None:
    wrong: dict[Where, list[str]] = {
        (name,): [f"At most {_LONGEST} characters are allowed."] for name, text in words.items() if len(text) > _LONGEST
    }
    if _ID.fullmatch(words.get("client_id", "x")) is None:
        wrong["client_id",] = ["Use letters, digits, '.', '_', '~' and '-', at most 80."]
    if wrong:
        raise Invalid(wrong)


def _shown(call: Call, client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "client_key": None,
        "owner": client.owner,
        "callback_url": client.callback_url,
        "display_name": client.display_name,
        "description": client.description,
        "create_time": iso(client.created_at),
        "last_update_time": iso(client.updated_at),
        "tenant_id": call.tenant,
        "active": client.active,
    }


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="oauth2/clients", handler=listing),
    Route(method="POST", path="oauth2/clients", handler=create),
    Route(method="GET", path="oauth2/clients/{client_id}", handler=find),
    Route(method="PUT", path="oauth2/clients/{client_id}", handler=change),
    Route(method="DELETE", path="oauth2/clients/{client_id}", handler=remove),
)
