"""The handlers of systems. Each identifies, reads, asks the desk, writes. See docs/dialects/tapis2.md#systems."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.registered import Kind, SystemDraft, SystemView
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.event_words import STATUS
from dragoman.dialects.tapis2.hosts import all_faces, find_face, is_default, is_everybodys
from dragoman.dialects.tapis2.lists import listed
from dragoman.dialects.tapis2.read_system import read_system
from dragoman.dialects.tapis2.searching import Fields
from dragoman.dialects.tapis2.system_words import TWIN
from dragoman.dialects.tapis2.write_history import write_history
from dragoman.dialects.tapis2.write_system import SUMMARY, Face, faces, write_system

_KNOWN = (
    *("available", "default", "description", "environment", "executiontype", "globaldefault", "id", "lastmodified"),
    *("created", "lastupdated", "login", "maxsystemjobs", "maxsystemjobsperuser", "name", "owner", "public", "queues"),
    *("scheduler", "scratchdir", "site", "startupscript", "status", "storage", "type", "uuid", "workdir"),
)
FIELDS = Fields(known=_KNOWN, times=("lastmodified", "lastupdated", "created"))
_SCOPES = frozenset({"publiconly", "privateonly", "public", "default", "type"})
"""Parameters that have a meaning of their own in lists."""


async def written(call: Call, face: Face) -> dict[str, Any]:
    """A system as this door shows it."""
    chosen = await call.desk.choices.of(call.who)
    return write_system(
        face, base=call.base, default=is_default(face, chosen), global_default=is_everybodys(face, chosen)
    )


async def listing(call: Call) -> Answer:
    """The systems that somebody may see."""
    chosen = await call.desk.choices.of(call.who)
    rows = [
        write_system(face, base=call.base, default=is_default(face, chosen), global_default=is_everybodys(face, chosen))
        for face in await all_faces(call)
    ]
    wanted = call.query("type").upper()
    rows = [row for row in rows if not wanted or row["type"] == wanted]
    if call.flag("default"):
        rows = [row for row in rows if row["default"]]
    if call.flag("public") or call.flag("publicOnly"):
        rows = [row for row in rows if row["public"]]
    if call.flag("privateOnly"):
        rows = [row for row in rows if not row["public"]]
    fields = replace(FIELDS, known=[name for name in FIELDS.known if name not in _SCOPES or f"{name}." in _asked(call)])
    return listed(call, rows, fields=fields, summary=SUMMARY, links=("self",))


def _asked(call: Call) -> str:
    return " ".join(name.lower() for name, _ in call.conditions)


async def create(call: Call) -> Answer:
    """Register a system, or give one's own of that id another form."""
    sent = await call.sent()
    name = str(sent.fields.get("id") or "")
    if name and await _is_mine(call, name):
        return await _change(call, name, sent)
    await check_free(call, name)
    draft = read_system(dict(sent.fields), uuid=str(uuid4()))
    view = await call.desk.systems.create(call.who, DOOR, draft, skip_check=True)
    return Answer(result=await written(call, faces(view, DOOR)[0]), status=201)


async def update(call: Call) -> Answer:
    """Give a system another form."""
    return await _change(call, call.param("system"), await call.sent())


async def _change(call: Call, name: str, sent: Sent) -> Answer:
    draft = read_system({**sent.fields, "id": name}, name=name)

    def edit(view: SystemView) -> SystemDraft:
        before = view.system.facets[DOOR]
        was, now = before.get("status", "UP"), draft.facet["status"]
        detail = {**draft.detail, **({STATUS: [was, now]} if was != now else {})}
        return replace(draft, facet={**draft.facet, "revision": before.get("revision", 1) + 1}, detail=detail)

    await whole(call, name)
    view = await call.desk.systems.change(call.who, DOOR, name, edit)
    if draft.credential is not None:
        user = draft.login or call.me
        new = replace(draft.credential, login="" if draft.login else draft.credential.login)
        await call.desk.credentials.set(call.who, DOOR, name, user=user, new=new, skip_check=True)
    return Answer(result=await written(call, faces(view, DOOR)[0]), status=201)


async def _is_mine(call: Call, name: str) -> bool:
    try:
        return (await call.desk.systems.find(call.who, DOOR, name)).rights.is_owner
    except (NotFound, Denied):
        return False


async def check_free(call: Call, name: str) -> None:
    """Refuse an id that is taken: the other face of a system has one, too. Raises Conflict."""
    try:
        taken = name.endswith(TWIN) and len(await _faces(call, name.removesuffix(TWIN))) > 1
    except NotFound:
        return
    except Denied:
        taken = True
    if taken:
        raise Conflict(f"There is a system {name} already.", hint="Choose another id.")


async def _faces(call: Call, name: str) -> list[Face]:
    return faces(await call.desk.systems.find(call.who, DOOR, name), DOOR)


async def whole(call: Call, name: str) -> Face:
    """The system, not one of its faces only. Raises Conflict."""
    face = await find_face(call, name)
    if face.is_twin:
        raise Conflict(f"{name} is the storage of the system {face.name}.", hint=f"Change {face.name}.")
    return face


async def find(call: Call) -> Answer:
    """One system."""
    return Answer(result=await written(call, await find_face(call, call.param("system"))))


async def remove(call: Call) -> Answer:
    """Delete a system; its id stays taken."""
    name = (await whole(call, call.param("system"))).name
    await call.desk.systems.remove(call.who, DOOR, name)
    return Answer(result=None)


async def history(call: Call) -> Answer:
    """What was done to a system."""
    face = await find_face(call, call.param("system"))
    items = await call.desk.systems.history(call.who, DOOR, face.name)
    return Answer(result=write_history(items, f"{call.base}/systems/v2/{face.id}", Kind.SYSTEM))


_ONE = "systems/v2/{system}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="systems/v2", handler=listing),
    Route(method="POST", path="systems/v2", handler=create),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="POST", path=_ONE, handler=update),
    Route(method="DELETE", path=_ONE, handler=remove),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
)
