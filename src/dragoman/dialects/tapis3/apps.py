"""The handlers of apps. Each identifies, reads, asks the desk, writes. See docs/dialects/tapis3.md#apps."""

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from dragoman.core.errors import Denied
from dragoman.core.registered import ENABLED, LOCKED, AppView, Need
from dragoman.core.search import Query, attributes
from dragoman.core.things import Identity
from dragoman.dialects.tapis3.app_fields import KINDS, SUMMARY
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
    wanted,
)
from dragoman.dialects.tapis3.read_app import read_change, read_new
from dragoman.dialects.tapis3.systems import changed
from dragoman.dialects.tapis3.write_app import write_app
from dragoman.dialects.tapis3.write_history import write_history

TABLE = Table(kinds=KINDS, summary=SUMMARY, always=("id",))


def _named(call: Call) -> tuple[Identity, str, str]:
    return call.who, DOOR, call.param("appId")


def _version(call: Call) -> str:
    return call.param("appVersion")


def _written(call: Call, view: AppView) -> dict[str, Any]:
    return write_app(view, door=DOOR, tenant=call.tenant)


def _place(call: Call, view: AppView) -> dict[str, str]:
    return {"url": f"{call.origin}/v3/apps/{view.app.name}/{view.app.version}"}


async def listing(call: Call) -> Response:
    """Apps that fit ``search=``."""
    return await _list(call, None)


async def search(call: Call) -> Response:
    """Apps that fit the parameters of the address."""
    return await _list(call, query_in_address(call, TABLE))


async def search_sql(call: Call) -> Response:
    """Apps that fit the conditions of the body."""
    return await _list(call, await query_in_body(call, TABLE))


async def _list(call: Call, query: Query | None) -> Response:
    """The latest versions, or all of them when the conditions speak of versions."""
    refuse_services(call)
    asked, scope = read_asked(call, TABLE, query), scope_in(call)
    every = "version" in attributes(asked.query)
    views = await call.desk.apps.list(call.who, DOOR, scope, every=every, deleted=call.flag("showDeleted"))
    return answer_list(asked, [_written(call, view) for view in views], TABLE, f"TAPIS_FOUND Apps: {len(views)}.")


async def create(call: Call) -> Response:
    """Add a version of an app."""
    draft = read_new(await call.json(), caller=call.who.account.name, uuid=str(uuid4()))
    view = await call.desk.apps.create(call.who, DOOR, draft)
    return answer(_place(call, view), f"APPAPI_CREATED App {draft.name} {draft.version} created.", status=201)


async def latest(call: Call) -> Response:
    """The version that was created last."""
    return await _find(call, "")


async def find(call: Call) -> Response:
    """One version."""
    return await _find(call, _version(call))


async def _find(call: Call, version: str) -> Response:
    refuse_services(call)
    select = wanted(call, TABLE, ALL)
    view = await call.desk.apps.find(*_named(call), version)
    if call.flag("requireExecPerm") and not view.rights.allow(Need.RUN):
        raise Denied(f"You may not run the app {view.app.name}.")
    return answer(chosen(_written(call, view), select), f"TAPIS_FOUND App {view.app.name} found.")


async def patch(call: Call) -> Response:
    """Change what is in the body."""
    return await _change(call, whole=False)


async def put(call: Call) -> Response:
    """Change everything that can be changed; what is not in the body gets its default."""
    return await _change(call, whole=True)


async def _change(call: Call, *, whole: bool) -> Response:
    body = await call.json()
    edit = partial(read_change, body, door=DOOR, whole=whole)
    view = await call.desk.apps.change(*_named(call), _version(call), edit)
    return answer(_place(call, view), f"APPAPI_UPDATED App {view.app.name} {view.app.version} updated.")


async def is_enabled(call: Call) -> Response:
    """Whether an app is switched on, and the version too that is asked about."""
    version = call.query("version")
    view = await call.desk.apps.find(*_named(call), version)
    is_on = view.app.enabled and (not version or bool(_written(call, view)[ENABLED]))
    return answer({"aBool": is_on}, "TAPIS_FOUND App found.")


async def enable(call: Call, *, on: bool) -> Response:
    """Switch an app on or off."""
    return changed(await call.desk.apps.enable(*_named(call), on=on), "enabled" if on else "disabled")


async def switch(call: Call, *, word: str, on: bool) -> Response:
    """Switch one version on or off, lock or unlock it."""
    return changed(await call.desk.apps.switch(*_named(call), _version(call), word=word, on=on), "updated")


async def delete(call: Call) -> Response:
    """Delete an app with all its versions; its id stays taken."""
    return changed(await call.desk.apps.remove(*_named(call)), "deleted")


async def undelete(call: Call) -> Response:
    """Bring a deleted app back."""
    return changed(await call.desk.apps.restore(*_named(call)), "undeleted")


async def change_owner(call: Call) -> Response:
    """Give an app to another account."""
    return changed(await call.desk.apps.hand_over(*_named(call), call.param("userName")), "updated")


async def history(call: Call) -> Response:
    """All that was done to an app."""
    items = await call.desk.apps.history(*_named(call))
    written = [{"appVersion": item.version or None, **write_history(item, tenant=call.tenant)} for item in items]
    return answer(written, "TAPIS_FOUND History found.")


_ONE, _VERSION = "apps/{appId}", "apps/{appId}/{appVersion}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="apps", handler=listing),
    Route(method="POST", path="apps", handler=create),
    Route(method="GET", path="apps/search", handler=search),
    Route(method="POST", path="apps/search", handler=search_sql),
    Route(method="GET", path=_ONE, handler=latest),
    Route(method="GET", path=f"{_ONE}/isEnabled", handler=is_enabled),
    Route(method="GET", path=f"{_ONE}/history", handler=history),
    Route(method="POST", path=f"{_ONE}/enable", handler=partial(enable, on=True)),
    Route(method="POST", path=f"{_ONE}/disable", handler=partial(enable, on=False)),
    Route(method="POST", path=f"{_ONE}/delete", handler=delete),
    Route(method="POST", path=f"{_ONE}/undelete", handler=undelete),
    Route(method="POST", path=f"{_ONE}/changeOwner/{{userName}}", handler=change_owner),
    Route(method="GET", path=_VERSION, handler=find),
    Route(method="PATCH", path=_VERSION, handler=patch),
    Route(method="PUT", path=_VERSION, handler=put),
    Route(method="POST", path=f"{_VERSION}/enable", handler=partial(switch, word=ENABLED, on=True)),
    Route(method="POST", path=f"{_VERSION}/disable", handler=partial(switch, word=ENABLED, on=False)),
    Route(method="POST", path=f"{_VERSION}/lock", handler=partial(switch, word=LOCKED, on=True)),
    Route(method="POST", path=f"{_VERSION}/unlock", handler=partial(switch, word=LOCKED, on=False)),
)
