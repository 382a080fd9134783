"""Who is here: the asker, and everybody who can log in."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Denied, NotFound, Unsupported
from dragoman.core.things import Account
from dragoman.dialects.tapis2.door import Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links, profile

_PARTS: Mapping[str, tuple[str, ...]] = {
    "full_name": ("full_name", "name"),
    "first_name": ("first_name", "firstName"),
    "last_name": ("last_name", "lastName"),
}
"""What people are searched by, and the words for it: any part of a name will do."""


async def listing(call: Call) -> Answer:
    """Everybody by name, or the one with the name or address that is asked for."""
    wanted = {name: call.query(name) for name in ("username", "email") if call.query(name)}
    if "username" in wanted:
        found = await _named(call, wanted["username"])
    else:
        found = await call.desk.accounts.list(call.page)
    fits = [one for one in found if wanted.get("email", one.email).lower() == one.email.lower()]
    rows = [_shown(call, one) for one in fits]
    for field, words in _PARTS.items():
        part = next((call.query(word) for word in words if call.query(word)), "").lower()
        rows = [row for row in rows if part in row[field].lower()]
    return Answer(result=rows)


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


async def _named(call: Call, name: str) -> list[Account]:
    try:
        return [await call.desk.accounts.find(name)]
    except NotFound:
        return []


def _shown(call: Call, account: Account) -> dict[str, Any]:
    first, _, last = account.name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
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
