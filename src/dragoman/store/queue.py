"""The leased work table: claim, extend, release, and standing in line for a slot.

claim -> handle outside any transaction -> commit guarded by the fence (``moves.apply``). A row that nobody finishes
is simply claimed again when its lease has run out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from dragoman.core.states import RunState
from dragoman.core.work import Claim, NewWork
from dragoman.store.tables import run, system, work

FAR = 1 << 60
"""A time that never comes."""

_LEASE = {
    "lease_owner": bindparam("owner"),
    "lease_until": bindparam("until"),
    "fence": work.c.fence + 1,
    "attempt": work.c.attempt + 1,
}
_COLUMNS = (work.c.id, work.c.kind, work.c.ref, work.c.fence, work.c.attempt, work.c.lease_until, work.c.note)
_FREE = work.c.lease_until < bindparam("at")
_DUE = (
    select(work.c.id)
    .where(work.c.gate.is_(None), work.c.due_at <= bindparam("at"), _FREE)
    .order_by(work.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ENDED = (
    select(work.c.id)
    .where(
        work.c.kind == "run",
        work.c.ref.in_(select(run.c.id).where(run.c.token.in_(bindparam("tokens", expanding=True)))),
        work.c.gate.is_(None),
        _FREE,
    )
    .with_for_update(skip_locked=True)
)
_IN_LINE = (
    select(work.c.id)
    .where(work.c.gate == bindparam("system_id"))
    .order_by(work.c.turn)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_GATES = select(system.c.id, system.c.slots).where(
    system.c.id.in_(select(work.c.gate).where(work.c.gate.is_not(None)).distinct())
)
_CLAIM = update(work).where(work.c.id.in_(bindparam("ids", expanding=True))).values(_LEASE).returning(*_COLUMNS)
_ADMIT = (
    update(work)
    .where(work.c.id.in_(bindparam("ids", expanding=True)))
    .values(**_LEASE, gate=None, holds=work.c.gate, due_at=bindparam("at"))
    .returning(*_COLUMNS)
)
_HELD = select(func.count()).select_from(work).where(work.c.holds == bindparam("system_id"))
_LOCK = select(system.c.id).where(system.c.id == bindparam("system_id")).with_for_update()
_NEXT_DUE = select(func.min(work.c.due_at)).where(work.c.gate.is_(None), work.c.lease_until == 0)
_EXTEND = (
    update(work)
    .where(work.c.id == bindparam("row"), work.c.fence == bindparam("of"))
    .values(lease_until=bindparam("until"))
)
_HEAD = select(func.min(work.c.turn)).where(work.c.gate == bindparam("system_id"))
_OWN_LAST = select(func.max(work.c.turn)).where(
    work.c.gate == bindparam("system_id"), work.c.owner_id == bindparam("owner_id")
)
_ADD = insert(work)
_LONG_WAITERS = (
    select(run, work.c.id.label("work_id"))
    .join(work, work.c.ref == run.c.id)
    .where(work.c.kind == "run", work.c.gate.is_not(None), work.c.due_at <= bindparam("at"))
    .limit(bindparam("most"))
)


def _claims(rows: Any) -> list[Claim]:
    return [
        Claim(
            id=row.id,
            kind=row.kind,
            ref=row.ref,
            fence=row.fence,
            attempt=row.attempt,
            lease_until=row.lease_until,
            note=row.note,
        )
        for row in rows
    ]


def claim(
    conn: Connection, *, owner: str, at: int, lease: int, most: int, ended: Sequence[str] = ()
) -> tuple[list[Claim], list[str]]:
    """Lease up to ``most`` rows of work: runs whose tokens have ``ended``, then what is due, then those next in line.

    Returns the claims and the ended tokens that could not be claimed because somebody holds their row right now.
    """
    lease_values = {"owner": owner, "until": at + lease}
    ids: list[int] = []
    left: list[str] = []
    if ended:
        ids = list(conn.execute(_ENDED, {"tokens": list(ended), "at": at}).scalars())[:most]
        if len(ids) < len(ended):
            left = _still_held(conn, ended, ids)
    if len(ids) < most:
        due = conn.execute(_DUE, {"at": at, "most": most - len(ids)}).scalars()
        ids += [row for row in due if row not in ids]
    claims = _claims(conn.execute(_CLAIM, {"ids": ids, **lease_values})) if ids else []
    for gate in conn.execute(_GATES).all() if len(claims) < most else ():
        claims += _admit(conn, gate.id, slots=gate.slots, most=most - len(claims), at=at, lease=lease_values)
    return claims, left


def _still_held(conn: Connection, tokens: Sequence[str], claimed: list[int]) -> list[str]:
    """Of these tokens, those whose run still has a row of work that was not claimed just now."""
    rows = conn.execute(
        select(run.c.token)
        .join(work, work.c.ref == run.c.id)
        .where(work.c.kind == "run", run.c.token.in_(tokens), work.c.id.not_in(claimed))
    )
    return list(rows.scalars())


def _admit(
    conn: Connection, system_id: int, *, slots: int, most: int, at: int, lease: Mapping[str, Any]
) -> list[Claim]:
    if most <= 0:
        return []
    conn.execute(_LOCK, {"system_id": system_id})
    free = slots - conn.execute(_HELD, {"system_id": system_id}).scalar_one()
    if free <= 0:
        return []
    ids = list(conn.execute(_IN_LINE, {"system_id": system_id, "most": min(free, most)}).scalars())
    return _claims(conn.execute(_ADMIT, {"ids": ids, "at": at, **lease})) if ids else []


def next_due(conn: Connection) -> int | None:
    """When the next row of work that nobody holds is due."""
    due: int | None = conn.execute(_NEXT_DUE).scalar_one()
    return due


def extend(conn: Connection, claims: Sequence[Claim], *, until: int) -> None:
    """Hold claims longer. A claim whose fence was passed stays lost."""
    if claims:
        conn.execute(_EXTEND, [{"row": claim.id, "of": claim.fence, "until": until} for claim in claims])


def release(conn: Connection, claims: Sequence[Claim]) -> None:
    """Give claims back at once, as if this attempt had not been made (a clean shutdown)."""
    for claim_ in claims:
        mine = (work.c.id == claim_.id) & (work.c.fence == claim_.fence)
        conn.execute(update(work).where(mine).values(lease_owner="", lease_until=0, attempt=work.c.attempt - 1))


def free_all(conn: Connection) -> int:
    """End every lease; only for the one process that has the database to itself. Fences stay and still rise."""
    return conn.execute(update(work).where(work.c.lease_until > 0).values(lease_owner="", lease_until=0)).rowcount


def add_work(conn: Connection, new: NewWork) -> None:
    """Add a row of work; when one for the same thing is there, it becomes due at the earlier of the two times."""
    key = (work.c.kind == new.kind) & (work.c.ref == new.ref)
    there = conn.execute(select(work.c.id, work.c.due_at).where(key)).first()
    if there is not None:
        conn.execute(update(work).where(work.c.id == there.id).values(due_at=min(there.due_at, new.due_at)))
        return
    conn.execute(_ADD, _row(kind=new.kind, ref=new.ref, due_at=new.due_at, note=dict(new.note)))


def _row(**values: Any) -> dict[str, Any]:
    return {
        "owner_id": None,
        "gate": None,
        "holds": None,
        "turn": 0,
        "lease_owner": "",
        "lease_until": 0,
        "fence": 0,
        "attempt": 0,
        "last_error": "",
        "note": {},
        **values,
    }


WAIT_SHOWS = 2_000_000
"""A run that stands in line longer than this (microseconds) is shown as BLOCKED, with what it waits for."""


def add_waiting_run(conn: Connection, *, run_id: int, owner_id: int, system_id: int, at: int) -> None:
    """Put a new run in line for a slot of its system.

    Start-time fair queueing: everybody's next run comes after their own last one and after the head of the line, so
    one run of a newcomer passes the thousand that somebody else put in before.
    """
    here = {"system_id": system_id}
    head = conn.execute(_HEAD, here).scalar_one() or 0
    own = conn.execute(_OWN_LAST, {**here, "owner_id": owner_id}).scalar_one()
    turn = head + 1 if own is None else max(head, own) + 1
    conn.execute(
        _ADD, _row(kind="run", ref=run_id, owner_id=owner_id, gate=system_id, turn=turn, due_at=at + WAIT_SHOWS)
    )


def long_waiters(conn: Connection, *, at: int, most: int) -> list[Any]:
    """Runs (rows of ``run`` with their ``work_id``) that have stood in line for long; each is told of once."""
    rows = list(conn.execute(_LONG_WAITERS, {"at": at, "most": most}))
    seen = [row.work_id for row in rows]
    conn.execute(update(work).where(work.c.id.in_(seen)).values(due_at=FAR))
    return [row for row in rows if row.state == RunState.ACCEPTED]
