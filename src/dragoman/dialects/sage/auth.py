"""Who is asking, by each service's own header. See docs/dialects/sage.md#authentication."""

from base64 import b64decode
from binascii import Error

from starlette.requests import Request

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Identity
from dragoman.desk import Desk

INVALID = 'Authentication failed: Returned "401 UNAUTHORIZED": {"detail":"Invalid token."}\n'


def scheduler_key(header: str | None) -> str:
    """The token in a header for the scheduler: the word Sage, exactly so. Raises Unauthenticated."""
    if header is None:
        raise Unauthenticated("No token found")
    word, _, rest = header.partition(" ")
    if word != "Sage":
        raise Unauthenticated("Token is not a Sage token")
    if not rest.strip():
        raise Unauthenticated("Token not found")
    return rest.strip()


async def identify(desk: Desk, header: str | None) -> Identity:
    """Whose token a header for the scheduler carries. Raises Unauthenticated."""
    try:
        return await desk.accounts.identify(scheduler_key(header))
    except Unauthenticated as problem:
        raise Unauthenticated(INVALID if str(problem) == "Invalid token." else problem.message) from problem


async def admit_reader(desk: Desk, key: str) -> None:
    """Pass for the token of an account or a node, where what the original publishes is closed.

    Raises Unauthenticated.
    """
    try:
        await desk.nodes.identify(key)
    except Unauthenticated:
        await desk.accounts.identify(key)


def account_key(request: Request) -> str:
    """The token in a header for accounts: Sage or Token in any letter case, or user:token. Raises Unauthenticated."""
    word, _, rest = request.headers.get("authorization", "").partition(" ")
    if word.lower() in {"sage", "token"} and rest.strip():
        return rest.strip()
    if word.lower() == "basic":
        try:
            return b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (Error, UnicodeDecodeError) as error:
            raise Unauthenticated("Invalid basic header.") from error
    raise Unauthenticated("Authentication credentials were not provided.")


def repository_key(header: str | None) -> str:
    """The token in a header for the code repository: sage or static, in any letter case. Raises Unauthenticated."""
    if not header:
        raise Unauthenticated("Not authenticated")
    word, _, rest = header.partition(" ")
    if not rest.strip():
        raise Unauthenticated("Authorization failed (could not parse Authorization header)")
    if word.lower() not in {"sage", "static"}:
        raise Unauthenticated(f"Authorization failed (Authorization {word.lower()[:40]} not supported)")
    return rest.strip()
