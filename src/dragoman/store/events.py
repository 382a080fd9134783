"""The history of jobs: events are written in order, counted by the job, and told to those who want to hear of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from dragoman.core.job import Event
from dragoman.core.notices import SAID
from dragoman.core.states import HELD, RunState
from dragoman.core.work import DELIVERY, NewWork
from dragoman.store.followers import FOLLOWED, note_events
from dragoman.store.queue import add_work
from dragoman.store.rows import read_event
from dragoman.store.tables import event, job, run, work

ABOVE = (job.c.events, job.c.subscriptions, FOLLOWED.label("followed"))
"""What is known of a job when its events are written: how many there are, and whether anybody is to be told of them."""
_COUNT_EVENTS = (
    update(job).where(job.c.id == bindparam("job")).values(events=job.c.events + bindparam("more")).returning(*ABOVE)
)
_ADD_EVENT = insert(event)
_EVENTS = select(event).where(event.c.job_id == bindparam("job_id")).order_by(event.c.seq)
_LIVE = (
    select(run.c.job_id)
    .join(work, and_(work.c.kind == "run", work.c.ref == run.c.id))
    .where(run.c.app_id.in_(bindparam("apps", expanding=True)))
    .distinct()
    .order_by(run.c.job_id)
)

NewEvent = Mapping[str, Any]


def new_event(
    at: int,
    *,
    kind: str = "move",
    was: str = "",
    now: str = "",
    run_id: int | None = None,
    cause: str = "",
    reason: str = "",
) -> NewEvent:
    """An event's columns, without its place in the job's order."""
    return {"run_id": run_id, "at": at, "kind": kind, "was": was, "now": now, "cause": cause, "reason": reason}


def add_events(conn: Connection, job_id: int, new: Sequence[NewEvent]) -> None:
    """Append events to a job's history, in this order."""
    insert_events(conn, job_id, new, conn.execute(_COUNT_EVENTS, {"job": job_id, "more": len(new)}).one())


def insert_events(conn: Connection, job_id: int, new: Sequence[NewEvent], above: Any) -> None:
    """Write events that the job has counted already; ``above`` holds its ABOVE since then.

    Whoever has subscribed to the job, or follows what it is on, is told of them: the work for that is written here, in
    the same transaction.
    """
    first = above.events - len(new) + 1
    rows = [{"job_id": job_id, "seq": first + place, **row} for place, row in enumerate(new)]
    conn.execute(_ADD_EVENT, rows)
    if above.subscriptions:
        add_work(conn, NewWork(kind=DELIVERY, ref=job_id, due_at=new[-1]["at"]))
    if above.followed:
        note_events(conn, job_id, rows)


def tell_live(conn: Connection, app_ids: Sequence[int], new: NewEvent) -> None:
    """Append an event to the history of each live job of these versions of an app."""
    for job_id in list(conn.execute(_LIVE, {"apps": list(app_ids)}).scalars()):
        add_events(conn, job_id, [new])


def list_events(conn: Connection, job_id: int) -> list[Event]:
    """A job's whole history, oldest first."""
    return [read_event(row) for row in conn.execute(_EVENTS, {"job_id": job_id})]


def last_move(conn: Connection, job_id: int, run_id: int, *, into: RunState) -> Event | None:
    """The latest event by which a run came into a state, but not back into it; None: it never did."""
    moved = (event.c.job_id == job_id, event.c.run_id == run_id, event.c.kind == "move", event.c.now == into.value)
    plain = event.c.was.not_in([state.value for state in HELD])
    row = conn.execute(select(event).where(*moved, plain).order_by(event.c.seq.desc()).limit(1)).first()
    return None if row is None else read_event(row)


def count_said(conn: Connection, job_id: int, run_id: int) -> int:
    """How much a run's workload has said so far."""
    mine = (event.c.job_id == job_id, event.c.run_id == run_id, event.c.kind == SAID)
    return conn.execute(select(func.count()).select_from(event).where(*mine)).scalar_one()
