"""The handlers of tokens: the account's own, and whose another one is. See docs/dialects/sage.md#accounts."""

import json
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from starlette.responses import Response

from dragoman.core.errors import Invalid, Unauthenticated
from dragoman.core.things import Account
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import compact


def _uuid(account: Account) -> str:
    """Always the same for an account."""
    return str(uuid5(NAMESPACE_OID, f"account {account.id}"))


async def token(call: Call) -> Response:
    """The account's own token, and whose it is; made when it has none."""
    return compact({"user_uuid": _uuid(call.who.account), "token": await call.desk.accounts.own_token(call.who)})


async def revoke(call: Call) -> Response:
    """The account's own token is worth nothing from now on; others live on."""
    await call.desk.accounts.revoke_own_token(call.who)
    return Response(status_code=200)


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
