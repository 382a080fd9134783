"""The handlers that copy an app with its assets: published for everybody as an archive, cloned for oneself."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Denied, Invalid, NotFound, Problem
from dragoman.core.paths import below
from dragoman.core.registered import AppDraft, AppView, Kind, Need
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
    note: Json = {"id": f"{facet['name']}-{facet['version']}"}
    async with _noted(call, view, "PUBLISHED", "PUBLISHING_FAILED", note):
        made = await _published(call, facet, await assets_of(call, view), note)
    await _note_again(call, made)
    return Answer(result=written(call, await app_named(call, made.app.name)), status=202)


async def _published(call: Call, facet: Json, assets: Assets, note: Json) -> AppView:
    """The archive gets its name when that is the app's: of two who publish at once, each has a revision of its own."""
    store = await public_store(call)
    folder = await _public_folder(call, store)
    part = End(who=call.who, system=store.name, path=below(folder, f".{uuid4().hex}.zip"))
    try:
        md5 = await call.desk.packages.pack(DOOR, assets.end, part)
        if assets.checksum not in {"", md5}:
            raise Refused(400, f"The archive {assets.shown} has changed since it was published. Restore it.")
        kept = {**facet, CHECKSUM: md5, WRAPPER: assets.wrapper}
        made = await call.desk.apps.create_next(call.who, DOOR, partial(_revision, kept, store, folder))
        note |= {"id": made.app.name, "md5": md5}
        await _release(call, made, part)
    except Problem:
        with suppress(Problem):
            await call.desk.places.remove(call.who, DOOR, part.system, part.path)
        raise
    return made


async def _note_again(call: Call, made: AppView) -> None:
    """Have whoever follows an earlier revision know that there is a later one."""
    facet = made.app.facets[DOOR]
    for earlier in range(1, facet["revision"]):
        with suppress(NotFound, Denied):
            detail = {EVENT: "REPUBLISHED", "id": made.app.name}
            await call.desk.apps.note_copy(
                call.who, DOOR, f"{facet['name']}-{facet['version']}u{earlier}", detail=detail
            )


async def _public_folder(call: Call, store: Face) -> str:
    folder = resolved(store.facet.get("publicAppsDir") or PUBLIC_APPS, store.home)
    try:
        await call.desk.places.make_directory(call.who, DOOR, store.name, folder)
    except Denied as problem:
        why = f"What is published goes to {folder} on the default public storage system {store.id}"
        raise Denied(f"{why}, where you may not write: {problem} Ask an admin to publish it.") from problem
    return folder


def _revision(facet: Json, store: Face, folder: str, number: int) -> AppDraft:
    name = f"{facet['name']}-{facet['version']}u{number}"
    draft = _copy(facet, name=name, place=below(folder, f"{name}.zip"), store=store, revision=number)
    return replace(draft, detail={"id": name, "md5": facet[CHECKSUM]})


async def _release(call: Call, made: AppView, part: End) -> None:
    """Give the archive of a new app its name, and the app to everybody; or have neither."""
    try:
        place = made.app.facets[DOOR]["deploymentPath"]
        await call.desk.places.move(call.who, DOOR, part.system, part.path, place)
        await call.desk.sharing.share(call.who, DOOR, Kind.APP, made.app.name, users=None, on=True)
    except Problem:
        await call.desk.apps.remove(call.who, DOOR, made.app.name)
        raise


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
    async with _noted(call, view, "CLONED", "CLONING_FAILED", {"id": draft.name}):
        await _copy_assets(call, await assets_of(call, view), End(who=call.who, system=store.name, path=place))
        made = await call.desk.apps.create(call.who, DOOR, draft)
    return Answer(result=written(call, made), status=202)


async def _copy_assets(call: Call, assets: Assets, target: End) -> None:
    if assets.checksum:
        await call.desk.packages.unpack(DOOR, assets.end, target, md5=assets.checksum)
    else:
        await call.desk.packages.copy(DOOR, assets.end, target)


@asynccontextmanager
async def _noted(call: Call, view: AppView, done: str, failed: str, note: Mapping[str, Any]) -> AsyncIterator[None]:
    """Have the history of an app tell that a copy of it was made, or why none could be."""
    keep = partial(call.desk.apps.note_copy, call.who, DOOR, view.app.name)
    try:
        yield
    except Problem as problem:
        await keep(detail={EVENT: failed, **note, "told": problem.message})
        raise
    await keep(detail={EVENT: done, **note})


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
