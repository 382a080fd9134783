"""The handlers of systems that are what they are through a parent."""

from uuid import uuid4

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.queries import texts_in
from dragoman.dialects.tapis3.read_system import read_child
from dragoman.dialects.tapis3.systems import changed, named, place, taken_told


async def create(call: Call) -> Response:
    """Make a child of a system."""
    body, tenant, caller, uuid = await call.json(), call.tenant, call.who.account.name, str(uuid4())
    with taken_told():
        view = await call.desk.children.create(
            *named(call, "parentId"),
            lambda parent: read_child(body, parent, door=DOOR, caller=caller, tenant=tenant, uuid=uuid),
        )
    return answer(place(call, view), f"SYSAPI_CREATED System {view.system.name} created.", status=201)


async def free(call: Call) -> Response:
    """Make a child stand on its own."""
    return changed(await call.desk.children.free(*named(call, "childSystemId")), "unlinked")


async def free_all(call: Call) -> Response:
    """Make some or all children of a system stand on their own."""
    body, every = await call.json(), call.flag("all")
    if every and body.get("childSystemIds"):
        raise Invalid.field("childSystemIds", why="Use either all=true or childSystemIds.")
    names = None if every else texts_in(body, "childSystemIds")
    return changed(await call.desk.children.free_all(*named(call, "parentSystemId"), names), "unlinked")


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="systems/{parentId}/createChildSystem", handler=create),
    Route(method="POST", path="systems/{childSystemId}/unlinkFromParent", handler=free),
    Route(method="POST", path="systems/{parentSystemId}/unlinkChildren", handler=free_all),
)
