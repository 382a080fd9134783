"""The handlers of who may do what with an app."""

from typing import Any
from urllib.parse import quote

from dragoman.core.errors import NotFound
from dragoman.core.registered import AppView, Kind
from dragoman.core.things import Verb
from dragoman.dialects.tapis2.apps import app_named
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.pems import VERBS, read_pem, write_pem

ALL = frozenset(VERBS.values())


async def pems(call: Call) -> Answer:
    """Who may do what; its owner first."""
    view = await app_named(call, call.param("app"))
    owner, granted = await call.desk.sharing.granted(call.who, DOOR, Kind.APP, view.app.name)
    found: dict[str, frozenset[Verb]] = {
        owner: ALL,
        **{name: verbs for name, verbs in granted.items() if name != owner},
    }
    user = call.param("user")
    if not user:
        return Answer(result=[_pem(call, view, name, verbs) for name, verbs in found.items()])
    if user not in found:
        raise NotFound(f"No permissions found for user {user}")
    return Answer(result=_pem(call, view, user, found[user]))


async def set_pem(call: Call) -> Answer:
    """Let somebody do exactly this."""
    view, sent = await app_named(call, call.param("app")), await call.sent()
    user = call.param("user") or sent.word("username")
    if not user:
        raise Refused(400, "Please specify the username of who gets the permission.")
    verbs = read_pem(sent.word("permission"))
    await call.desk.sharing.settle(call.who, DOOR, Kind.APP, view.app.name, user=user, verbs=verbs)
    return Answer(result=_pem(call, view, user, verbs), status=201)


async def remove_pem(call: Call) -> Answer:
    """Take back what somebody, or everybody, was granted."""
    view, user = await app_named(call, call.param("app")), call.param("user")
    _, granted = await call.desk.sharing.granted(call.who, DOOR, Kind.APP, view.app.name)
    for name in [user] if user else granted:
        await call.desk.sharing.settle(call.who, DOOR, Kind.APP, view.app.name, user=name, verbs=())
    return Answer(result=None)


def _pem(call: Call, view: AppView, user: str, verbs: frozenset[Verb]) -> dict[str, Any]:
    path = f"apps/v2/{quote(view.app.name, safe='')}"
    told = links(call.base, self=f"{path}/pems/{user}", app=path, profile=profile(user))
    return {"username": user, "permission": write_pem(verbs), "_links": told}


_ALL, _ONE = "apps/v2/{app}/pems", "apps/v2/{app}/pems/{user}"

ROUTES: tuple[Route, ...] = tuple(
    Route(method=method, path=path, handler=handler)
    for path in (_ALL, _ONE)
    for method, handler in (("GET", pems), ("POST", set_pem), ("DELETE", remove_pem))
)
