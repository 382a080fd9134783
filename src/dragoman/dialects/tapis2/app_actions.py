"""The handlers of what is done to an app by a word: publish, clone, enable, disable, erase."""

from collections.abc import Awaitable, Callable, Mapping

from dragoman.dialects.tapis2.app_copies import clone, publish
from dragoman.dialects.tapis2.apps import app_named, written
from dragoman.dialects.tapis2.body import Sent
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused


async def act(call: Call) -> Answer:
    """Do what the body says."""
    sent = await call.sent()
    action = sent.word("action").lower()
    if action not in ACTIONS:
        why = "No action specified" if not action else f"Invalid action {action}"
        raise Refused(400, f"{why}. Valid actions are: {', '.join(ACTIONS)}")
    return await ACTIONS[action](call, call.param("app"), sent)


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
    "publish": publish,
    "clone": clone,
    "enable": _enable,
    "disable": _disable,
    "erase": _erase,
}

ROUTES: tuple[Route, ...] = (Route(method="PUT", path="apps/v2/{app}", handler=act),)
