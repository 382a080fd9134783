"""Who is asking: a Bearer header to an identity. See docs/dialects/tapis2.md#identity."""

import re

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.desk.bearers import DIGITS, Expired
from dragoman.dialects.tapis2.errors import EXPIRED, NO_TOKEN, UNKNOWN, Fault

_ISSUED = re.compile(f"[0-9a-f]{{{DIGITS}}}")


async def identify(desk: Desk, door: str, header: str) -> Identity:
    """Whose token the header carries: one that this door has issued, or an account's own. Raises Fault."""
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Fault(NO_TOKEN, "Missing Credentials")
    try:
        if _ISSUED.fullmatch(token):
            return await desk.bearers.identify(door, token)
        return await desk.accounts.identify(token)
    except Expired as problem:
        # Clients that renew their token by themselves look for the first two words.
        raise Fault(EXPIRED, "Invalid Credentials: Access Token Expired") from problem
    except Unauthenticated as problem:
        raise Fault(UNKNOWN, "Invalid Credentials: Access Token Inactive") from problem
