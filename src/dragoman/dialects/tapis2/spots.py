"""Reads which path of which system the address of a file means."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from dragoman.core.errors import NotFound, Problem
from dragoman.core.paths import shown
from dragoman.core.things import Identity
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.event_words import BELOW, DOWNLOAD
from dragoman.dialects.tapis2.hosts import storage_face
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.write_system import Face

MISSING = "File/folder does not exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path of a system."""

    face: Face
    path: str
    """Below the root of the system."""

    def beside(self, path: str) -> str:
        """Another path of the system, as people write it."""
        return resolved(path, self.face.home)


async def place_in(call: Call) -> Place:
    """The path in an address; without a system, of the default storage system. Raises NotFound and Denied."""
    face = await storage_face(call, call.param("system"))
    return Place(face=face, path=resolved(call.place, face.home))


Doing = Callable[[Call, Place], Awaitable[Answer | Response]]


async def at_place(call: Call, doing: Doing) -> Answer | Response:
    """Do something to the path in an address; what is not there is told in the words that clients look for."""
    place = await place_in(call)
    try:
        return await doing(call, place)
    except NotFound as problem:
        raise NotFound(MISSING) from problem


def routes(method: str, top: str, doing: Doing) -> tuple[Route, Route]:
    """The two routes of something: with the system named, and without."""
    handler = partial(at_place, doing=doing)
    return (
        Route(method=method, path=f"files/v2/{top}/system/{{system}}/{{path:path}}", handler=handler),
        Route(method=method, path=f"files/v2/{top}/{{path:path}}", handler=handler),
    )


async def note(call: Call, place: Place, operation: str, told: str, path: str = "") -> None:
    """Write into the history of the path, or of another one of its system."""
    path = path or place.path
    alias = known_as(Thing.FILE, place.face.id, path)
    await call.desk.path_history.note(
        call.who, DOOR, place.face.name, path, operation=operation, told=shown(told), alias=alias
    )


async def note_download(call: Call, who: Identity | None, system: str, path: str, *, shown_as: str = "") -> None:
    """Note that a file was fetched, by somebody or by whoever knows where it is, where anybody wants to hear of that.

    ``shown_as`` is the id of the system, where it is not its name. Nobody's download fails because of this.
    """
    words = (DOWNLOAD, BELOW + DOWNLOAD)
    with suppress(Problem):
        if await call.desk.topics.is_wanted(system, path, words):
            alias = known_as(Thing.FILE, shown_as or system, path)
            told = {"operation": DOWNLOAD, "told": "File was downloaded", "alias": alias}
            await call.desk.path_history.note(who, DOOR, system, path, **told)
