"""The handlers of accounts: tokens, users, and what they may do on which node. See docs/dialects/sage.md#accounts."""

import json
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Unauthenticated
from dragoman.core.things import Account
from dragoman.dialects.sage.auth import account_key
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import compact
from dragoman.dialects.sage.gojson import moment


def _uuid(account: Account) -> str:
    """Always the same for an account."""
    return str(uuid5(NAMESPACE_OID, f"account {account.id}"))


async def token(call: Call) -> Response:
    """The token that was shown, and whose it is."""
    return compact({"user_uuid": _uuid(call.who.account), "token": account_key(call.request)})


async def revoke(call: Call) -> Response:
    """The token that was shown is worth nothing from now on."""
    await call.desk.accounts.revoke(account_key(call.request))
    return Response(status_code=204)


async def token_info(call: Call) -> Response:
    """Whose token the one in the body is, in the older form of the question."""
    try:
        asked: Any = json.loads(await call.body())
    except (ValueError, RecursionError) as error:
        raise Invalid.field("token", why="Send an object with a token.") from error
    secret = asked.get("token") if isinstance(asked, dict) else None
    if not isinstance(secret, str):
        raise Invalid.field("token", why="This field is required.")
    try:
        who = await call.desk.accounts.identify(secret)
    except Unauthenticated:
        return compact({"active": False})
    told = {"active": True, "scope": "default", "client_id": "some-client-id"}
    return compact({**told, "username": who.account.name, "exp": 0})


async def user(call: Call) -> Response:
    """Oneself; admins see anybody."""
    account = await _wanted(call)
    return compact(
        {
            "url": f"{call.origin}/users/{account.name}",
            "username": account.name,
            "email": account.email,
            "name": account.name,
            "is_staff": account.is_admin,
            "is_superuser": account.is_admin,
            "is_approved": True,
            "ssh_public_keys": "",
            "date_joined": moment(await call.desk.accounts.joined_at(account)),
            "last_login": None,
        }
    )


async def _wanted(call: Call) -> Account:
    name = call.param("name")
    if name in {"~self", call.who.account.name}:
        return call.who.account
    if not call.who.account.is_admin or not name.isprintable():
        raise NotFound("Not found.")
    return await call.desk.accounts.find(name)


async def access(call: Call) -> Response:
    """What one may do on which node."""
    account = await _wanted(call)
    found = await call.desk.nodes.access(call.who, account.name)
    return compact([{"vsn": vsn, "access": words} for vsn, words in sorted(found.items())])
