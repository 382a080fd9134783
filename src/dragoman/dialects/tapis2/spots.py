"""Reads which path of which system the address of a file means."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.core.paths import shown
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
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


async def note(call: Call, place: Place, operation: str, told: str, path: str = "", *, is_shown: bool = False) -> None:
    """Write into the history of the path, or of another one of its system, whose id ``is_shown`` in the answer."""
    path = path or place.path
    alias = known_as(Thing.FILE, place.face.id, path) if is_shown else ""
    await call.desk.path_history.note(
        call.who, DOOR, place.face.name, path, operation=operation, told=shown(told), alias=alias
    )
