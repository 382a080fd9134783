"""The leased work table: claim, extend, release, and standing in line for a slot (``admission`` ends that).

claim -> handle outside any transaction -> commit guarded by the fence (``moves.apply``). A row that nobody finishes
is simply claimed again when its lease has run out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from dragoman.core.job import Job, Run
from dragoman.core.states import Cause, RunState
from dragoman.core.work import Claim, NewWork
from dragoman.store.admission import let_in
from dragoman.store.leasing import claims_of, leasing
from dragoman.store.rows import read_job, read_run
from dragoman.store.tables import job, run, work

FAR = 1 << 60
"""A time that never comes."""

_FREE = work.c.lease_until < bindparam("at")
_NO_GATE = work.c.gate.is_(None)
_CLAIM_DUE = leasing(
    select(work.c.id)
    .where(_NO_GATE, work.c.due_at <= bindparam("at"), _FREE)
    .order_by(work.c.due_at)
    .limit(bindparam("most"))
)
_NEXT_DUE = select(work.c.due_at).where(_NO_GATE, _FREE).order_by(work.c.due_at).limit(1)
_CLAIM_ENDED = leasing(
    select(work.c.id).where(
        work.c.kind == "run",
        work.c.ref.in_(select(run.c.id).where(run.c.token.in_(bindparam("tokens", expanding=True)))),
        _NO_GATE,
        _FREE,
    ),
    holds=None,  # its command is over, so its slot is free from now on
    due_at=bindparam("at"),  # and it stays due until it is done, should whoever took it die
)
_held = work.alias("held")
_STILL_HELD = (
    select(run.c.token)
    .join(work, work.c.ref == run.c.id)
    .where(work.c.kind == "run", run.c.token.in_(bindparam("tokens", expanding=True)))
)
_RUNS = select(run).where(run.c.id.in_(bindparam("ids", expanding=True)))
_JOBS = select(job).where(job.c.id.in_(bindparam("ids", expanding=True)))
_EXTEND = (
    update(work)
    .where(work.c.id == bindparam("row"), work.c.fence == bindparam("of"), work.c.lease_until > 0)
    .values(lease_until=bindparam("until"))
)
_TURNS = select(
    func.min(work.c.turn),
    select(func.max(_held.c.turn))
    .where(_held.c.gate == bindparam("at_gate"), _held.c.owner_id == bindparam("by"))
    .scalar_subquery(),
).where(work.c.gate == bindparam("at_gate"))
_ADD = insert(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What one look at the work table gave."""

    claims: Sequence[Claim]
    runs: Mapping[int, tuple[Run, Job]]
    """For each claim of a run, the run and its job as they are now."""
    held: frozenset[str]
    """Ended tokens that could not be claimed because somebody holds their row right now."""
    full: bool
    """Somebody stands in line and could not be let in."""
    next_due: int
    """When there is nothing to claim: the time at which there will be, as far as is known now (FAR: never)."""


def claim(conn: Connection, *, owner: str, at: int, lease: int, most: int, ended: Sequence[str] = ()) -> Claimed:
    """Lease up to ``most`` rows: runs whose tokens have ``ended``, then what is due, then those next in line."""
    who = {"owner": owner, "until": at + lease, "at": at}
    claims = claims_of(conn.execute(_CLAIM_ENDED, {**who, "tokens": list(ended)})) if ended else []
    if len(claims) < most:
        claims += claims_of(conn.execute(_CLAIM_DUE, {**who, "most": most - len(claims)}))
    admitted, full = let_in(conn, most - len(claims), who)
    claims += admitted
    runs = _runs(conn, [claim_.ref for claim_ in claims if claim_.kind == "run"])
    missing = set(ended) - {found.token for found, _ in runs.values()}
    held = conn.execute(_STILL_HELD, {"tokens": list(missing)}).scalars() if missing else ()
    next_due = FAR if claims else conn.execute(_NEXT_DUE, {"at": at}).scalar() or FAR
    return Claimed(claims=claims, runs=runs, held=frozenset(held), full=full, next_due=next_due)


def _runs(conn: Connection, ids: list[int]) -> dict[int, tuple[Run, Job]]:
    if not ids:
        return {}
    runs = [read_run(row) for row in conn.execute(_RUNS, {"ids": ids})]
    jobs = {row.id: read_job(row) for row in conn.execute(_JOBS, {"ids": list({found.job_id for found in runs})})}
    return {found.id: (found, jobs[found.job_id]) for found in runs}


def extend(conn: Connection, claims: Sequence[Claim], *, until: int) -> None:
    """Hold claims longer. A claim whose fence was passed stays lost, and one that was given back stays free."""
    conn.execute(_EXTEND, [{"row": claim.id, "of": claim.fence, "until": until} for claim in claims])


def release(conn: Connection, claims: Sequence[Claim]) -> None:
    """Give claims back at once, as if this attempt had not been made (a clean shutdown)."""
    for claim_ in claims:
        mine = (work.c.id == claim_.id) & (work.c.fence == claim_.fence)
        conn.execute(update(work).where(mine).values(lease_owner="", lease_until=0, attempt=work.c.attempt - 1))


def free_all(conn: Connection) -> int:
    """End every lease; only for the one process that has the database to itself. Fences stay and still rise."""
    return conn.execute(update(work).where(work.c.lease_until > 0).values(lease_owner="", lease_until=0)).rowcount


def wake_held(conn: Connection, system_id: int, *, at: int) -> None:
    """Have the runs that are held up because of a system tried again now: what held them may be gone.

    Those that wait for a system that was switched off may need another one than that on which they execute.
    """
    because = or_(run.c.system_id == system_id, run.c.cause == Cause.CLOSED.value)
    held = select(run.c.id).where(run.c.state == RunState.BLOCKED.value, because)
    conn.execute(update(work).where(work.c.kind == "run", work.c.ref.in_(held), _NO_GATE).values(due_at=at))


def add_work(conn: Connection, new: NewWork) -> None:
    """Add a row of work; when one for the same thing is there, it becomes due at the earlier of the two times."""
    key = (work.c.kind == new.kind) & (work.c.ref == new.ref)
    there = conn.execute(select(work.c.id, work.c.due_at).where(key)).first()
    if there is not None:
        earlier = update(work).where(work.c.id == there.id).values(due_at=min(there.due_at, new.due_at))
        if conn.execute(earlier).rowcount:  # else somebody has just ended it
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
    head, own = conn.execute(_TURNS, {"at_gate": system_id, "by": owner_id}).one()
    turn = max(head or 0, own or 0) + 1
    conn.execute(
        _ADD, _row(kind="run", ref=run_id, owner_id=owner_id, gate=system_id, turn=turn, due_at=at + WAIT_SHOWS)
    )
