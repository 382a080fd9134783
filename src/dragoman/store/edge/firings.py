"""Executions of plugins, from the moment their rules fired."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.edge import Firing, FiringState, NewFiring
from dragoman.core.states import Cause, RunState
from dragoman.store.edge.tables import fact, firing
from dragoman.store.tables import event, file, job, run

_ACTIVE = firing.c.state != FiringState.ENDED.value


class Story(NamedTuple):
    """An event of a run, with what is to be told of it."""

    number: int
    at: int
    was: str
    now: RunState
    cause: Cause
    reason: str
    exit_code: int | None
    job_id: int
    run_id: int
    log: str
    """The key of the blob that holds what the plugin wrote; empty: there is none yet."""


def _read(row: Any) -> Firing:
    values = {name: getattr(row, name) for name in firing.c.keys()}  # noqa: SIM118 - columns have keys of their own
    return Firing(**{**values, "state": FiringState(row.state)})


def queue_firing(conn: Connection, new: NewFiring, *, at: int) -> int | None:
    """Queue an execution; its id. None, and nothing done, while one of this plugin of the job has not ended."""
    active = select(firing.c.id).where(firing.c.job == new.job, firing.c.plugin == new.plugin, _ACTIVE)
    if conn.execute(active).first():
        return None
    values = {
        "goal": new.goal,
        "job": new.job,
        "plugin": new.plugin,
        "pod": new.pod,
        "app": new.app,
        "reason": new.reason,
        "spec": dict(new.spec),
        "state": FiringState.QUEUED.value,
        "queued_at": at,
        "outcome": "",
    }
    try:
        return int(conn.execute(insert(firing).values(values).returning(firing.c.id)).scalar_one())
    except IntegrityError:
        return None


def active_firings(conn: Connection) -> list[Firing]:
    """Those that have not ended, oldest first."""
    return [_read(row) for row in conn.execute(select(firing).where(_ACTIVE).order_by(firing.c.id))]


def find_firing(
    conn: Connection, *, app: str = "", job_id: int | None = None, firing_id: int | None = None
) -> Firing | None:
    """The firing with this app id, or that of this job of the engine's, or with this id."""
    which = (
        firing.c.app == app if app else firing.c.job_id == job_id if job_id is not None else firing.c.id == firing_id
    )
    row = conn.execute(select(firing).where(which)).first()
    return None if row is None else _read(row)


def select_firing(conn: Connection, firing_id: int, *, job_id: int) -> None:
    """It was chosen: the engine's job of this id executes it."""
    values = {"state": FiringState.SELECTED.value, "job_id": job_id}
    conn.execute(update(firing).where(firing.c.id == firing_id).values(values))


def end_firing(conn: Connection, firing_id: int, outcome: str, *, at: int) -> None:
    """It is over."""
    values = {"state": FiringState.ENDED.value, "outcome": outcome, "ended_at": at}
    conn.execute(update(firing).where(firing.c.id == firing_id).values(values))


def failures_in_a_row(conn: Connection, job_alias: str, plugin: str, *, most: int = 12) -> tuple[int, int]:
    """How often a plugin of a job has failed since it last ended well, up to ``most``, and when it last did."""
    rows = conn.execute(
        select(firing.c.outcome, firing.c.ended_at)
        .where(firing.c.job == job_alias, firing.c.plugin == plugin, firing.c.state == FiringState.ENDED.value)
        .order_by(firing.c.id.desc())
        .limit(most)
    ).all()
    count = next((place for place, row in enumerate(rows) if row.outcome == RunState.FINISHED.value), len(rows))
    return count, rows[0].ended_at if count else 0


def run_of(conn: Connection, job_id: int) -> int | None:
    """The run of a job that executes a firing."""
    return conn.execute(select(run.c.id).where(run.c.job_id == job_id)).scalar()


def firing_of_run(conn: Connection, run_id: int) -> Firing | None:
    """The firing that a run executes, or has executed."""
    row = conn.execute(select(firing).join(run, run.c.job_id == firing.c.job_id).where(run.c.id == run_id)).first()
    return None if row is None else _read(row)


def stories(conn: Connection, door: str, after: int, *, most: int = 200) -> list[Story]:
    """The next events of runs behind that number, oldest first."""
    log = (
        select(file.c.blob)
        .where(file.c.run_id == event.c.run_id, file.c.job_id == event.c.job_id, file.c.role == "output")
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(event, run.c.exit_code, log.label("log"))
        .join(job, job.c.id == event.c.job_id)
        .join(run, run.c.id == event.c.run_id)
        .where(event.c.id > after, job.c.door == door, event.c.kind == "move")
        .order_by(event.c.id)
        .limit(most)
    )
    return [
        Story(
            number=row.id,
            at=row.at,
            was=row.was,
            now=RunState(row.now),
            cause=Cause(row.cause),
            reason=row.reason,
            exit_code=row.exit_code,
            job_id=row.job_id,
            run_id=row.run_id,
            log=row.log or "",
        )
        for row in conn.execute(query)
    ]


def reading_place(firing_id: int) -> str:
    """The name of the fact that says how far what an execution writes was read."""
    return f"read-{firing_id}"


def forget_firings(conn: Connection, *, before: int, most: int) -> list[int]:
    """Forget some executions that ended before then, or that are older than the last ``most``.

    The ids of the engine's jobs that belong to them; call it again while there are any.
    """
    last = conn.execute(select(func.max(firing.c.id))).scalar() or 0
    old = or_(firing.c.ended_at < before, firing.c.id <= last - most)
    query = select(firing.c.id, firing.c.job_id).where(firing.c.state == FiringState.ENDED.value, old).limit(100)
    gone = conn.execute(query).all()
    conn.execute(delete(firing).where(firing.c.id.in_([row.id for row in gone])))
    conn.execute(delete(fact).where(fact.c.name.in_([reading_place(row.id) for row in gone])))
    return [row.job_id for row in gone if row.job_id is not None]


def last_successes(conn: Connection) -> Mapping[str, int]:
    """When an execution of each plugin last ended well, by name, on the whole node."""
    query = (
        select(firing.c.plugin, func.max(firing.c.ended_at).label("last"))
        .where(firing.c.outcome == RunState.FINISHED.value)
        .group_by(firing.c.plugin)
    )
    return {row.plugin: row.last for row in conn.execute(query)}


def orphans(conn: Connection, goals: Sequence[str]) -> list[Firing]:
    """Executions of other goals than these that have not ended."""
    return [_read(row) for row in conn.execute(select(firing).where(_ACTIVE, firing.c.goal.not_in(goals)))]
