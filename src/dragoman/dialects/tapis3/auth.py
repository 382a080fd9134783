"""Who is asking: the X-Tapis-Token header to an identity. See docs/dialects/tapis3.md#identity."""

import re
from collections.abc import Mapping

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis3.claims import name_in

NO_TOKEN = "No token was sent in the header X-Tapis-Token."  # noqa: S105 - no secret
FOR_SERVICES = ("x-tapis-user", "x-tapis-tenant")
"""Headers with which a service of the foreign platform speaks for somebody; a user's token never comes with them."""

_OPAQUE = re.compile("[0-9a-f]{40}")


async def identify(desk: Desk, door: str, tenant: str, headers: Mapping[str, str]) -> Identity:
    """Whose token the headers carry: an account's own, or one that the door has signed. Raises Unauthenticated."""
    token = headers.get("x-tapis-token", "").strip()
    if not token:
        raise Unauthenticated(NO_TOKEN)
    if any(name in headers for name in FOR_SERVICES):
        raise Unauthenticated("A user's token must come without the headers X-Tapis-User and X-Tapis-Tenant.")
    if _OPAQUE.fullmatch(token):
        return await desk.accounts.identify(token)
    return await desk.logins.identify(door, token, lambda claims: name_in(claims, tenant))
