"""The handlers of what is done to an app by a word: publish, clone, enable, disable, erase."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Denied, Invalid, NotFound, Problem
from dragoman.core.registered import AppDraft, AppView, Kind, Need
from dragoman.core.things import Identity
from dragoman.dialects.tapis2.app_checks import execution_system
from dragoman.dialects.tapis2.app_words import NAME, NAME_FAULT, VERSION, VERSION_FAULT
from dragoman.dialects.tapis2.apps import app_named, owner_of, runnable, written
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import EVENT
from dragoman.dialects.tapis2.hosts import find_face, storage_face
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.trees import copy_tree
from dragoman.dialects.tapis2.write_system import Face

PUBLIC_APPS = ".public_apps"
"""Below the home of the deployment system, where that names no place for published apps."""


async def act(call: Call) -> Answer:
    """Do what the body says."""
    sent = await call.sent()
    action = sent.word("action").lower()
    if action not in ACTIONS:
        why = "No action specified" if not action else f"Invalid action {action}"
        raise Refused(400, f"{why}. Valid actions are: {', '.join(ACTIONS)}")
    return await ACTIONS[action](call, call.param("app"), sent)


async def _publish(call: Call, name: str, sent: Sent) -> Answer:
    """Make a copy for everybody, with its assets as they are now."""
    view = await app_named(call, name, need=Need.MANAGE)
    facet = _facet(view, sent)
    execution = await find_face(call, str(facet["executionSystem"]))
    if not execution.view.rights.is_public:
        why = f"The system {execution.id} is not public: publish it first, or name a public executionSystem."
        raise Refused(400, why)
    base = f"{facet['name']}-{facet['version']}"
    number = await _next(call, base)
    store = await storage_face(call, str(facet["deploymentSystem"]))
    place = resolved(f"{store.facet.get('publicAppsDir') or PUBLIC_APPS}/{base}u{number}", store.home)
    draft = _copy(facet, name=f"{base}u{number}", place=place, store=store, revision=number)
    async with _noted(call, view, draft, "PUBLISHED", "PUBLISHING_FAILED"):
        await _copy_assets(call, view, call.who, store, place)
        made = await call.desk.apps.create(call.who, DOOR, draft)
        await call.desk.sharing.share(call.who, DOOR, Kind.APP, made.app.name, users=None, on=True)
    for earlier in range(1, number):
        with suppress(NotFound, Denied):
            detail = {EVENT: "REPUBLISHED", "id": made.app.name}
            await call.desk.apps.note_copy(call.who, DOOR, f"{base}u{earlier}", detail=detail)
    return Answer(result=written(call, await app_named(call, made.app.name)), status=202)


async def _clone(call: Call, name: str, sent: Sent) -> Answer:
    """Make a copy of one's own."""
    view = await runnable(call, name)
    for word in ("name", "version"):
        if not sent.word(word):
            raise Refused(400, f"Please specify the {word} of the cloned app.")
    facet = _facet(view, sent)
    if sent.word("executionSystem"):
        await execution_system(call, sent.word("executionSystem"))
    store = await storage_face(call, sent.word("deploymentSystem"))
    wanted = sent.word("deploymentPath") or f"{call.me}/applications/{facet['name']}-{facet['version']}"
    place = resolved(wanted, store.home, field="deploymentPath")
    draft = _copy(facet, name=f"{facet['name']}-{facet['version']}", place=place, store=store, revision=1)
    if await _is_taken(call, draft.name):
        raise Refused(400, f"There is an app {draft.name} already. Choose another name or version.")
    async with _noted(call, view, draft, "CLONED", "CLONING_FAILED"):
        await _copy_assets(call, view, call.who, store, place)
        made = await call.desk.apps.create(call.who, DOOR, draft)
    return Answer(result=written(call, made), status=202)


@asynccontextmanager
async def _noted(call: Call, view: AppView, draft: AppDraft, done: str, failed: str) -> AsyncIterator[None]:
    """Have the history of an app tell that a copy of it was made, or why none could be."""
    note = partial(call.desk.apps.note_copy, call.who, DOOR, view.app.name)
    try:
        yield
    except Problem as problem:
        await note(detail={EVENT: failed, "id": draft.name, "told": problem.message})
        raise
    await note(detail={EVENT: done, "id": draft.name})


def _facet(view: AppView, sent: Sent) -> dict[str, Any]:
    """What the copy says, with other words where the body has some."""
    given = {key: sent.word(key) for key in ("name", "version", "executionSystem") if sent.word(key)}
    facet = {**view.app.facets[DOOR], **given}
    if not NAME.fullmatch(facet["name"]):
        raise Invalid({(): [NAME_FAULT]})
    if not VERSION.fullmatch(facet["version"]):
        raise Invalid({(): [VERSION_FAULT]})
    return facet


def _copy(facet: dict[str, Any], *, name: str, place: str, store: Face, revision: int) -> AppDraft:
    new = {**facet, "deploymentPath": place, "deploymentSystem": store.id, "revision": revision}
    return AppDraft(name=name, version=facet["version"], uuid=str(uuid4()), facet=new, detail={"id": name})


async def _copy_assets(call: Call, view: AppView, who: Identity, store: Face, place: str) -> None:
    facet = view.app.facets[DOOR]
    source = await storage_face(replace(call, caller=owner_of(view)), facet["deploymentSystem"])
    path = resolved(facet["deploymentPath"], source.home)
    await copy_tree(call, (owner_of(view), source.name, path), (who, store.name, place))


async def _next(call: Call, base: str) -> int:
    number = 1
    while await _is_taken(call, f"{base}u{number}"):
        number += 1
    return number


async def _is_taken(call: Call, name: str) -> bool:
    try:
        await call.desk.apps.find(call.who, DOOR, name)
    except NotFound:
        return False
    return True


async def _enable(call: Call, name: str, _: Sent) -> Answer:
    return await _switch(call, name, on=True)


async def _disable(call: Call, name: str, _: Sent) -> Answer:
    return await _switch(call, name, on=False)


async def _switch(call: Call, name: str, *, on: bool) -> Answer:
    view = await app_named(call, name)
    await call.desk.apps.enable(call.who, DOOR, view.app.name, on=on)
    return Answer(result=written(call, await app_named(call, name)))


async def _erase(call: Call, name: str, _: Sent) -> Answer:
    await call.desk.apps.remove(call.who, DOOR, (await app_named(call, name)).app.name)
    return Answer(result=None)


ACTIONS: Mapping[str, Callable[[Call, str, Sent], Awaitable[Answer]]] = {
    "publish": _publish,
    "clone": _clone,
    "enable": _enable,
    "disable": _disable,
    "erase": _erase,
}

ROUTES: tuple[Route, ...] = (Route(method="PUT", path="apps/v2/{app}", handler=act),)
