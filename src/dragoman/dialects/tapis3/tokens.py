"""Tokens: made for a password or a refresh token, and taken back. See docs/dialects/tapis3.md#tokens."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Unauthenticated
from dragoman.dialects.tapis3.basic import client_in
from dragoman.dialects.tapis3.claims import Claims, Grant, access_claims, refresh_claims, renewed
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.errors import Refused
from dragoman.web import paths
from dragoman.web.objects import read_object, read_texts

_FIELDS = 100


async def create(call: Call) -> Response:
    """An access token; a refresh token too, when a client has authenticated."""
    asked = await _asked(call)
    grant_type = read_texts(asked, required=("grant_type",))["grant_type"]
    if grant_type == "password":
        grant = await _for_password(call, asked)
    elif grant_type == "refresh_token":
        grant = await _for_refresh_token(call, asked)
    else:
        why = f"The grant_type {grant_type} is not offered here. Use password, or refresh_token with a client."
        raise Refused(400, why)
    return answer(_made(call, grant), "Token created successfully.")


async def revoke(call: Call) -> Response:
    """Take back an access or refresh token; who holds it may do that."""
    token = read_texts(await _asked(call), required=("token",))["token"]
    try:
        jti = await call.desk.logins.revoke(token)
    except Unauthenticated as problem:
        raise Refused(400, f"{problem} Only a signed token that is in force can be revoked.") from problem
    return answer("", f"Token {jti} has been revoked.")


async def _asked(call: Call) -> Mapping[str, Any]:
    """The fields of a JSON or form-encoded body. Raises Invalid."""
    text, declared = await call.text(), call.request.headers.get("content-type", "")
    # curl -d declares a form, whatever it sends.
    if "x-www-form-urlencoded" not in declared or text.lstrip().startswith("{"):
        return read_object(text)
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS, errors="surrogateescape")
    except ValueError as error:
        raise Invalid.field("body", why="The form has too many fields.") from error
    return {name: paths.checked(name, value) for name, value in pairs}


async def _for_password(call: Call, asked: Mapping[str, Any]) -> Grant:
    named = read_texts(asked, required=("username", "password"))
    client_id = await _client(call, asked)
    try:
        account = await call.desk.logins.check_password(named["username"], named["password"])
    except Unauthenticated as problem:
        raise Refused(400, str(problem)) from problem
    return Grant(
        username=account.name, tenant=call.tenant, issuer=_issuer(call), grant_type="password", client_id=client_id
    )


async def _for_refresh_token(call: Call, asked: Mapping[str, Any]) -> Grant:
    token = read_texts(asked, required=("refresh_token",))["refresh_token"]
    client_id = await _client(call, asked)
    if not client_id:
        raise Refused(400, "A refresh token needs the client that it was made for: send its id and key (Basic).")
    try:
        grant = renewed(await call.desk.logins.read(token), call.tenant, client_id, _issuer(call))
        await call.desk.accounts.find(grant.username)
    except (Unauthenticated, NotFound) as problem:
        raise Refused(400, f"Invalid refresh token. {problem}") from problem
    return grant


async def _client(call: Call, asked: Mapping[str, Any]) -> str:
    """The id of the client that authenticates; empty when none tries to. Raises Refused."""
    given = client_in(call.request.headers.get("authorization", ""), asked)
    if given is None:
        return ""
    if not await call.desk.clients.fits(DOOR, *given):
        raise Refused(400, "Invalid client credentials.")
    return given[0]


def _issuer(call: Call) -> str:
    return f"{call.origin}/v3/tokens"


def _made(call: Call, grant: Grant) -> dict[str, Any]:
    now, realm = call.desk.logins.now, call.settings.realm
    access = access_claims(grant, now=now, lasts=realm.access_seconds)
    made = {"access_token": _told(call, "access_token", access, realm.access_seconds)}
    if grant.client_id:
        refresh = refresh_claims(grant, access, now=now, lasts=realm.refresh_seconds)
        made["refresh_token"] = _told(call, "refresh_token", refresh, realm.refresh_seconds)
    return made


def _told(call: Call, key: str, claims: Claims, lasts: int) -> dict[str, Any]:
    return {
        key: call.desk.logins.sign(claims),
        "expires_at": datetime.fromtimestamp(claims["exp"], UTC).isoformat(),
        "expires_in": lasts,
        "jti": claims["jti"],
    }


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="oauth2/tokens", handler=create, open=True),
    Route(method="POST", path="oauth2/tokens/revoke", handler=revoke, open=True),
    Route(method="POST", path="tokens/revoke", handler=revoke, open=True),
)
