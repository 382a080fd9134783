"""Who is asking: the Authorization header in any of the forms that clients of this data use. Pure but for the desk."""

import base64
import binascii

from dragoman.core.errors import Unauthenticated
from dragoman.core.things import Identity
from dragoman.desk import Accounts

SCHEMES = frozenset({"sage", "token", "bearer"})


async def identify(accounts: Accounts, header: str) -> Identity | None:
    """Whose token the header carries; None without a header. With Basic, the token is the password.

    Raises Unauthenticated.
    """
    if not header:
        return None
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() in SCHEMES:
        return await accounts.identify(rest.strip())
    if scheme.lower() != "basic":
        raise Unauthenticated("Send the token as: Authorization: Sage TOKEN.")
    name, token = _name_and_token(rest.strip())
    who = await accounts.identify(token)
    if who.account.name != name:
        raise Unauthenticated("Invalid token.")
    return who


def _name_and_token(text: str) -> tuple[str, str]:
    try:
        name, _, token = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("Invalid token.") from error
    return name, token
