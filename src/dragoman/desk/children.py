"""The verbs on systems that are what they are through a parent: make one, set one free."""

from collections.abc import Callable, Mapping, Sequence

from dragoman.core.errors import Invalid
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import LETS_CHILDREN, PARENT, Kind, Need, SystemDraft, SystemView
from dragoman.core.retelling import Teller
from dragoman.core.things import Identity, System
from dragoman.desk.rights import check, thing_for
from dragoman.desk.system_rows import children_of, note, settle_login, tell_others, view_system
from dragoman.store import Connection, systems

Birth = Callable[[SystemView], SystemDraft]
"""Makes a child from its parent. Pure; raises Invalid."""


class Children:
    """Systems with a parent: copies of it with a name, an owner, a root and a login of their own."""

    def __init__(self, db: Db, clock: Clock, tellers: Mapping[str, Teller] | None = None) -> None:
        self._db, self._clock, self._tellers = db, clock, tellers or {}

    async def create(self, who: Identity, door: str, parent: str, birth: Birth) -> SystemView:
        """Make a child of a system that somebody may see. Raises NotFound, Denied, Invalid and Conflict."""
        return await self._db.write(_create, who, door, parent, birth, tellers=self._tellers, at=self._clock.now())

    async def free(self, who: Identity, door: str, name: str) -> int:
        """Make a child stand on its own as it is now; 0 when it does already."""
        return await self._db.write(_free, who, door, name, at=self._clock.now())

    async def free_all(self, who: Identity, door: str, parent: str, names: Sequence[str] | None) -> int:
        """Make these children of a system (None: all) stand on their own; how many. Raises Invalid for others."""
        return await self._db.write(_free_all, who, door, parent, names, at=self._clock.now())


def _create(
    conn: Connection, who: Identity, door: str, name: str, birth: Birth, *, tellers: Mapping[str, Teller], at: int
) -> SystemView:
    thing = thing_for(conn, who, door, Kind.SYSTEM, name)
    parent: System = thing.rows[0]
    if not parent.facets[door].get(LETS_CHILDREN):
        raise Invalid.field("parentId", why=f"The system {name} does not allow children.")
    draft = birth(view_system(conn, who, thing))
    if draft.faults:
        raise Invalid(draft.faults)
    values = {**draft.values, "facets": {door: dict(draft.facet)}}
    child = systems.add_system(conn, name=draft.name, owner_id=who.account.id, values=values, at=at)
    tell_others(conn, child.id, door, tellers, at=at)
    settle_login(conn, child, draft.login, None, at=at)
    note(conn, who, child, "create", draft.detail, at=at)
    return view_system(conn, who, thing_for(conn, who, door, Kind.SYSTEM, draft.name))


def _free(conn: Connection, who: Identity, door: str, name: str, *, at: int) -> int:
    thing = thing_for(conn, who, door, Kind.SYSTEM, name)
    check(thing, Need.MANAGE)
    child: System = thing.rows[0]
    if PARENT not in child.facets[door]:
        return 0
    _cut(conn, who, door, child, at=at)
    return 1


def _free_all(conn: Connection, who: Identity, door: str, name: str, wanted: Sequence[str] | None, *, at: int) -> int:
    parent: System = thing_for(conn, who, door, Kind.SYSTEM, name, need=Need.MANAGE).rows[0]
    children = {child.name: child for child in children_of(conn, door, parent)}
    if unknown := sorted(set(wanted or ()) - set(children)):
        raise Invalid.field("childSystemIds", why=f"These are no children of {name}: {', '.join(unknown)}.")
    freed = [child for child in children.values() if wanted is None or child.name in wanted]
    for child in freed:
        _cut(conn, who, door, child, at=at)
    return len(freed)


def _cut(conn: Connection, who: Identity, door: str, child: System, *, at: int) -> None:
    facet = {word: value for word, value in child.facets[door].items() if word != PARENT}
    systems.change_system(conn, child.id, {"facets": {**child.facets, door: facet}}, at=at)
    note(conn, who, child, "change", {PARENT: None}, at=at)
