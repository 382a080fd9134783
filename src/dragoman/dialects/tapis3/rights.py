"""The handlers of permissions and shares, the same for systems and for apps. See docs/dialects/tapis3.md#systems."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.core.registered import Kind
from dragoman.core.things import Identity, Verb
from dragoman.dialects.tapis3.door import DOOR, Call, Handler, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.queries import texts_in
from dragoman.dialects.tapis3.times import iso

VERBS: Mapping[str, Verb] = {"READ": Verb.READ, "MODIFY": Verb.CHANGE, "EXECUTE": Verb.RUN}
_WORDS = {verb: word for word, verb in VERBS.items()}


def read_verbs(words: list[str]) -> list[Verb]:
    """What permissions mean, in any letter case; ``*`` means all. Raises Invalid."""
    if not words:
        raise Invalid.field("permissions", why=f"Name at least one of {', '.join(VERBS)}.")
    if "*" in words:
        return list(VERBS.values())
    if unknown := [word for word in words if word.upper() not in VERBS]:
        why = f"There is no permission {', '.join(unknown)}. There is: {', '.join(VERBS)}, *."
        raise Invalid.field("permissions", why=why)
    return list(dict.fromkeys(VERBS[word.upper()] for word in words))


def _named(call: Call, kind: Kind) -> tuple[Identity, str, Kind, str]:
    return call.who, DOOR, kind, call.param(f"{kind}Id")


async def permissions(call: Call, kind: Kind) -> Response:
    """What somebody was granted."""
    verbs = await call.desk.sharing.verbs(*_named(call, kind), user=call.param("userName"))
    return answer({"names": sorted(_WORDS[verb] for verb in verbs)}, "TAPIS_FOUND Permissions found.")


async def grant(call: Call, kind: Kind) -> Response:
    """Grant permissions."""
    verbs = read_verbs(texts_in(await call.json(), "permissions"))
    await call.desk.sharing.grant(*_named(call, kind), user=call.param("userName"), verbs=verbs)
    return answer(None, "TAPIS_UPDATED Permissions granted.", status=201)


async def revoke(call: Call, kind: Kind) -> Response:
    """Take permissions back."""
    verbs = read_verbs(texts_in(await call.json(), "permissions"))
    await call.desk.sharing.revoke(*_named(call, kind), user=call.param("userName"), verbs=verbs)
    return answer(None, "TAPIS_UPDATED Permissions revoked.", status=201)


async def revoke_one(call: Call, kind: Kind) -> Response:
    """Take one permission back."""
    verbs = read_verbs([call.param("permission")])
    await call.desk.sharing.revoke(*_named(call, kind), user=call.param("userName"), verbs=verbs)
    return answer(None, "TAPIS_UPDATED Permission revoked.", status=201)


async def shares(call: Call, kind: Kind) -> Response:
    """With whom something is shared."""
    owner, found = await call.desk.sharing.shares(*_named(call, kind))
    common = {"tenant": call.tenant, "grantor": owner, "resourceType": kind, "resourceId1": call.param(f"{kind}Id")}
    by = {"createdBy": owner, "createdByTenant": call.tenant}
    records: list[dict[str, Any]] = [
        {**common, "grantee": share.name or "~public", "resourceId2": None, "privilege": word, "created": iso(share.at)}
        for share in found
        for word in ("EXECUTE", "READ")
    ]
    result = {
        "public": any(not share.name for share in found),
        "userList": [share.name for share in found if share.name],
        "shareRecords": [{**record, **by} for record in records],
    }
    return answer(result, "TAPIS_FOUND Shares found.")


async def share(call: Call, kind: Kind, *, on: bool) -> Response:
    """Share something with some people, or stop that."""
    users = texts_in(await call.json(), "users")
    if not users:
        raise Invalid.field("users", why="Name at least one user.")
    await call.desk.sharing.share(*_named(call, kind), users=users, on=on)
    return answer(None, "TAPIS_UPDATED Shares updated.")


async def share_public(call: Call, kind: Kind, *, on: bool) -> Response:
    """Share something with everybody, or stop that."""
    await call.desk.sharing.share(*_named(call, kind), users=None, on=on)
    return answer(None, "TAPIS_UPDATED Shares updated.")


def routes(kind: Kind) -> tuple[Route, ...]:
    """The routes for one kind of thing."""
    top, one = f"{kind}s", f"{{{kind}Id}}"
    user = f"{top}/perms/{one}/user/{{userName}}"
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", user, partial(permissions, kind=kind)),
        ("POST", user, partial(grant, kind=kind)),
        ("POST", f"{user}/revoke", partial(revoke, kind=kind)),
        ("DELETE", f"{user}/{{permission}}", partial(revoke_one, kind=kind)),
        ("GET", f"{top}/share/{one}", partial(shares, kind=kind)),
        ("POST", f"{top}/share/{one}", partial(share, kind=kind, on=True)),
        ("POST", f"{top}/unshare/{one}", partial(share, kind=kind, on=False)),
        ("POST", f"{top}/share_public/{one}", partial(share_public, kind=kind, on=True)),
        ("POST", f"{top}/unshare_public/{one}", partial(share_public, kind=kind, on=False)),
    )
    return tuple(Route(method=method, path=path, handler=handler) for method, path, handler in table)


ROUTES: tuple[Route, ...] = (*routes(Kind.SYSTEM), *routes(Kind.APP))
