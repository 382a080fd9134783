"""The handlers of apps. Each identifies, reads, asks the desk, writes. See docs/dialects/tapis2.md#apps."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.core.registered import AppDraft, AppView, Kind, Need
from dragoman.core.things import Identity
from dragoman.dialects.tapis2.app_checks import checked
from dragoman.dialects.tapis2.door import DOOR, Asking, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.read_app import read_app
from dragoman.dialects.tapis2.write_app import write_app
from dragoman.dialects.tapis2.write_history import write_history


async def app_named(call: Asking, name: str, *, need: Need = Need.READ) -> AppView:
    """The app of that id. Raises NotFound and Denied."""
    try:
        return await call.desk.apps.find(call.who, DOOR, name, need=need)
    except NotFound:
        raise NotFound(f"No software found matching {name}") from None


def written(call: Call, view: AppView) -> dict[str, Any]:
    """An app as this door shows it."""
    return write_app(view, door=DOOR, base=call.base)


async def find(call: Call) -> Answer:
    """One app."""
    return Answer(result=written(call, await app_named(call, call.param("app"))))


async def create(call: Call) -> Answer:
    """Register an app, or give one that is there another form."""
    draft = await _read(call)
    return Answer(result=written(call, await kept(call, draft)), status=201)


async def update(call: Call) -> Answer:
    """Give an app another form. Its name and version stay."""
    view = await app_named(call, call.param("app"))
    fixed = {key: view.app.facets[DOOR][key] for key in ("name", "version")}
    draft = replace(await _read(call, fixed, view.app.facets[DOOR]), name=view.app.name)
    return Answer(result=written(call, await kept(call, draft)), status=201)


async def _read(call: Call, fixed: dict[str, str] | None = None, before: dict[str, Any] | None = None) -> AppDraft:
    sent = await call.sent()
    draft = read_app({**sent.fields, **(fixed or {})}, uuid=str(uuid4()))
    if draft.faults:
        raise Invalid(draft.faults)
    with suppress(NotFound):
        await call.desk.apps.find(call.who, DOOR, draft.name, need=Need.CHANGE)
    return await checked(call, draft, before or {})


async def kept(call: Call, draft: AppDraft) -> AppView:
    """The app, new or in its new form; one of one's own that was deleted comes back. Raises Denied and Conflict."""
    try:
        await call.desk.apps.find(call.who, DOOR, draft.name, need=Need.CHANGE)
    except NotFound:
        if not await _restored(call, draft.name):
            return await call.desk.apps.create(call.who, DOOR, draft)
    view = await call.desk.apps.change(call.who, DOOR, draft.name, draft.version, partial(_revised, draft))
    if view.app.enabled is not draft.enabled:
        await call.desk.apps.enable(call.who, DOOR, draft.name, on=draft.enabled)
    return await call.desk.apps.find(call.who, DOOR, draft.name)


async def _restored(call: Call, name: str) -> bool:
    try:
        return bool(await call.desk.apps.restore(call.who, DOOR, name))
    except NotFound:
        return False


def _revised(draft: AppDraft, view: AppView) -> AppDraft:
    before = view.app.facets[DOOR]
    return replace(draft, facet={**draft.facet, "revision": before.get("revision", 1) + 1})


async def remove(call: Call) -> Answer:
    """Delete an app; its owner may register its id again."""
    view = await app_named(call, call.param("app"))
    await call.desk.apps.remove(call.who, DOOR, view.app.name)
    return Answer(result=None)


async def history(call: Call) -> Answer:
    """What was done to an app."""
    view = await app_named(call, call.param("app"))
    items = await call.desk.apps.history(call.who, DOOR, view.app.name)
    return Answer(result=write_history(items, f"{call.base}/apps/v2/{view.app.name}", Kind.APP))


async def runnable(call: Asking, name: str) -> AppView:
    """The app, for somebody who may run it. Raises NotFound and Denied."""
    view = await app_named(call, name)
    if not view.rights.allow(Need.RUN):
        raise Denied(f"Permission denied. You do not have permission to use the requeste app, {name}")
    return view


def owner_of(view: AppView) -> Identity:
    """As whom the assets of an app are read: whoever may use the app may use them."""
    return Identity(account=view.owner)


_ONE = "apps/v2/{app}"

ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="apps/v2", handler=create),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="POST", path=_ONE, handler=update),
    Route(method="DELETE", path=_ONE, handler=remove),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
)
