"""The handlers that copy an app with its assets: published for everybody as an archive, cloned for oneself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Denied, Invalid, NotFound, Problem
from dragoman.core.paths import below
from dragoman.core.registered import AppDraft, AppView, Need
from dragoman.desk.packages import End
from dragoman.dialects.tapis2.app_assets import Assets, assets_of
from dragoman.dialects.tapis2.app_checks import CHECKSUM, WRAPPER, execution_system
from dragoman.dialects.tapis2.app_words import NAME, NAME_FAULT, VERSION, VERSION_FAULT
from dragoman.dialects.tapis2.apps import app_named, runnable, written
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import EVENT
from dragoman.dialects.tapis2.hosts import find_face, public_store, storage_face
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.write_system import Face

PUBLIC_APPS = ".public_apps"
"""Below the home of the default public storage system, where that names no place for published apps."""

Json = dict[str, Any]


async def publish(call: Call, name: str, sent: Sent) -> Answer:
    """Make a copy for everybody, with its assets as they are now in one zip archive."""
    view = await app_named(call, name, need=Need.MANAGE)
    facet = _facet(view, sent)
    execution = await find_face(call, str(facet["executionSystem"]))
    if not execution.view.rights.is_public:
        why = f"The system {execution.id} is not public: publish it first, or name a public executionSystem."
        raise Refused(400, why)
    async with _failing(call, view, "PUBLISHING_FAILED", f"{facet['name']}-{facet['version']}"):
        return Answer(result=written(call, await _published(call, view, facet)), status=202)


async def _published(call: Call, view: AppView, facet: Json) -> AppView:
    """The archive is in its place before there is an app that has it: one that was cut short left no more than that.

    It is replaced by the archive of whoever publishes the app next, and so gets this number.
    """
    assets, store = await assets_of(call, view), await public_store(call)
    folder, before = await _public_folder(call, store), f"{facet['name']}-{facet['version']}u"
    async with call.desk.apps.next_number(before) as number:
        name = f"{before}{number}"
        place = below(folder, f"{name}.zip")
        end = End(who=call.who, system=store.name, path=place)
        md5 = await call.desk.packages.pack(DOOR, assets.end, end, md5=assets.checksum)
        kept = {**facet, CHECKSUM: md5, WRAPPER: assets.wrapper}
        draft = _copy(kept, name=name, place=place, store=store, revision=number)
        note = {"id": name, "md5": md5}
        # Whoever follows an earlier one knows so that there is a later one.
        earlier = [(f"{before}{one}", {EVENT: "REPUBLISHED", "id": name}) for one in range(1, number)]
        told = [(view.app.name, {EVENT: "PUBLISHED", **note}), *earlier]
        return await call.desk.apps.add_copy(call.who, DOOR, replace(draft, detail=note), told, is_public=True)


async def _public_folder(call: Call, store: Face) -> str:
    folder = resolved(store.facet.get("publicAppsDir") or PUBLIC_APPS, store.home)
    try:
        await call.desk.places.make_directory(call.who, DOOR, store.name, folder)
    except Denied as problem:
        why = f"What is published goes to {folder} on the default public storage system {store.id}"
        raise Denied(f"{why}, where you may not write: {problem} Ask an admin to publish it.") from problem
    return folder


async def clone(call: Call, name: str, sent: Sent) -> Answer:
    """Make a copy of one's own, with its assets in a folder."""
    view = await runnable(call, name)
    for word in ("name", "version"):
        if not sent.word(word):
            raise Refused(400, f"Please specify the {word} of the cloned app.")
    facet = {key: value for key, value in _facet(view, sent).items() if key not in {CHECKSUM, WRAPPER}}
    if sent.word("executionSystem"):
        await execution_system(call, sent.word("executionSystem"))
    store = await storage_face(call, sent.word("deploymentSystem"))
    wanted = sent.word("deploymentPath") or f"{call.me}/applications/{facet['name']}-{facet['version']}"
    place = resolved(wanted, store.home, field="deploymentPath")
    draft = _copy(facet, name=f"{facet['name']}-{facet['version']}", place=place, store=store, revision=1)
    if await _is_taken(call, draft.name):
        raise Refused(400, f"There is an app {draft.name} already. Choose another name or version.")
    async with _failing(call, view, "CLONING_FAILED", draft.name):
        await _copy_assets(call, await assets_of(call, view), End(who=call.who, system=store.name, path=place))
        told = [(view.app.name, {EVENT: "CLONED", "id": draft.name})]
        made = await call.desk.apps.add_copy(call.who, DOOR, draft, told, is_public=False)
    return Answer(result=written(call, made), status=202)


async def _copy_assets(call: Call, assets: Assets, target: End) -> None:
    if assets.checksum:
        await call.desk.packages.unpack(DOOR, assets.end, target, md5=assets.checksum)
    else:
        await call.desk.packages.copy(DOOR, assets.end, target)


@asynccontextmanager
async def _failing(call: Call, view: AppView, word: str, made: str) -> AsyncIterator[None]:
    """Have the history of an app tell why no copy of it, of that id, could be made."""
    try:
        yield
    except Problem as problem:
        detail = {EVENT: word, "id": made, "told": problem.message}
        await call.desk.apps.note_copy(call.who, DOOR, view.app.name, detail=detail)
        raise


def _facet(view: AppView, sent: Sent) -> Json:
    """What the copy says, with other words where the body has some."""
    given = {key: sent.word(key) for key in ("name", "version", "executionSystem") if sent.word(key)}
    facet = {**view.app.facets[DOOR], **given}
    if not NAME.fullmatch(facet["name"]):
        raise Invalid({(): [NAME_FAULT]})
    if not VERSION.fullmatch(facet["version"]):
        raise Invalid({(): [VERSION_FAULT]})
    return facet


def _copy(facet: Json, *, name: str, place: str, store: Face, revision: int) -> AppDraft:
    new = {**facet, "deploymentPath": place, "deploymentSystem": store.id, "revision": revision}
    return AppDraft(name=name, version=facet["version"], uuid=str(uuid4()), facet=new, detail={"id": name})


async def _is_taken(call: Call, name: str) -> bool:
    try:
        await call.desk.apps.find(call.who, DOOR, name)
    except NotFound:
        return False
    return True
