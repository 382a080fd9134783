"""Finds what an id names: its last three digits say what kind of thing, and the desk whether it may be seen."""

from collections.abc import Awaitable, Callable, Mapping

from dragoman.core.errors import Denied, NotFound
from dragoman.core.registered import Scope
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.ids import Thing
from dragoman.dialects.tapis2.jobs import READ
from dragoman.dialects.tapis2.links import links


async def look_up(call: Call) -> Answer:
    """What an id names, and where it is. Raises NotFound also for what one may not see."""
    uuid = call.param("uuid")
    kind = next((one for one in _PLACES if uuid.endswith(f"-{one}")), None)
    path = ""
    try:
        path = await _PLACES[kind](call, uuid) if kind else ""
    except (NotFound, Denied):
        path = ""
    if kind is None or not path:
        raise NotFound(f"No resource found matching the uuid {uuid}.")
    return Answer(result={"uuid": uuid, "type": kind.name.lower(), "_links": links(call.base, self=path)})


async def _job(call: Call, uuid: str) -> str:
    return f"jobs/v2/{(await call.desk.hosted_jobs.find(call.who, DOOR, uuid, READ)).job.alias}"


async def _notification(call: Call, uuid: str) -> str:
    found = await call.desk.subscriptions.find(call.who, DOOR, uuid)
    return f"notifications/v2/{found.subscription.alias}"


async def _system(call: Call, uuid: str) -> str:
    views = await call.desk.systems.list(call.who, DOOR, Scope.ALL)
    return next((f"systems/v2/{one.system.name}" for one in views if f"{one.system.uuid}-{Thing.SYSTEM}" == uuid), "")


async def _app(call: Call, uuid: str) -> str:
    views = await call.desk.apps.list(call.who, DOOR, Scope.ALL)
    return next((f"apps/v2/{one.app.name}" for one in views if f"{one.app.uuid}-{Thing.APP}" == uuid), "")


_PLACES: Mapping[Thing, Callable[[Call, str], Awaitable[str]]] = {
    Thing.JOB: _job,
    Thing.NOTIFICATION: _notification,
    Thing.SYSTEM: _system,
    Thing.APP: _app,
}

ROUTES: tuple[Route, ...] = (Route(method="GET", path="uuids/v2/{uuid}", handler=look_up),)
