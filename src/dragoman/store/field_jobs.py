"""Jobs of the field: numbered for ever, edited, submitted again, suspended and removed, and never forgotten."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, func, select, update

from dragoman.core.field import FieldDraft, FieldJob, Goal
from dragoman.core.job import NO_WORKLOAD, Draft, Job
from dragoman.core.states import Cause, JobState, RunState, check_job_move
from dragoman.core.things import Page
from dragoman.store.accounts import find_accounts
from dragoman.store.events import add_events, new_event
from dragoman.store.goals import get_goals, withdraw_goals
from dragoman.store.hosted_jobs import without_letters
from dragoman.store.jobs import add_job, get_job
from dragoman.store.rows import read_job
from dragoman.store.tables import job

GOAL = "goal"
"""The key in a job's notes under which the id of its goal stands."""


def add_field_job(conn: Connection, draft: FieldDraft, *, owner_id: int, at: int) -> Job:
    """Store a job under the next number. Raises Conflict when somebody else has just taken that."""
    last = select(func.max(cast(job.c.alias, BigInteger))).where(job.c.door == draft.door)
    number = (conn.execute(last).scalar() or 0) + 1
    return add_job(
        conn,
        Draft(
            door=draft.door,
            alias=str(number),
            name=draft.name,
            letter=draft.letter,
            workload=NO_WORKLOAD,
            inputs=(),
            notes=draft.notes,
        ),
        owner_id=owner_id,
        workload=NO_WORKLOAD,
        input_bytes=0,
        at=at,
    )


def find_field_job(conn: Connection, *, door: str, alias: str, lock: bool = False) -> Job | None:
    """The job with this number; removed ones too."""
    which = select(job).where(job.c.door == door, job.c.alias == alias)
    row = conn.execute(which.with_for_update() if lock else which).first()
    return None if row is None else read_job(row)


def list_field_jobs(
    conn: Connection, *, door: str, owner_id: int | None = None, page: Page | None = None
) -> list[FieldJob]:
    """All jobs of a door, or an owner's, or a page of them, newest first, without letters; removed ones too."""
    which = [job.c.door == door, *([] if owner_id is None else [job.c.owner_id == owner_id])]
    return view_field_jobs(conn, without_letters(conn, *which, order=(job.c.id.desc(),), page=page))


def count_field_jobs(conn: Connection, *, door: str) -> dict[tuple[JobState, bool], int]:
    """How many jobs of a door there are of each state; for open ones, by whether a node has their goal."""
    many = select(job.c.state, job.c.progress, func.count().label("many")).where(job.c.door == door)
    counts: dict[tuple[JobState, bool], int] = {}
    for row in conn.execute(many.group_by(job.c.state, job.c.progress)):
        state = JobState(row.state)
        key = (state, state is JobState.OPEN and row.progress == RunState.RUNNING.value)
        counts[key] = counts.get(key, 0) + row.many
    return counts


def view_field_jobs(conn: Connection, found: Sequence[Job]) -> list[FieldJob]:
    """Jobs with their owners and goals."""
    owners = find_accounts(conn, {one.owner_id for one in found})
    goals: Mapping[int, Goal] = get_goals(conn, [one.notes[GOAL] for one in found if one.notes.get(GOAL)])
    return [FieldJob(job=one, owner=owners[one.owner_id], goal=goals.get(one.notes.get(GOAL) or 0)) for one in found]


def replace_job(conn: Connection, was: Job, draft: FieldDraft, *, at: int) -> None:
    """Make a job what a new request says, and a DRAFT; no node works on it any longer."""
    withdraw_goals(conn, was.id, at=at)
    values = {"name": draft.name, "letter": draft.letter, "notes": dict(draft.notes)}
    _move(conn, was, JobState.DRAFT, {**values, "submitted_at": None, "ended_at": None, "progress": ""}, at=at)


def open_job(conn: Connection, was: Job, goal_id: int, *, at: int) -> None:
    """Serve a job under a new goal, wherever it stood."""
    notes = {**was.notes, GOAL: goal_id}
    values = {"notes": notes, "submitted_at": at, "ended_at": None, "progress": RunState.ACCEPTED.value, "outcome": ""}
    _move(conn, was, JobState.OPEN, values, at=at)


def start_job(conn: Connection, job_id: int, *, at: int) -> None:
    """Show an open job as running: a node has its goal. Anything else is left alone."""
    was = get_job(conn, job_id)
    if was.state is JobState.OPEN:
        _move(conn, was, JobState.OPEN, {"progress": RunState.RUNNING.value}, at=max(at, was.updated_at))


def end_job(
    conn: Connection, was: Job, now: JobState, *, outcome: RunState | None = None, reason: str = "", at: int
) -> None:
    """Suspend, remove or complete a job: no node works on it any longer."""
    withdraw_goals(conn, was.id, at=at)
    values = {"ended_at": at, "outcome": outcome.value if outcome else "", "reason": reason}
    _move(conn, was, now, values, at=at, reason=reason)


def _move(conn: Connection, was: Job, now: JobState, values: Mapping[str, Any], *, at: int, reason: str = "") -> None:
    if now is not was.state:
        check_job_move(was.state, now)
        add_events(conn, was.id, [new_event(at, was=was.state, now=now, cause=Cause.NONE.value, reason=reason)])
    conn.execute(update(job).where(job.c.id == was.id).values(**values, state=now.value, updated_at=at))
