"""The handlers of systems. Each identifies, reads, asks the desk, writes. See docs/dialects/tapis3.md#systems."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from dragoman.core.errors import Conflict, Denied, Invalid, Taken
from dragoman.core.hosteval import VARIABLE
from dragoman.core.registered import Need, Scope, SystemView
from dragoman.core.search import Query
from dragoman.core.things import Identity
from dragoman.dialects.tapis3.capabilities import fits
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.queries import (
    ALL,
    Table,
    answer_list,
    chosen,
    query_in_address,
    query_in_body,
    read_asked,
    refuse_services,
    scope_in,
    texts_in,
    wanted,
)
from dragoman.dialects.tapis3.read_system import read_change, read_new
from dragoman.dialects.tapis3.system_fields import KINDS, METHODS, SUMMARY
from dragoman.dialects.tapis3.write_history import write_history
from dragoman.dialects.tapis3.write_system import write_system

TABLE = Table(kinds=KINDS, summary=SUMMARY, always=("id",))


def named(call: Call, name: str = "systemId") -> tuple[Identity, str, str]:
    """Who asks, at which door, about which system: how every verb of the desk begins."""
    return call.who, DOOR, call.param(name)


def written(call: Call, view: SystemView) -> dict[str, Any]:
    """A system as this door shows it."""
    return write_system(view, door=DOOR, tenant=call.tenant)


def place(call: Call, view: SystemView) -> dict[str, str]:
    """Where a system is to be found."""
    return {"url": f"{call.origin}/v3/systems/{view.system.name}"}


async def listing(call: Call) -> Response:
    """Systems that fit ``search=``."""
    return await _list(call, None)


async def search(call: Call) -> Response:
    """Systems that fit the parameters of the address."""
    return await _list(call, query_in_address(call, TABLE))


async def search_sql(call: Call) -> Response:
    """Systems that fit the conditions of the body."""
    return await _list(call, await query_in_body(call, TABLE))


async def _list(call: Call, query: Query | None) -> Response:
    refuse_services(call)
    asked, scope = read_asked(call, TABLE, query), scope_in(call)
    views = await call.desk.systems.list(call.who, DOOR, scope, deleted=call.flag("showDeleted"))
    if call.query("hasCredentials"):
        views = [view for view in views if view.has_credential is call.flag("hasCredentials")]
    return answer_list(asked, _rows(call, views), TABLE, f"TAPIS_FOUND Systems: {len(views)}.")


def _rows(call: Call, views: Sequence[SystemView]) -> list[dict[str, Any]]:
    return [written(call, view) for view in views]


async def match(call: Call) -> Response:
    """Systems whose capabilities meet the conditions of the body, and which the caller may run on."""
    fragments = texts_in(await call.json(), "match")
    views = await call.desk.systems.list(call.who, DOOR, Scope.ALL)
    found = [view for view in fits(fragments, views, DOOR) if view.rights.allow(Need.RUN)]
    asked = read_asked(call, TABLE)
    return answer_list(asked, _rows(call, found), TABLE, f"TAPIS_FOUND Systems: {len(found)}.")


@contextmanager
def taken_told() -> Iterator[None]:
    """Put the real service's code in front of the words about an id that is taken."""
    try:
        yield
    except Taken as problem:
        raise Conflict(f"SYSAPI_SYS_EXISTS {problem.message}", hint=problem.hint) from problem


async def create(call: Call) -> Response:
    """Register a system."""
    draft = read_new(await call.json(), caller=call.who.account.name, tenant=call.tenant, uuid=str(uuid4()))
    skip = call.flag("skipCredentialCheck")
    with taken_told():
        view = await call.desk.systems.create(call.who, DOOR, draft, skip_check=skip)
    return answer(place(call, view), f"SYSAPI_CREATED System {view.system.name} created.", status=201)


