"""Finds what an id names: its last three digits say what kind of thing, and the desk whether it may be seen."""

from collections.abc import Awaitable, Callable, Mapping

from dragoman.core.errors import Denied, NotFound
from dragoman.core.standing import PATH
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.following import FINDERS, place_of, target_of, words_about
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
    return Answer(result={"uuid": uuid, "type": Thing(kind).name.lower(), "_links": links(call.base, self=path)})


async def _job(call: Call, uuid: str) -> str:
    return f"jobs/v2/{(await call.desk.hosted_jobs.find(call.who, DOOR, uuid, READ)).job.alias}"


async def _notification(call: Call, uuid: str) -> str:
    found = await call.desk.subscriptions.find(call.who, DOOR, uuid)
    return f"notifications/v2/{found.subscription.alias}"


async def _followed(call: Call, uuid: str) -> str:
    """A thing that people follow is found in the same way. A path may be seen by whoever may see its system."""
    target = await target_of(call, uuid)
    if target.kind == PATH:
        await call.desk.systems.find(call.who, DOOR, target.name)
    return place_of(words_about(call, uuid, target))[1]


_PLACES: Mapping[str, Callable[[Call, str], Awaitable[str]]] = {
    Thing.JOB: _job,
    Thing.NOTIFICATION: _notification,
    **dict.fromkeys(FINDERS, _followed),
}

ROUTES: tuple[Route, ...] = (Route(method="GET", path="uuids/v2/{uuid}", handler=look_up),)
