"""Tokens: made for a password, a refresh token or a client's own key, and taken back. Answers have no envelope."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.responses import Response

from dragoman.core.errors import NotFound, Problem, Unauthenticated
from dragoman.core.things import Account
from dragoman.desk.bearers import Pair
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import JSON, text
from dragoman.dialects.tapis2.errors import told
from dragoman.dialects.tapis2.login import Rejected, client

Grant = Callable[[Call, Sent, str, Account], Awaitable[Pair]]


async def create(call: Call) -> Response:
    """A pair of tokens."""
    pair = await _granted(call)
    return _json(
        call,
        {
            "scope": "default",
            "token_type": "bearer",
            "expires_in": pair.seconds,
            "refresh_token": pair.refresh,
            "access_token": pair.access,
        },
    )


async def revoke(call: Call) -> Response:
    """Take back an access or refresh token."""
    await client(call)
    await call.desk.bearers.revoke(DOOR, _needed(await call.sent(), "token"))
    return Response()


async def _granted(call: Call) -> Pair:
    client_id, owner = await client(call)
    sent = await call.sent()
    kind = _needed(sent, "grant_type")
    if kind not in GRANTS:
        why = f"There is no grant_type {kind}. There is: {', '.join(GRANTS)}."
        raise Rejected("unsupported_grant_type", why)
    return await GRANTS[kind](call, sent, client_id, owner)


async def told_so(call: Call, doing: Callable[[Call], Awaitable[Response]]) -> Response:
    """What is answered, also when it is no."""
    try:
        return await doing(call)
    except Rejected as problem:
        return _rejection(call, problem)
    except Problem as problem:
        return _rejection(call, Rejected("invalid_request", told(problem)))


async def _for_password(call: Call, sent: Sent, client_id: str, _: Account) -> Pair:
    name, password = _needed(sent, "username"), _needed(sent, "password")
    return await _issued(call, await _checked(call, name, password), client_id)


async def _for_refresh_token(call: Call, sent: Sent, client_id: str, _: Account) -> Pair:
    token, seconds = _needed(sent, "refresh_token"), call.settings.realm.access_seconds
    try:
        return await call.desk.bearers.renew(DOOR, client_id, token, seconds=seconds)
    except Unauthenticated as problem:
        raise Rejected("invalid_grant", str(problem)) from problem


async def _for_client(call: Call, _: Sent, client_id: str, owner: Account) -> Pair:
    return await _issued(call, owner, client_id)


async def _for_another(call: Call, sent: Sent, client_id: str, _: Account) -> Pair:
    """An admin speaks for somebody."""
    admin = await _checked(call, _needed(sent, "username"), _needed(sent, "password"))
    if not admin.is_admin:
        raise Rejected("unauthorized_client", f"{admin.name} is no admin, and cannot have tokens of others.")
    name = _needed(sent, "token_username")
    try:
        return await _issued(call, await call.desk.accounts.find(name), client_id)
    except NotFound as problem:
        raise Rejected("invalid_grant", str(problem)) from problem


GRANTS: Mapping[str, Grant] = {
    "password": _for_password,
    "refresh_token": _for_refresh_token,
    "client_credentials": _for_client,
    "admin_password": _for_another,
}


async def _checked(call: Call, name: str, password: str) -> Account:
    try:
        return await call.desk.logins.check_password(name, password)
    except Unauthenticated as problem:
        raise Rejected("invalid_grant", f"Authentication failed for {name}") from problem


async def _issued(call: Call, account: Account, client_id: str) -> Pair:
    return await call.desk.bearers.issue(DOOR, account, client_id, seconds=call.settings.realm.access_seconds)


def _needed(sent: Sent, name: str) -> str:
    if not sent.word(name):
        raise Rejected("invalid_request", f"Missing parameters: {name}")
    return sent.word(name)


def _rejection(call: Call, problem: Rejected) -> Response:
    return _json(call, {"error": problem.error, "error_description": problem.why}, problem.status)


def _json(call: Call, body: dict[str, object], status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(text(body, pretty=call.flag("pretty")), status, headers, media_type=JSON)


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="token", handler=partial(told_so, doing=create), open=True),
    Route(method="POST", path="revoke", handler=partial(told_so, doing=revoke), open=True),
)