async def find(call: Call) -> Response:
    """One system."""
    refuse_services(call)
    if (method := call.query("authnMethod")) and method.upper() not in METHODS:
        raise Invalid.field("authnMethod", why=f"Choose one of {', '.join(METHODS)}.")
    select = wanted(call, TABLE, ALL)
    view = await call.desk.systems.find(*named(call))
    if call.flag("requireExecPerm") and not view.rights.allow(Need.RUN):
        raise Denied(f"You may not run anything on the system {view.system.name}.")
    return answer(chosen(written(call, view), select), f"TAPIS_FOUND System {view.system.name} found.")


async def patch(call: Call) -> Response:
    """Change what is in the body."""
    return await _change(call, whole=False)


async def put(call: Call) -> Response:
    """Change everything that can be changed; what is not in the body gets its default."""
    return await _change(call, whole=True)


async def _change(call: Call, *, whole: bool) -> Response:
    body, tenant = await call.json(), call.tenant
    view = await call.desk.systems.change(
        *named(call), lambda view: read_change(body, view, door=DOOR, tenant=tenant, whole=whole)
    )
    return answer(place(call, view), f"SYSAPI_UPDATED System {view.system.name} updated.")


async def is_enabled(call: Call) -> Response:
    """Whether a system is switched on."""
    view = await call.desk.systems.find(*named(call))
    return answer({"aBool": view.system.enabled}, "TAPIS_FOUND System found.")


async def enable(call: Call) -> Response:
    """Switch a system on."""
    return changed(await call.desk.systems.enable(*named(call), on=True), "enabled")


async def disable(call: Call) -> Response:
    """Switch a system off."""
    return changed(await call.desk.systems.enable(*named(call), on=False), "disabled")


async def delete(call: Call) -> Response:
    """Delete a system; its id stays taken."""
    return changed(await call.desk.systems.remove(*named(call)), "deleted")


async def undelete(call: Call) -> Response:
    """Bring a deleted system back."""
    return changed(await call.desk.systems.restore(*named(call)), "undeleted")


async def change_owner(call: Call) -> Response:
    """Give a system to another account."""
    return changed(await call.desk.systems.hand_over(*named(call), call.param("userName")), "updated")


def changed(count: int, word: str) -> Response:
    """How many things were changed."""
    return answer({"changes": count}, f"TAPIS_UPDATED {count} {word}.")


async def history(call: Call) -> Response:
    """All that was done to a system."""
    items = await call.desk.systems.history(*named(call))
    return answer([write_history(item, tenant=call.tenant) for item in items], "TAPIS_FOUND History found.")


async def host_eval(call: Call) -> Response:
    """What an environment variable holds on a system for the caller."""
    variable = call.param("envVarName").removeprefix("$")
    if not VARIABLE.fullmatch(variable):
        raise Invalid.field("envVarName", why="This is no name of an environment variable.")
    value = await call.desk.systems.evaluate(*named(call), variable)
    return answer({"name": value}, f"SYSAPI_HOST_EVAL {variable} evaluated.")


_ONE = "systems/{systemId}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="systems", handler=listing),
    Route(method="POST", path="systems", handler=create),
    Route(method="GET", path="systems/search", handler=search),
    Route(method="POST", path="systems/search", handler=search_sql),
    Route(method="POST", path="systems/match/constraints", handler=match),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="PATCH", path=_ONE, handler=patch),
    Route(method="PUT", path=_ONE, handler=put),
    Route(method="GET", path=f"{_ONE}/isEnabled", handler=is_enabled),
    Route(method="POST", path=f"{_ONE}/enable", handler=enable),
    Route(method="POST", path=f"{_ONE}/disable", handler=disable),
    Route(method="POST", path=f"{_ONE}/delete", handler=delete),
    Route(method="POST", path=f"{_ONE}/undelete", handler=undelete),
    Route(method="POST", path=f"{_ONE}/changeOwner/{{userName}}", handler=change_owner),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    Route(method="GET", path=f"{_ONE}/hostEval/{{envVarName}}", handler=host_eval),
)
