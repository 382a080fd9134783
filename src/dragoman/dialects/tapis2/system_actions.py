"""The handlers of what is done to a system by a word: publish, choose, clone, enable, disable, erase."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from dragoman.core.errors import Invalid
from dragoman.core.registered import Kind, SystemDraft
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.event_words import ERASED, EVENT
from dragoman.dialects.tapis2.hosts import find_face
from dragoman.dialects.tapis2.read_system import BAD_ID, is_system_id
from dragoman.dialects.tapis2.systems import check_free, whole, written
from dragoman.dialects.tapis2.write_system import faces


async def act(call: Call) -> Answer:
    """Do what the body says."""
    sent = await call.sent()
    action, name = sent.word("action"), call.param("system")
    doing = next((one for word, one in ACTIONS.items() if word.lower() == action.lower()), None)
    if doing is None:
        why = "No action specified" if not action else f"Invalid action {action}"
        raise Refused(400, f"{why}. Valid actions are: {', '.join(ACTIONS)}")
    result = await doing(call, name, sent)
    return Answer(result=result)


async def _publish(call: Call, name: str, _: Sent, *, on: bool = True) -> Any:
    face = await whole(call, name)
    await call.desk.sharing.share(call.who, DOOR, Kind.SYSTEM, face.name, users=None, on=on)
    return await written(call, await find_face(call, name))


async def _unpublish(call: Call, name: str, sent: Sent) -> Any:
    return await _publish(call, name, sent, on=False)


async def _choose(call: Call, name: str, _: Sent, *, everybody: bool = False, on: bool = True) -> Any:
    face = await find_face(call, name)
    if on:
        await call.desk.choices.choose(call.who, DOOR, face.name, face.type, everybody=everybody)
    elif (await call.desk.choices.of(call.who)).of(face.type) == face.name:
        await call.desk.choices.forget(call.who, face.type, everybody=everybody)
    return await written(call, face)


async def _forget(call: Call, name: str, sent: Sent) -> Any:
    return await _choose(call, name, sent, on=False)


async def _choose_for_all(call: Call, name: str, sent: Sent) -> Any:
    return await _choose(call, name, sent, everybody=True)


async def _forget_for_all(call: Call, name: str, sent: Sent) -> Any:
    return await _choose(call, name, sent, everybody=True, on=False)


async def _enable(call: Call, name: str, _: Sent, *, on: bool = True) -> Any:
    face = await whole(call, name)
    await call.desk.systems.enable(call.who, DOOR, face.name, on=on)
    return await written(call, await find_face(call, name))


async def _disable(call: Call, name: str, sent: Sent) -> Any:
    return await _enable(call, name, sent, on=False)


async def _clone(call: Call, name: str, sent: Sent) -> Any:
    """A system like this one, of one's own; how people log in is not copied."""
    face, new = await whole(call, name), sent.word("id")
    if not new:
        raise Refused(400, "Please specify the id of the new system.")
    if not is_system_id(new):
        raise Invalid.field("id", why=BAD_ID)
    await check_free(call, new)
    system = face.view.system
    columns = ("description", "scheduler", "slots", "budgets", "kind", "shell", "host", "port", "root", "enabled")
    values = {**{column: getattr(system, column) for column in columns}, "uuid": str(uuid4())}
    facet = {**face.facet, "revision": 1, "twin": False, "name": face.facet["name"]}
    draft = SystemDraft(name=new, values=values, facet=facet, login=face.facet["username"], detail={"from": name})
    return await written(call, faces(await call.desk.systems.create(call.who, DOOR, draft, skip_check=True), DOOR)[0])


async def _erase(call: Call, name: str, _: Sent) -> Any:
    await call.desk.systems.remove(call.who, DOOR, (await whole(call, name)).name, detail={EVENT: ERASED})


ACTIONS: Mapping[str, Callable[[Call, str, Sent], Awaitable[Any]]] = {
    "publish": _publish,
    "unpublish": _unpublish,
    "setDefault": _choose,
    "unsetDefault": _forget,
    "setGlobalDefault": _choose_for_all,
    "unsetGlobalDefault": _forget_for_all,
    "clone": _clone,
    "enable": _enable,
    "disable": _disable,
    "erase": _erase,
}

ROUTES: tuple[Route, ...] = (Route(method="PUT", path="systems/v2/{system}", handler=act),)
