"""The handlers of lists of apps: by name or sorted, and searched; by the store as far as it can."""

from collections.abc import Sequence
from functools import partial

from dragoman.core.listing import Listing
from dragoman.core.registered import AppView
from dragoman.core.search import AllOf, Op
from dragoman.core.search import Condition as Compared
from dragoman.core.sources import Wanted
from dragoman.dialects.tapis2.app_sources import KINDS, MAYBE, PUBLIC, SORTED, SOURCES
from dragoman.dialects.tapis2.apps import written
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.lists import arranged, cut, order_of, shown
from dragoman.dialects.tapis2.searching import Condition, Fields, Row, holds, read_conditions
from dragoman.dialects.tapis2.told import told_plainly
from dragoman.dialects.tapis2.write_app import SUMMARY

FIELDS = Fields(
    known=(
        *("available", "checkpointable", "created", "defaultmaxruntime", "defaultmemorypernode", "defaultnodecount"),
        *("defaultprocessorspernode", "defaultqueue", "deploymentpath", "executionsystem", "executiontype", "helpuri"),
        *("icon", "id", "inputs", "label", "lastmodified", "longdescription", "modules", "name", "ontology", "outputs"),
        *("owner", "parallelism", "parameters", "ispublic", "revision", "shortdescription", "deploymentsystem", "tags"),
        *("templatepath", "testpath", "uuid", "version"),
    ),
    times=("created", "lastmodified"),
    aliases={
        "public": "ispublic",
        "storagesystem": "deploymentsystem",
        "lastupdated": "lastmodified",
        "defaultnodes": "defaultnodecount",
        "tag": "tags",
    },
)
_FLAGS = (("publicOnly", "true"), ("privateOnly", "false"))


async def listing(call: Call, *, field: str = "") -> Answer:
    """The apps that somebody may see; with a field, those that have what the address names."""
    conditions = read_conditions(call.conditions, FIELDS)
    conditions += [Condition(field=PUBLIC, op="eq", text=text) for flag, text in _FLAGS if call.flag(flag)]
    conditions += [Condition(field=field, op="eq", text=call.param("value"))] if field else []
    return shown(call, await _rows(call, conditions), summary=SUMMARY, links=("self",))


async def app_known_as(call: Call, uuid: str) -> AppView | None:
    """The app of that id, if there is one that the caller may see."""
    known = Compared(attribute="uuid", op=Op.EQ, values=(uuid,), kind=KINDS["uuid"])
    wanted = Wanted(sources=SOURCES, kinds=KINDS, query=known, listing=Listing(limit=1, order=(("id", False),)))
    found, _ = await call.desk.apps.search(call.who, DOOR, wanted)
    return found[0] if found else None


async def _rows(call: Call, conditions: Sequence[Condition]) -> Sequence[Row]:
    """A page of the apps that meet all conditions, in the order that is asked for."""
    (name, falls), now, page = order_of(call, FIELDS), call.desk.hosted_jobs.now, call.page
    told = [told_plainly(one, KINDS, maybe=MAYBE, now=now) for one in conditions]
    query = AllOf(parts=tuple(one.query for one in told if one))
    listing = Listing(limit=page.limit, skip=page.offset, order=((name, falls),) if name else (("id", False),))
    wanted = Wanted(sources=SOURCES, kinds=KINDS, query=query, listing=listing)
    may_cut = all(one is not None and one.is_exact for one in told) and (not name or name in SORTED)
    views, is_part = await call.desk.apps.search(call.who, DOOR, wanted, may_cut=may_cut)
    rows = [written(call, view) for view in views]
    if is_part:
        return rows
    fitting = [row for row in rows if all(holds(one, row, FIELDS, now) for one in conditions)]
    return cut(arranged(call, fitting, FIELDS), page)


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="apps/v2", handler=listing),
    *(
        Route(method="GET", path=f"apps/v2/{word}/{{value}}", handler=partial(listing, field=field))
        for word, field in (("name", "name"), ("tag", "tags"), ("ontology", "ontology"), ("system", "executionsystem"))
    ),
)
