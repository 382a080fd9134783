"""The verbs on systems: register, find, list, change, switch, delete and bring back, give away."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dragoman.core.errors import Invalid, Taken
from dragoman.core.hosteval import read_host_eval
from dragoman.core.ports import Clock, Db
from dragoman.core.registered import LETS_CHILDREN, OWN_WORDS, HistoryItem, Kind, Need, Scope, SystemDraft, SystemView
from dragoman.core.retelling import Teller
from dragoman.core.things import Identity, System
from dragoman.desk.credentials import UNREACHED, Credentials, Seal
from dragoman.desk.rights import account_named, lent_system, owner_for, thing_for, things_of
from dragoman.desk.system_rows import (
    PATHS,
    children_of,
    complain,
    note,
    settle_login,
    tell_others,
    unborn,
    view_system,
    view_systems,
)
from dragoman.store import Connection, accounts, audit, logins, queue, systems

Edit = Callable[[SystemView], SystemDraft]
"""Makes a system's new form from the one it has. Pure; raises Invalid."""
NOTHING: Mapping[str, Any] = {}


class Systems:
    """Systems, as their owners and those who may use them see them."""

    def __init__(
        self, db: Db, clock: Clock, credentials: Credentials, tellers: Mapping[str, Teller] | None = None
    ) -> None:
        self._db, self._clock, self._credentials, self._tellers = db, clock, credentials, tellers or {}

    async def find(
        self, who: Identity, door: str, name: str, *, need: Need = Need.READ, lender: str = ""
    ) -> SystemView:
        """A system that somebody may do this with, or that a lender of rights may. Raises NotFound and Denied."""
        return await self._db.read(_find, who, door, name, need=need, lender=lender)

    async def create(self, who: Identity, door: str, draft: SystemDraft, *, skip_check: bool) -> SystemView:
        """Register a system. Its own login is tried out before, unless that is to be skipped.

        Raises Invalid with all that is wrong, Taken when the name is taken, Denied, and Unavailable.
        """
        await self._db.read(_check_new, who, door, draft)
        draft = await self._settled(draft)
        if draft.credential and not skip_check:
            await self._credentials.try_out(unborn(draft), draft.credential, draft.login)
        seal, tellers = self._credentials.seal, self._tellers
        return await self._db.write(_create, who, door, draft, seal=seal, tellers=tellers, at=self._clock.now())

    async def change(self, who: Identity, door: str, name: str, edit: Edit) -> SystemView:
        """Give a system another form. Raises Invalid with all that is wrong, NotFound and Denied."""
        tellers = self._tellers
        return await self._db.write(_change, who, door, name, edit, tellers=tellers, at=self._clock.now())

    async def enable(self, who: Identity, door: str, name: str, *, on: bool) -> int:
        """Switch a system on or off; 0 when it was so already."""
        return await self._db.write(_enable, who, door, name, on=on, at=self._clock.now())

    async def remove(self, who: Identity, door: str, name: str, *, detail: Mapping[str, Any] = NOTHING) -> int:
        """Delete a system and forget logins and grants; its name stays taken. 0 when it was so already.

        ``detail`` is what its history tells of that. Raises Invalid while it has children.
        """
        return await self._db.write(_remove, who, door, name, detail=detail, at=self._clock.now())

    async def restore(self, who: Identity, door: str, name: str) -> int:
        """Bring a deleted system back, without logins and grants; 0 when it was not deleted."""
        return await self._db.write(_restore, who, door, name, at=self._clock.now())

    async def hand_over(self, who: Identity, door: str, name: str, to: str) -> int:
        """Give a system to another account; 0 when it has it already. Raises Invalid when there is no such account."""
        return await self._db.write(_hand_over, who, door, name, to, at=self._clock.now())

    async def history(self, who: Identity, door: str, name: str) -> list[HistoryItem]:
        """All that was done to a system, oldest first; also to a deleted one."""
        return await self._db.read(_history, who, door, name)

    async def evaluate(self, who: Identity, door: str, name: str, variable: str, *, lender: str = "") -> str:
        """What an environment variable holds on the system for somebody who may run there. Raises Unavailable."""
        view = await self.find(who, door, name, need=Need.RUN, lender=lender)
        _, login, credential = await self._credentials.login(view.system.id, who.account.id)
        return await self._credentials.reach.evaluate(view.system, credential, login, variable)

    async def list(self, who: Identity, door: str, scope: Scope, *, deleted: bool = False) -> list[SystemView]:
        """The systems that somebody may see, by name; deleted ones too when asked."""
        return await self._db.read(_list, who, door, scope, deleted=deleted)

    async def _settled(self, draft: SystemDraft) -> SystemDraft:
        """The draft with a root that the host has told, where only the host can."""
        asked = read_host_eval(draft.values["root"], where="rootDir")
        if asked is None:
            return draft
        reach = self._credentials.reach
        try:
            value = await reach.evaluate(unborn(draft), draft.credential, draft.login, asked.variable)
        except UNREACHED as problem:
            raise Invalid.field("rootDir", why=f"The host did not tell {asked.variable}: {problem}") from problem
        root = asked.path(value)
        if not root.startswith("/") or ".." in root.split("/"):
            raise Invalid.field("rootDir", why=f'{asked.variable} is "{value}" on the host: that is no root directory.')
        return replace(draft, values={**draft.values, "root": root})


def _find(conn: Connection, who: Identity, door: str, name: str, *, need: Need, lender: str = "") -> SystemView:
    return view_system(conn, who, lent_system(conn, who, door, name, need=need, lender=lender))


