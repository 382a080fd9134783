"""Who is here: the asker, and everybody who can log in."""

from collections.abc import Sequence
from typing import Any

from dragoman.core.errors import Denied, Unsupported
from dragoman.core.things import Account
from dragoman.dialects.tapis2.door import Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links, profile

_PARTS = (("full_name", "name"), ("first_name", "firstName"))
"""What people are searched by, any part of it, and the words for it: everybody has but the name of their account."""
_NOBODYS = ("last_name", "lastName")
"""What nobody has: who is searched by it is not found."""


async def listing(call: Call) -> Answer:
    """Everybody by name, or those with the name or address that is asked for."""
    name, email = call.query("username"), call.query("email")
    parts = [part for words in _PARTS if (part := _asked(call, words))]
    found = (
        [] if _asked(call, _NOBODYS) else await call.desk.accounts.list(call.page, name=name, email=email, parts=parts)
    )
    return Answer(result=[_shown(call, one) for one in found])


def _asked(call: Call, words: Sequence[str]) -> str:
    return next((found for word in words if (found := call.query(word))), "")


async def find(call: Call) -> Answer:
    """Somebody; ``me`` is who asks."""
    name = call.param("username")
    account = call.who.account if name == "me" else await call.desk.accounts.find(name)
    return Answer(result=_shown(call, account), message="User details retrieved successfully.")


async def create(call: Call) -> Answer:
    """Accounts are the operator's to add."""
    if not call.who.account.is_admin:
        raise Denied("Only an admin may add accounts.")
    raise Unsupported("Accounts are added on the service's host.", hint="Use `dragoman account add`.")


def _shown(call: Call, account: Account) -> dict[str, Any]:
    return {
        "first_name": account.name,
        "last_name": "",
        "full_name": account.name,
        "email": account.email,
        "phone": "",
        "mobile_phone": "",
        "nonce": "",
        "status": "",
        "uid": account.id,
        "username": account.name,
        "uuid": known_as(Thing.PROFILE, call.tenant, account.name),
        "_links": links(call.base, self=profile(account.name), users=f"{profile(account.name)}/users"),
    }


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="profiles/v2", handler=listing),
    Route(method="POST", path="profiles/v2", handler=create),
    Route(method="GET", path="profiles/v2/{username}", handler=find),
)
