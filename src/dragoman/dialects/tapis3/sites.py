"""The one site and its one tenant, and how people log in there: what a client reads before it has a token."""

import json
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.envelope import JSON, answer
from dragoman.dialects.tapis3.times import iso

SERVICES = ("systems", "apps", "files", "jobs", "notifications", "security", "authenticator", "tenants", "tokens")
_HOUSE = "dragoman"
"""The built-in account, which owns what nobody has made."""


async def sites(call: Call) -> Response:
    """All sites: this one."""
    return answer([_site(call)], "Sites retrieved successfully.")


async def site(call: Call) -> Response:
    """The site."""
    _check(call, "site", call.site)
    return answer(_site(call), "Site retrieved successfully.")


async def tenants(call: Call) -> Response:
    """All tenants: this one."""
    return answer([_tenant(call)], "Tenants retrieved successfully.")


async def tenant(call: Call) -> Response:
    """The tenant."""
    _check(call, "tenant", call.tenant)
    return answer(_tenant(call), "Tenant retrieved successfully.")


async def history(call: Call) -> Response:
    """What was changed of the tenant: nothing."""
    _check(call, "tenant", call.tenant)
    return answer([], "Tenant history retrieved successfully.")


async def metadata(call: Call) -> Response:
    """How to log in here."""
    base = f"{call.origin}/v3/oauth2"
    told = {
        "issuer": f"{call.origin}/v3/tokens",
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/tokens",
        "jwks_uri": f"{base}/jwks",
        "registration_endpoint": f"{base}/clients",
        "grant_types_supported": ["password", "refresh_token"],
    }
    return answer(told, "OAuth server metadata retrieved successfully.")


async def key_set(call: Call) -> Response:
    """The key that checks tokens, as a JWK Set; that is what libraries read, so it has no envelope."""
    return Response(json.dumps({"keys": [dict(call.desk.logins.keys.public_jwk)]}), media_type=JSON)


def _check(call: Call, kind: str, known: str) -> None:
    asked = call.param(f"{kind}_id")
    if asked != known:
        raise NotFound(f"There is no {kind} {asked}.")


def _made(call: Call) -> dict[str, str]:
    at = iso(call.desk.logins.keys.made_at)
    return {"create_time": at, "created_by": _HOUSE, "last_update_time": at, "last_updated_by": _HOUSE}


def _site(call: Call) -> dict[str, Any]:
    return {
        "site_id": call.site,
        "primary": True,
        "base_url": call.origin,
        "tenant_base_url_template": call.origin,
        "site_admin_tenant_id": call.tenant,
        "services": list(SERVICES),
        **_made(call),
    }


def _tenant(call: Call) -> dict[str, Any]:
    return {
        "tenant_id": call.tenant,
        "base_url": call.origin,
        "site_id": call.site,
        "status": "ACTIVE",
        "description": "The one tenant of this service.",
        "public_key": call.desk.logins.keys.public_pem,
        "token_service": f"{call.origin}/v3/tokens",
        "security_kernel": f"{call.origin}/v3/security",
        "authenticator": f"{call.origin}/v3/oauth2",
        "owner": f"{_HOUSE}@localhost",
        "admin_user": _HOUSE,
        "token_gen_services": ["authenticator"],
        **_made(call),
    }


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="sites", handler=sites, open=True),
    Route(method="GET", path="sites/{site_id}", handler=site, open=True),
    Route(method="GET", path="tenants", handler=tenants, open=True),
    Route(method="GET", path="tenants/{tenant_id}", handler=tenant, open=True),
    Route(method="GET", path="tenants/{tenant_id}/history", handler=history, open=True),
    Route(method="GET", path="oauth2/.well-known/oauth-authorization-server", handler=metadata, open=True),
    Route(method="GET", path="oauth2/jwks", handler=key_set, open=True),
)
