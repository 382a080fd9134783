"""The handlers of files as things: listed, made, renamed, copied, moved, deleted; and what was done to them."""

from collections.abc import Awaitable, Callable, Mapping

from dragoman.core.errors import Invalid, NotFound
from dragoman.core.paths import below, name_of, parent_of
from dragoman.core.places import Found
from dragoman.core.things import Page
from dragoman.dialects.tapis2.addresses import read_agave
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.spots import Place, note, routes
from dragoman.dialects.tapis2.write_file import write_found
from dragoman.dialects.tapis2.write_history import write_path_history

EVERYTHING = 100_000
SELF = "."


async def listing(call: Call, place: Place) -> Answer:
    """What a directory holds, itself first; of a file, itself alone."""
    page = call.page if call.query("limit") else Page(limit=EVERYTHING, offset=call.page.offset)
    there, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, place.path, follow=True)
    told = {"base": call.base, "system": place.face.id}
    if not there.is_directory:
        return Answer(result=[write_found(there, **told)][page.offset :][: page.limit])
    first = [write_found(there, name=SELF, **told)] if not page.offset and page.limit else []
    rest = Page(limit=max(page.limit - len(first), 0), offset=max(page.offset - 1, 0))
    found = await entries(call, place, rest) if rest.limit else []
    return Answer(result=first + [write_found(one, **told) for one in found])


async def entries(call: Call, place: Place, page: Page) -> list[Found]:
    """A page of what a directory holds."""
    return await call.desk.places.list(call.who, DOOR, place.face.name, place.path, page=page)


async def act(call: Call, place: Place) -> Answer:
    """Do what the body says."""
    sent = await call.sent()
    action, path = sent.word("action").lower(), sent.word("path")
    if action not in ACTIONS:
        why = "No action specified" if not action else f"Invalid action {action}"
        raise Refused(400, f"{why}. Valid actions are: {', '.join(ACTIONS)}")
    if not path:
        raise Refused(400, "No path specified: send it as path.")
    try:
        result = await ACTIONS[action](call, place, path)
    except Invalid as problem:
        told = {("path",) if where == ("newPath",) else where: why for where, why in problem.fields.items()}
        raise Invalid(told) from problem
    there, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, result, follow=True)
    uuid = known_as(Thing.FILE, place.face.id, result)
    return Answer(result={**write_found(there, base=call.base, system=place.face.id), "uuid": uuid})


async def _mkdir(call: Call, place: Place, path: str) -> str:
    target = place.beside(below(place.path, path.strip("/")))
    if await _is_there(call, place, target):
        raise Refused(400, f"Directory {path} already exists")
    await call.desk.places.make_directory(call.who, DOOR, place.face.name, target)
    await note(call, place, "CREATED", "Directory was created", target)
    return target


async def _rename(call: Call, place: Place, path: str) -> str:
    if "/" in path.strip("/"):
        raise Refused(400, "The new name must not contain a slash. To move it, use the action move.")
    target = below(parent_of(place.path), path.strip("/"))
    if await _is_there(call, place, target):
        raise Refused(400, f"A file or folder at {target} already exists")
    await call.desk.places.move(call.who, DOOR, place.face.name, place.path, target)
    await note(call, place, "RENAME", f"Renamed to {target}")
    await note(call, place, "RENAME", f"Renamed from {place.path}", target)
    return target


async def _move(call: Call, place: Place, path: str) -> str:
    target = _target(place, path)
    landed, is_taken = await _landing(call, place, target)
    await call.desk.places.move(call.who, DOOR, place.face.name, place.path, target)
    if is_taken:
        await note(call, place, "OVERWRITTEN", f"Overwritten by {place.path}", landed)
    await note(call, place, "MOVED", f"Moved to {landed}")
    await note(call, place, "MOVED", f"Moved from {place.path}", landed)
    return landed


async def _copy(call: Call, place: Place, path: str) -> str:
    target = _target(place, path)
    source, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, place.path, follow=True)
    landed, is_taken = (target, False) if source.is_directory else await _landing(call, place, target)
    await call.desk.places.copy(call.who, DOOR, place.face.name, place.path, target, merge=True)
    if is_taken:
        await note(call, place, "OVERWRITTEN", f"Overwritten by {place.path}", landed)
    await note(call, place, "CREATED", f"Copied from {place.path}", landed)
    return landed


ACTIONS: Mapping[str, Callable[[Call, Place, str], Awaitable[str]]] = {
    "mkdir": _mkdir,
    "copy": _copy,
    "move": _move,
    "rename": _rename,
}


def _target(place: Place, path: str) -> str:
    """Where something goes, on the same system, and not where it is."""
    system, inside = read_agave(path) if path.lower().startswith("agave://") else (place.face.id, path)
    if system != place.face.id:
        raise Refused(400, f"Between systems, files are imported: send {place.face.id} a urlToIngest instead.")
    target = place.beside(inside)
    if target == place.path:
        raise Refused(400, f"{target} cannot go onto itself: name another path.")
    return target


async def _landing(call: Call, place: Place, target: str) -> tuple[str, bool]:
    """Where it will be: inside the target, when that is a directory. And whether there is a file that it replaces."""
    try:
        found, _ = await call.desk.places.facts(call.who, DOOR, place.face.name, target, follow=True)
    except NotFound:
        return target, False
    return (below(target, name_of(place.path)), False) if found.is_directory else (target, True)


async def _is_there(call: Call, place: Place, path: str) -> bool:
    try:
        await call.desk.places.facts(call.who, DOOR, place.face.name, path, follow=False)
    except NotFound:
        return False
    return True


async def remove(call: Call, place: Place) -> Answer:
    """Delete a file, or a directory with everything in it; not the root or home of a system, which nobody means."""
    if place.path in {place.beside("/"), place.beside("")}:
        raise Refused(400, "The root and the home directory of a system cannot be deleted: name what is in them.")
    await call.desk.places.remove(call.who, DOOR, place.face.name, place.path)
    await note(call, place, "DELETED", "File or folder was deleted")
    return Answer(result=None)


async def history(call: Call, place: Place) -> Answer:
    """What was done to a path through this door, oldest first."""
    items = await call.desk.path_history.of(call.who, DOOR, place.face.name, place.path)
    rows = write_path_history(items, place.path)
    return Answer(result=rows[call.page.offset :][: call.page.limit])


async def index(call: Call, place: Place) -> Answer:
    """Nothing is indexed: a listing always tells what is there."""
    return await listing(call, place)


ROUTES: tuple[Route, ...] = (
    *routes("GET", "listings", listing),
    *routes("GET", "history", history),
    *routes("GET", "index", index),
    *routes("PUT", "media", act),
    *routes("DELETE", "media", remove),
)
