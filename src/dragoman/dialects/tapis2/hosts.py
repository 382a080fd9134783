"""Finds systems by the ids of this door, and those that people mean when they name none."""

from dragoman.core.errors import NotFound
from dragoman.core.registered import Need, Scope
from dragoman.desk.choices import Chosen
from dragoman.dialects.tapis2.door import DOOR, Asking
from dragoman.dialects.tapis2.system_words import STORAGE, TWIN
from dragoman.dialects.tapis2.write_system import Face, faces

HOUSE = "local"
"""The system that every house has: its own host."""


async def find_face(call: Asking, name: str, *, need: Need = Need.READ) -> Face:
    """The system of that id. Raises NotFound and Denied."""
    try:
        return faces(await call.desk.systems.find(call.who, DOOR, name, need=need), DOOR)[0]
    except NotFound:
        twin = await _twin(call, name, need) if name.endswith(TWIN) else None
        if twin is None:
            raise NotFound(f"No system found with id {name}.") from None
        return twin


async def _twin(call: Asking, name: str, need: Need) -> Face | None:
    try:
        view = await call.desk.systems.find(call.who, DOOR, name.removesuffix(TWIN), need=need)
    except NotFound:
        return None
    return next((face for face in faces(view, DOOR) if face.is_twin), None)


async def all_faces(call: Asking) -> list[Face]:
    """Every system that somebody may see."""
    views = await call.desk.systems.list(call.who, DOOR, Scope.ALL)
    return [face for view in views for face in faces(view, DOOR)]


async def default_face(call: Asking, type_: str) -> Face:
    """The system of that type that counts where none is named. Raises NotFound."""
    name = (await call.desk.choices.of(call.who)).of(type_) or HOUSE
    found = await _face_of(call, name, type_)
    if found is None:
        raise NotFound(f"There is no default {type_.lower()} system for {call.me}. Name one.")
    return found


async def public_store(call: Asking) -> Face:
    """The storage system that everybody gets who has chosen none. Raises NotFound."""
    name = (await call.desk.choices.of(call.who)).everybodys.get(STORAGE) or HOUSE
    found = await _face_of(call, name, STORAGE)
    if found is None:
        raise NotFound("There is no default public storage system. An admin has to choose one.")
    return found


async def _face_of(call: Asking, name: str, type_: str) -> Face | None:
    try:
        view = await call.desk.systems.find(call.who, DOOR, name)
    except NotFound:
        return None
    return next((face for face in faces(view, DOOR) if face.type == type_), None)


def is_default(face: Face, chosen: Chosen) -> bool:
    """Whether it is what somebody has chosen, or gets without choosing."""
    return face.name == (chosen.of(face.type) or HOUSE)


def is_everybodys(face: Face, chosen: Chosen) -> bool:
    """Whether it is what everybody gets who has chosen nothing."""
    return face.name == (chosen.everybodys.get(face.type) or HOUSE)


async def storage_face(call: Asking, name: str) -> Face:
    """The system of that id, or the default storage system; its files are meant. Raises NotFound and Denied."""
    return await find_face(call, name) if name else await default_face(call, STORAGE)
