"""Who is asking: the Authorization header to an identity. See docs/dialects/rescale.md#authentication."""

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Identity
from dragoman.desk import Desk

SCHEMES = frozenset({"token", "bearer"})


def read_key(header: str) -> str:
    """The key in a header. Raises Unauthenticated with the words clients know."""
    words = header.split()
    if not words or words[0].lower() not in SCHEMES:
        raise Unauthenticated("Authentication credentials were not provided.")
    if len(words) == 1:
        raise Unauthenticated("Invalid token header. No credentials provided.")
    if len(words) > 2:
        raise Unauthenticated("Invalid token header. Token string should not contain spaces.")
    return words[1]


async def identify(desk: Desk, header: str) -> Identity:
    """Whose key the header carries. Raises Unauthenticated."""
    key = read_key(header)
    try:
        return await desk.accounts.identify(key)
    except Unauthenticated as problem:
        raise Unauthenticated("Invalid token.") from problem
