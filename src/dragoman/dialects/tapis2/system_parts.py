"""The handlers of what belongs to a system: roles, credentials, queues. Secrets come in and never go out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dragoman.core.errors import Faults, Invalid, NotFound, Unsupported
from dragoman.core.registered import Kind, SystemDraft, SystemView
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import EVENT
from dragoman.dialects.tapis2.hosts import find_face
from dragoman.dialects.tapis2.links import links, profile
from dragoman.dialects.tapis2.read_queue import queues_of, read_queue, write_queue
from dragoman.dialects.tapis2.read_system import credential_in
from dragoman.dialects.tapis2.reader import Reader
from dragoman.dialects.tapis2.system_words import EXECUTION, METHODS, WAYS
from dragoman.dialects.tapis2.write_system import ROLE_VERBS, Face, role_for

Json = dict[str, Any]


async def roles(call: Call) -> Answer:
    """Who has which role; its owner first."""
    face = await find_face(call, call.param("system"))
    owner, granted = await call.desk.sharing.granted(call.who, DOOR, Kind.SYSTEM, face.name)
    found = {owner: "OWNER", **{name: role_for(verbs) for name, verbs in granted.items() if name != owner}}
    user = call.param("user")
    if not user:
        return Answer(result=[_role(call, face, name, role) for name, role in found.items()])
    if user not in found:
        raise NotFound(f"No permissions found for user {user} on system {face.id}.")
    return Answer(result=_role(call, face, user, found[user]))


async def set_role(call: Call) -> Answer:
    """Give somebody a role, in place of the one they had; below no name the answer is a list, as clients expect it."""
    face, sent = await find_face(call, call.param("system")), await call.sent()
    user, role = call.param("user") or sent.word("username"), (sent.word("role") or sent.word("permission")).upper()
    if not user:
        raise Refused(400, "Please specify the username of who gets the role.")
    if role not in ROLE_VERBS:
        raise Refused(400, f"Invalid role value {role}. Choose one of {', '.join(ROLE_VERBS)}.")
    await _settle(call, face, user, role)
    given = _role(call, face, user, role)
    return Answer(result=given if call.param("user") else [given], status=201)


async def remove_role(call: Call) -> Answer:
    """Take somebody's role; without a name, everybody's."""
    face, user = await find_face(call, call.param("system")), call.param("user")
    _, granted = await call.desk.sharing.granted(call.who, DOOR, Kind.SYSTEM, face.name)
    for name in [user] if user else granted:
        await _settle(call, face, name, "NONE")
    return Answer(result=None)


async def _settle(call: Call, face: Face, user: str, role: str) -> None:
    """Give somebody exactly this role; that is for the owner and those with the role of an ADMIN."""
    verbs, by = ROLE_VERBS[role], ROLE_VERBS["ADMIN"]
    await call.desk.sharing.settle(call.who, DOOR, Kind.SYSTEM, face.name, user=user, verbs=verbs, by=by)


def _role(call: Call, face: Face, user: str, role: str) -> Json:
    path = f"systems/v2/{face.id}"
    told = links(call.base, self=f"{path}/roles/{user}", parent=path, profile=profile(user))
    return {"username": user, "role": role, "_links": told}


async def credentials(call: Call) -> Answer:
    """How people log in, without what they log in with."""
    face = await find_face(call, call.param("system"))
    if not face.view.has_credential:
        return Answer(result=[])
    path = f"systems/v2/{face.id}"
    found = {
        "type": face.facet["authType"],
        "default": bool(face.facet["username"]),
        "username": face.view.login,
        "internalUsername": None,
        "_links": links(call.base, self=f"{path}/credentials", parent=path),
    }
    return Answer(result=[found])


async def set_credential(call: Call) -> Answer:
    """Keep how people log in, in place of what there was."""
    face, sent, faults = await find_face(call, call.param("system")), await call.sent(), Faults()
    _refuse_internal(call.param("internal") or sent.word("internalUsername"))
    auth = Reader(dict(sent.fields), faults)
    way = WAYS.get(face.view.system.shell, ())
    type_ = auth.word("type", [word for word in METHODS if word in way], required=True)
    username = auth.text("username", face.facet["username"], most=64)
    new = credential_in(auth, type_, username) if type_ else None
    if type_ and new is None:
        auth.complain("The secrets that go with it are missing.", "type")
    if faults or new is None:
        raise Invalid(faults)
    await _edit(call, face, lambda facet: {**facet, "authType": type_, "username": username})
    kept = replace(new, login="")
    await call.desk.credentials.set(call.who, DOOR, face.name, user=username or call.me, new=kept, skip_check=True)
    return Answer(result=None, status=201)


async def remove_credential(call: Call) -> Answer:
    """Forget how people log in."""
    face = await find_face(call, call.param("system"))
    _refuse_internal(call.param("internal"))
    await call.desk.credentials.remove(call.who, DOOR, face.name, face.facet["username"] or call.me)
    return Answer(result=None)


def _refuse_internal(user: str) -> None:
    if user:
        raise Unsupported("There are no internal users here.", hint="Each account keeps a login of its own.")


async def queues(call: Call) -> Answer:
    """The queues of an execution system, or one of them."""
    face = await _executing(call)
    found = [write_queue(one) for one in queues_of(face.facet)]
    name = call.param("queue")
    if not name:
        return Answer(result=found)
    one = next((queue for queue in found if queue["name"] == name), None)
    if one is None:
        raise NotFound(f"No queue {name} found on system {face.id}.")
    return Answer(result=one)


async def set_queue(call: Call) -> Answer:
    """Add a queue, or give one another form."""
    face, sent, faults = await _executing(call), await call.sent(), Faults()
    named = {"name": call.param("queue")} if call.param("queue") else {}
    queue = read_queue(Reader({**sent.fields, **named}, faults))
    if faults:
        raise Invalid(faults)
    known = {one["name"] for one in face.facet.get("queues") or []}
    word = "QUEUE_UPDATE" if queue["name"] in known else "QUEUE_CREATE"
    await _edit(call, face, lambda facet: {**facet, "queues": _with(facet.get("queues") or [], queue)}, word=word)
    return Answer(result=write_queue(queue), status=201)


async def remove_queue(call: Call) -> Answer:
    """Remove a queue, unless it is the last one."""
    face, name = await _executing(call), call.param("queue")

    def edit(facet: Json) -> Json:
        there = facet.get("queues") or []
        if name not in {one["name"] for one in there}:
            raise NotFound(f"No queue {name} found on system {face.id}.")
        if len(there) == 1:
            raise Refused(400, "An execution system needs at least one queue.")
        return {**facet, "queues": _without(there, name)}

    await _edit(call, face, edit, word="QUEUE_DELETE")
    return Answer(result=None)


def _with(there: list[Json], queue: Json) -> list[Json]:
    others = [one for one in there if one["name"] != queue["name"]]
    if queue["default"] or not others:
        return [*({**one, "default": False} for one in others), {**queue, "default": True}]
    return [*others, queue]


def _without(there: list[Json], name: str) -> list[Json]:
    left = [one for one in there if one["name"] != name]
    has_default = any(one["default"] for one in left)
    return left if has_default else [{**left[0], "default": True}, *left[1:]]


async def _executing(call: Call) -> Face:
    face = await find_face(call, call.param("system"))
    if face.type != EXECUTION:
        raise Refused(400, f"{face.id} is not an execution system: it has no queues.")
    return face


async def _edit(call: Call, face: Face, edit: Callable[[Json], Json], *, word: str = "") -> None:
    """Give a system another facet; ``word`` is what its history calls that."""

    def edited(view: SystemView) -> SystemDraft:
        facet = edit(dict(view.system.facets[DOOR]))
        facet["revision"] = facet.get("revision", 1) + 1
        detail = {EVENT: word} if word else {}
        return SystemDraft(name=view.system.name, values={}, facet=facet, login=facet["username"], detail=detail)

    await call.desk.systems.change(call.who, DOOR, face.name, edited)


_ONE = "systems/v2/{system}"
_LOGINS = f"{_ONE}/credentials"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=f"{_ONE}/roles", handler=roles),
    Route(method="POST", path=f"{_ONE}/roles", handler=set_role),
    Route(method="DELETE", path=f"{_ONE}/roles", handler=remove_role),
    Route(method="GET", path=f"{_ONE}/roles/{{user}}", handler=roles),
    Route(method="POST", path=f"{_ONE}/roles/{{user}}", handler=set_role),
    Route(method="DELETE", path=f"{_ONE}/roles/{{user}}", handler=remove_role),
    *(
        Route(method=method, path=path, handler=handler)
        for path in (_LOGINS, f"{_LOGINS}/{{internal}}", f"{_LOGINS}/{{internal}}/{{type}}")
        for method, handler in (("GET", credentials), ("POST", set_credential), ("DELETE", remove_credential))
    ),
    Route(method="GET", path=f"{_ONE}/queues", handler=queues),
    Route(method="POST", path=f"{_ONE}/queues", handler=set_queue),
    Route(method="GET", path=f"{_ONE}/queues/{{queue}}", handler=queues),
    Route(method="POST", path=f"{_ONE}/queues/{{queue}}", handler=set_queue),
    Route(method="DELETE", path=f"{_ONE}/queues/{{queue}}", handler=remove_queue),
)
