"""Who is here: the asker, and everybody who can log in."""

from typing import Any

from starlette.responses import Response

from dragoman.core.things import Account
from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.pages import wanted


async def userinfo(call: Call) -> Response:
    """The asker."""
    return answer(_shown(call.who.account), "User info retrieved successfully.")


async def profiles(call: Call) -> Response:
    """Everybody, by name."""
    page = wanted(call)
    found = await call.desk.accounts.list(page)
    response = answer([_shown(account) for account in found], "Profiles retrieved successfully.")
    response.headers["X-Tapis-Offset"] = str(page.offset + len(found))
    return response


async def profile(call: Call) -> Response:
    """Somebody."""
    return answer(_shown(await call.desk.accounts.find(call.param("username"))), "User profile retrieved successfully.")


def _shown(account: Account) -> dict[str, Any]:
    return {"username": account.name, "email": account.email, "name": account.name}


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="oauth2/userinfo", handler=userinfo),
    Route(method="GET", path="oauth2/profiles", handler=profiles),
    Route(method="GET", path="oauth2/profiles/{username}", handler=profile),
)
