"""What the signed tokens of this door say, and what is asked of one before it is believed. Pure.

See docs/dialects/tapis3.md#tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Unauthenticated

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """For whom tokens are made, and by what way they were asked for."""

    username: str
    tenant: str
    issuer: str
    grant_type: str
    client_id: str
    """Empty: no client authenticated."""
    refresh_count: int = 0


def access_claims(grant: Grant, *, now: int, lasts: int) -> dict[str, Any]:
    """What an access token says."""
    return {
        **_common(grant, "access", now + lasts),
        "tapis/username": grant.username,
        "tapis/account_type": "user",
        "tapis/delegation": False,
        "tapis/delegation_sub": None,
    }


def refresh_claims(grant: Grant, access: Claims, *, now: int, lasts: int) -> dict[str, Any]:
    """What a refresh token says; it carries the claims of the access token that it can renew."""
    return {
        **_common(grant, "refresh", now + lasts),
        "tapis/initial_ttl": lasts,
        "tapis/access_token": {key: value for key, value in access.items() if key not in {"jti", "exp"}},
    }


def _common(grant: Grant, kind: str, expires: int) -> dict[str, Any]:
    client = {"tapis/client_id": grant.client_id} if grant.client_id else {}
    return {
        "jti": str(uuid4()),
        "iss": grant.issuer,
        "sub": f"{grant.username}@{grant.tenant}",
        "exp": expires,
        "tapis/tenant_id": grant.tenant,
        "tapis/token_type": kind,
        "tapis/grant_type": grant.grant_type,
        "tapis/refresh_count": grant.refresh_count,
        **client,
    }


def name_in(claims: Claims, tenant: str) -> str:
    """The account's name in an access token. Raises Unauthenticated when it is none for this tenant."""
    if claims.get("tapis/token_type") != "access":
        raise Unauthenticated("This is no access token.")
    if claims.get("tapis/tenant_id") != tenant:
        raise Unauthenticated("The token is for another tenant.")
    if claims.get("tapis/account_type") != "user":
        raise Unauthenticated("The token is not a user's.")
    return str(claims["tapis/username"])


def renewed(claims: Claims, tenant: str, client_id: str, issuer: str) -> Grant:
    """For whom a refresh token makes new ones. Raises Unauthenticated when it is none for this tenant and client."""
    if claims.get("tapis/token_type") != "refresh" or claims.get("tapis/tenant_id") != tenant:
        raise Unauthenticated("This is no refresh token of this tenant.")
    if claims.get("tapis/client_id") != client_id:
        raise Unauthenticated("The refresh token was made for another client.")
    return Grant(
        username=str(claims["tapis/access_token"]["tapis/username"]),
        tenant=tenant,
        issuer=issuer,
        grant_type="refresh_token",
        client_id=client_id,
        refresh_count=int(claims["tapis/refresh_count"]) + 1,
    )
