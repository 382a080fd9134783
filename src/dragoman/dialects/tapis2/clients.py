"""Programs that people log in with: register, list, find, give up. See docs/dialects/tapis2.md#clients."""

import secrets
from typing import Any
from urllib.parse import quote

from dragoman.core.clients import Client
from dragoman.core.errors import Unsupported
from dragoman.core.things import Identity, Page
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.login import person

TIER = "Unlimited"
"""Nothing is throttled here: whatever tier is asked for, this one is had."""
TIERS = ("Bronze", "Gold", TIER, "Silver")
APIS = ("Apps", "Files", "Jobs", "Notifications", "PostIts", "Profiles", "Systems")
_EVERY = Page(limit=1 << 30)
_LONGEST = 2000


async def create(call: Call) -> Answer:
    """Register a client; for a name that is there already, its key and secret are told again."""
    who, sent = await person(call), await call.sent()
    name, tier = sent.word("clientName").strip(), sent.word("tier") or TIER
    if not name:
        raise Refused(400, "clientName is required")
    if tier not in TIERS:
        raise Refused(400, f"tier value must be one of: [{', '.join(TIERS)}].")
    words = {"callback_url": sent.word("callbackUrl"), "description": sent.word("description"), "display_name": name}
    if any(len(text) > _LONGEST for text in words.values()):
        raise Refused(400, f"clientName, description and callbackUrl may have {_LONGEST} characters each.")
    client = await _named(call, who, name)
    if client is None:
        client_id = secrets.token_hex(14)
        key = call.desk.clients.made_key(client_id)
        client = await call.desk.clients.add(who, DOOR, client_id, key, words)
    secret = {"consumerSecret": call.desk.clients.made_key(client.client_id)}
    return Answer(result=_shown(call, client, secret), message="Client created successfully.", status=201)


async def listing(call: Call) -> Answer:
    """One's own clients."""
    found = await call.desk.clients.list(await person(call), DOOR, inactive=False, page=call.page)
    return Answer(result=[_shown(call, client, {}) for client in found], message="Clients retrieved successfully.")


async def find(call: Call) -> Answer:
    """One of one's own clients."""
    client = await _asked(call, await person(call))
    return Answer(result=_shown(call, client, {}), message="Client details retrieved successfully.")


async def remove(call: Call) -> Answer:
    """Give a client up: its tokens end with it."""
    who = await person(call)
    client = await _asked(call, who)
    await call.desk.clients.remove(who, DOOR, client.client_id)
    await call.desk.bearers.forget_client(DOOR, client.client_id)
    return Answer(result=None, message="Client removed successfully.")


async def subscriptions(call: Call) -> Answer:
    """What a client may ask: everything, from its first day on."""
    client = await _asked(call, await person(call))
    found = [_subscription(call, client, api) for api in APIS]
    return Answer(result=found, message="Subscriptions retrieved successfully.")


async def unsubscribe(call: Call) -> Answer:
    """A client cannot be kept from anything."""
    await _asked(call, await person(call))
    raise Unsupported("Every client is subscribed to every API here.", hint="Delete the client to end that.")


async def _named(call: Call, who: Identity, name: str) -> Client | None:
    found = await call.desk.clients.list(who, DOOR, inactive=False, page=_EVERY)
    return next((client for client in found if client.display_name == name), None)


async def _asked(call: Call, who: Identity) -> Client:
    client = await _named(call, who, call.param("name"))
    if client is None:
        raise Refused(400, "Application not found")
    return client


def _shown(call: Call, client: Client, secret: dict[str, str]) -> dict[str, Any]:
    path = f"clients/v2/{quote(client.display_name, safe='')}"
    return {
        "name": client.display_name,
        "description": client.description,
        "callbackUrl": client.callback_url,
        "tier": TIER,
        "consumerKey": client.client_id,
        **secret,
        "_links": links(call.base, self=path, subscriber=profile(client.owner), subscriptions=f"{path}/subscriptions/"),
    }


def _subscription(call: Call, client: Client, api: str) -> dict[str, Any]:
    path, context = f"clients/v2/{quote(client.display_name, safe='')}", api.lower()
    return {
        "context": f"/{context}",
        "name": api,
        "apiName": api,
        "provider": "admin",
        "status": "PUBLISHED",
        "version": "v2",
        "tier": TIER,
        "_links": links(call.base, api=f"{context}/v2/", client=path, self=f"{path}/subscriptions/"),
    }


_ONE = "clients/v2/{name}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="clients/v2", handler=listing, open=True),
    Route(method="POST", path="clients/v2", handler=create, open=True),
    Route(method="GET", path=_ONE, handler=find, open=True),
    Route(method="DELETE", path=_ONE, handler=remove, open=True),
    Route(method="GET", path=f"{_ONE}/subscriptions", handler=subscriptions, open=True),
    Route(method="POST", path=f"{_ONE}/subscriptions", handler=subscriptions, open=True),
    Route(method="DELETE", path=f"{_ONE}/subscriptions", handler=unsubscribe, open=True),
)