def _list(conn: Connection, who: Identity, door: str, scope: Scope, *, deleted: bool) -> list[SystemView]:
    owner_id = who.account.id if scope is Scope.OWNED else None
    reader_id = None if who.account.is_admin else who.account.id
    rows = systems.list_systems(conn, owner_id=owner_id, reader_id=reader_id, deleted=deleted)
    found = things_of(conn, who, door, Kind.SYSTEM, rows)
    return view_systems(conn, who, [thing for thing in found if thing.rights.fit(scope)])


def _check_new(conn: Connection, who: Identity, door: str, draft: SystemDraft) -> None:
    owner_for(conn, who, draft.owner)
    if systems.find_system(conn, draft.name) is not None:
        raise Taken(f"There is a system {draft.name} already, or there was one.", hint="Choose another id.")
    complain(conn, who, door, draft, root=draft.values["root"])


def _create(
    conn: Connection,
    who: Identity,
    door: str,
    draft: SystemDraft,
    *,
    seal: Seal,
    tellers: Mapping[str, Teller],
    at: int,
) -> SystemView:
    owner = owner_for(conn, who, draft.owner)
    values = {**draft.values, "facets": {door: dict(draft.facet)}}
    system = systems.add_system(conn, name=draft.name, owner_id=owner.id, values=values, at=at)
    tell_others(conn, system.id, door, tellers, at=at)
    sealed = seal(system, None, replace(draft.credential, login=draft.login)) if draft.credential else None
    settle_login(conn, system, draft.login, sealed, at=at)
    note(conn, who, system, "create", draft.detail, at=at)
    return _find(conn, who, door, draft.name, need=Need.READ)


def _change(
    conn: Connection, who: Identity, door: str, name: str, edit: Edit, *, tellers: Mapping[str, Teller], at: int
) -> SystemView:
    view = _find(conn, who, door, name, need=Need.CHANGE)
    system, draft = view.system, edit(view)
    complain(conn, who, door, draft, root=system.root)
    children = children_of(conn, door, system, deleted=True) if system.facets[door].get(LETS_CHILDREN) else []
    if not draft.facet.get(LETS_CHILDREN) and any(child.deleted_at is None for child in children):
        raise Invalid.field(LETS_CHILDREN, why="The system has children. Unlink them first.")
    values = {**draft.values, "facets": {**system.facets, door: dict(draft.facet)}}
    systems.change_system(conn, system.id, values, at=at)
    tell_others(conn, system.id, door, tellers, at=at)
    if draft.values.get("enabled") and not system.enabled:
        queue.wake_held(conn, system.id, at=at)
    settle_login(conn, system, draft.login, None, at=at)
    if _moves(system, draft.values):  # nobody's secret is shown to a host that they have not seen
        for one in (system, *children):
            logins.remove_secrets(conn, system_id=one.id)
    for child in children:
        own = {word: child.facets[door][word] for word in OWN_WORDS if word in child.facets[door]}
        facets = {**child.facets, door: {**draft.facet, **own}}
        systems.change_system(conn, child.id, {**draft.values, "root": child.root, "facets": facets}, at=at)
        tell_others(conn, child.id, door, tellers, at=at)
    note(conn, who, system, "change", draft.detail, at=at)
    return _find(conn, who, door, name, need=Need.CHANGE)


def _moves(system: System, values: Mapping[str, Any]) -> bool:
    return (system.host, system.port) != (values.get("host", system.host), values.get("port", system.port))


def _enable(conn: Connection, who: Identity, door: str, name: str, *, on: bool, at: int) -> int:
    system = _managed(conn, who, door, name)
    if system.enabled is on:
        return 0
    systems.change_system(conn, system.id, {"enabled": on}, at=at)
    note(conn, who, system, "enable" if on else "disable", {}, at=at)
    if on:
        queue.wake_held(conn, system.id, at=at)
    return 1


def _remove(conn: Connection, who: Identity, door: str, name: str, *, detail: Mapping[str, Any], at: int) -> int:
    system = _managed(conn, who, door, name, deleted=True)
    if system.deleted_at is not None:
        return 0
    if children := children_of(conn, door, system):
        names = ", ".join(child.name for child in children)
        raise Invalid.field("systemId", why=f"The system has children: {names}. Unlink or delete them first.")
    systems.change_system(conn, system.id, {"deleted_at": at}, at=at)
    logins.remove_secrets(conn, system_id=system.id)
    for kind in (Kind.SYSTEM, PATHS):
        accounts.remove_grants(conn, kind=kind, ref=system.id)
    note(conn, who, system, "delete", detail, at=at)
    return 1


def _restore(conn: Connection, who: Identity, door: str, name: str, *, at: int) -> int:
    system = _managed(conn, who, door, name, deleted=True)
    if system.deleted_at is None:
        return 0
    systems.change_system(conn, system.id, {"deleted_at": None}, at=at)
    note(conn, who, system, "undelete", {}, at=at)
    return 1


def _hand_over(conn: Connection, who: Identity, door: str, name: str, to: str, *, at: int) -> int:
    system = _managed(conn, who, door, name)
    owner = account_named(conn, to, where="userName")
    if owner.id == system.owner_id:
        return 0
    systems.change_system(conn, system.id, {"owner_id": owner.id}, at=at)
    note(conn, who, system, "change_owner", {"owner": to}, at=at)
    return 1


def _managed(conn: Connection, who: Identity, door: str, name: str, *, deleted: bool = False) -> System:
    found: System = thing_for(conn, who, door, Kind.SYSTEM, name, need=Need.MANAGE, deleted=deleted).rows[0]
    return found


def _history(conn: Connection, who: Identity, door: str, name: str) -> list[HistoryItem]:
    thing = thing_for(conn, who, door, Kind.SYSTEM, name, deleted=True)
    return audit.list_history(conn, kind=Kind.SYSTEM, refs=[thing.ref])
