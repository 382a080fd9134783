"""Jobs of one run in directories of people's own: started in one go, listed with their run, shared by topics."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, literal, or_, select

from dragoman.core.job import NO_WORKLOAD, Draft, Event, Job, Run, workload_as_json
from dragoman.core.notices import NewSubscription
from dragoman.core.things import Verb, Whose
from dragoman.store.jobs import add_job, get_job, submit_job
from dragoman.store.rows import read_event, read_job, read_run
from dragoman.store.subscriptions import subscribe, tell_change
from dragoman.store.tables import event, grants, job, run

Listed = tuple[Job, Run | None, Sequence[Event]]
"""A job, its run, and the run's moves."""
JOB = "job"
_BARE = workload_as_json(NO_WORKLOAD)
_LEFT_OUT = {"letter", "workload", "subscriptions"}
"""Columns that lists have no use for, and that may be long or lie behind those."""
_COLUMNS = [column for column in job.c if column.name not in _LEFT_OUT]


def start_job(
    conn: Connection,
    draft: Draft,
    *,
    owner_id: int,
    system_id: int,
    at: int,
    subscriptions: Sequence[NewSubscription] = (),
) -> Job:
    """Store a job and open it; its subscribers hear of it from the start. Raises Conflict when its alias is taken."""
    made = add_job(conn, draft, owner_id=owner_id, workload=draft.workload, input_bytes=0, at=at)
    if subscriptions:
        subscribe(conn, made.id, subscriptions, owner_id=owner_id, at=at)
    submit_job(conn, made, system_id=system_id, runs=1, at=at)
    if subscriptions:
        tell_change(conn, made.id, len(subscriptions), added=True, at=at)
    return get_job(conn, made.id)


def list_jobs_with_runs(conn: Connection, *, door: str, account_id: int, whose: Whose, topic: str) -> list[Listed]:
    """Jobs, their one run and its moves, those that changed last at the end; letters and workloads are left out.

    Shared are those of which the account may read ``topic``. With ALL, its own come first.
    """
    mine = job.c.owner_id == account_id
    shared = and_(~mine, _is_shared(account_id, topic))
    which = {Whose.MINE: mine, Whose.SHARED: shared, Whose.ALL: or_(mine, shared)}[whose]
    jobs = without_letters(conn, job.c.door == door, which, order=(job.c.updated_at, job.c.id))
    ids = [one.id for one in jobs]
    runs, moves = _runs(conn, ids), _moves(conn, ids)
    found: list[Listed] = [(one, runs.get(one.id), moves.get(one.id, [])) for one in jobs]
    return sorted(found, key=lambda one: one[0].owner_id != account_id) if whose is Whose.ALL else found


def without_letters(conn: Connection, *which: ColumnElement[bool], order: Sequence[Any] = (job.c.id,)) -> list[Job]:
    """Jobs whose letters and workloads are left out: these may be long."""
    return [_read(row) for row in conn.execute(select(*_COLUMNS).where(*which).order_by(*order))]


def _is_shared(account_id: int, topic: str) -> Any:
    fits = (grants.c.kind == JOB, grants.c.ref == job.c.id, grants.c.account_id == account_id, grants.c.path == topic)
    return select(literal(1)).where(*fits, grants.c.verb == Verb.READ.value).exists()


def may_read_topic(conn: Connection, job_id: int, account_id: int, topic: str) -> bool:
    """Whether that much of a job was shared with an account."""
    row = select(literal(1)).where(job.c.id == job_id, _is_shared(account_id, topic))
    return conn.execute(row).first() is not None


def _runs(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, Run]:
    found: dict[int, Run] = {}
    for first in range(0, len(job_ids), some):
        rows = conn.execute(select(run).where(run.c.job_id.in_(job_ids[first : first + some]), run.c.number == 1))
        found |= {row.job_id: read_run(row) for row in rows}
    return found


def _moves(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    for first in range(0, len(job_ids), some):
        fits = (event.c.job_id.in_(job_ids[first : first + some]), event.c.kind == "move", event.c.run_id.is_not(None))
        for row in conn.execute(select(event).where(*fits).order_by(event.c.job_id, event.c.seq)):
            found.setdefault(row.job_id, []).append(read_event(row))
    return found


class _Row:
    """A row of which some columns were not read."""

    letter = ""
    workload = _BARE

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _read(row: Any) -> Job:
    return read_job(_Row(row))
