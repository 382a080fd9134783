"""Jobs and their runs: create, find, submit, wish, change and remove. Lists are in ``job_lists``, moves elsewhere."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.job import Draft, Job, Run, Workload, workload_as_json
from dragoman.core.states import Cause, JobState, RunState, Wish, check_job_move
from dragoman.core.things import Page
from dragoman.store.accounts import remove_grants
from dragoman.store.events import ABOVE, add_events, insert_events, new_event
from dragoman.store.queue import add_waiting_run
from dragoman.store.rows import read_job, read_run
from dragoman.store.tables import delivery, event, file, job, job_input, run, subscription, work

_FIND = select(job).where(job.c.door == bindparam("door"), job.c.alias == bindparam("alias"))
_LOCK = _FIND.with_for_update()
_GET = select(job).where(job.c.id == bindparam("id"))
_OPEN = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(
        state=JobState.OPEN.value,
        progress=RunState.ACCEPTED.value,
        events=job.c.events + bindparam("more"),
        runs=bindparam("how_many"),
        runs_open=bindparam("how_many"),
        submitted_at=bindparam("at"),
        updated_at=bindparam("at"),
    )
    .returning(*ABOVE)
)
_ADD_JOB = insert(job).returning(job.c.id)
_ADD_INPUT = insert(job_input)
_ADD_RUN = insert(run).returning(run.c.id)
_RUNS = select(run).where(run.c.job_id == bindparam("job_id")).order_by(run.c.number)
_RUN = select(run).where(run.c.job_id == bindparam("job_id"), run.c.number == bindparam("number"))


def add_job(conn: Connection, draft: Draft, *, owner_id: int, workload: Workload, input_bytes: int, at: int) -> Job:
    """Store a draft. Raises Conflict when its alias is taken in its door."""
    row = _draft_row(draft, owner_id=owner_id, workload=workload, input_bytes=input_bytes, at=at)
    try:
        key = conn.execute(_ADD_JOB, row).scalar_one()
    except IntegrityError as error:
        raise Conflict(f"The id {draft.alias} is taken.") from error
    if named := {item.file_id for item in workload.inputs}:
        conn.execute(_ADD_INPUT, [{"job_id": key, "file_id": file_id} for file_id in sorted(named)])
    return Job(
        id=key,
        door=draft.door,
        alias=draft.alias,
        owner_id=owner_id,
        name=draft.name,
        state=JobState.DRAFT,
        outcome=None,
        cause=Cause.NONE,
        reason="",
        progress=None,
        wish=Wish.NONE,
        letter=draft.letter,
        workload=workload,
        notes=draft.notes,
        input_bytes=input_bytes,
        output_bytes=0,
        runs=0,
        created_at=at,
        updated_at=at,
        submitted_at=None,
        ended_at=None,
    )


def _draft_row(draft: Draft, *, owner_id: int, workload: Workload, input_bytes: int, at: int) -> dict[str, Any]:
    return {
        "door": draft.door,
        "alias": draft.alias,
        "owner_id": owner_id,
        "name": draft.name,
        "state": JobState.DRAFT.value,
        "outcome": "",
        "cause": "",
        "reason": "",
        "progress": "",
        "wish": "",
        "letter": draft.letter,
        "workload": workload_as_json(workload),
        "notes": dict(draft.notes),
        "input_bytes": input_bytes,
        "output_bytes": 0,
        "events": 0,
        "runs": 0,
        "runs_open": 0,
        "created_at": at,
        "updated_at": at,
    }


def find_job(conn: Connection, *, door: str, alias: str, lock: bool = False) -> Job | None:
    """The job with this alias, unless it was removed; with ``lock``, nobody changes it before this transaction ends."""
    row = conn.execute(_LOCK if lock else _FIND, {"door": door, "alias": alias}).first()
    return None if row is None or row.state == JobState.REMOVED else read_job(row)


def get_job(conn: Connection, job_id: int) -> Job:
    """The job with this id of ours, which must exist."""
    return read_job(conn.execute(_GET, {"id": job_id}).one())


def submit_job(conn: Connection, wanted: Job, *, system_id: int, runs: int, at: int, app_id: int | None = None) -> None:
    """Open a draft: its runs stand in line at the system from now on. Raises IllegalMove unless it is a DRAFT.

    ``app_id`` is the version of an app whose budgets count for them.
    """
    check_job_move(wanted.state, JobState.OPEN)
    events = [new_event(at, was=wanted.state, now=JobState.OPEN)]
    for number in range(1, runs + 1):
        run_id = _add_run(conn, wanted, number=number, system_id=system_id, app_id=app_id, at=at)
        add_waiting_run(conn, run_id=run_id, owner_id=wanted.owner_id, system_id=system_id, at=at)
        events.append(new_event(at, now=RunState.ACCEPTED, run_id=run_id))
    above = conn.execute(_OPEN, {"job": wanted.id, "more": len(events), "how_many": runs, "at": at}).one()
    insert_events(conn, wanted.id, events, above)


def _add_run(conn: Connection, wanted: Job, *, number: int, system_id: int, app_id: int | None, at: int) -> int:
    row: dict[str, Any] = {
        "job_id": wanted.id,
        "number": number,
        "state": RunState.ACCEPTED.value,
        "left": "",
        "cause": "",
        "reason": "",
        "system_id": system_id,
        "app_id": app_id,
        "queue": wanted.workload.resources.queue,
        "token": "",
        "key_digest": "",
        "handle": {},
        "wish": "",
        "variables": [],
        "output_count": 0,
        "created_at": at,
    }
    key: int = conn.execute(_ADD_RUN, row).scalar_one()
    return key


def wish_for_job(conn: Connection, wanted: Job, wish: Wish, *, at: int) -> None:
    """Record a wish for a job and all its runs that have not ended, and make their work due at once."""
    conn.execute(update(job).where(job.c.id == wanted.id).values(wish=wish.value, updated_at=at))
    _wish(conn, select(run.c.id).where(run.c.job_id == wanted.id, run.c.ended_at.is_(None)), wish, at=at)
    add_events(conn, wanted.id, [new_event(at, kind="wish", was=wanted.wish, now=wish)])


def wish_for_run(conn: Connection, wanted: Run, wish: Wish, *, at: int) -> None:
    """Record a wish for one run, and make its work due at once."""
    _wish(conn, select(run.c.id).where(run.c.id == wanted.id), wish, at=at)
    add_events(conn, wanted.job_id, [new_event(at, kind="wish", run_id=wanted.id, was=wanted.wish, now=wish)])


def _wish(conn: Connection, runs: "Select[tuple[int]]", wish: Wish, *, at: int) -> None:
    # Who has been told to end at once is not asked to end gently afterwards.
    stronger = or_(run.c.wish != Wish.KILL.value, literal(wish is Wish.KILL))
    conn.execute(update(run).where(run.c.id.in_(runs), stronger).values(wish=wish.value))
    # A run that is to end needs no slot: it leaves the line.
    due = update(work).where(work.c.kind == "run", work.c.ref.in_(runs))
    conn.execute(due.values(due_at=at, gate=None))


def change_job(conn: Connection, wanted: Job, *, name: str | None, notes: Mapping[str, Any] | None, at: int) -> None:
    """Give a job another name, or other values for some of its notes."""
    values: dict[str, Any] = {"updated_at": at}
    if name is not None:
        values["name"] = name
    if notes is not None:
        values["notes"] = {**wanted.notes, **notes}
    conn.execute(update(job).where(job.c.id == wanted.id).values(values))


def remove_job(conn: Connection, wanted: Job) -> list[str]:
    """Remove a job for good; returns its outputs' blob keys, to be swept. Raises Conflict while it is open."""
    if wanted.state not in (JobState.DRAFT, JobState.ENDED):
        raise Conflict("The job is still running.", hint="Stop it first, then delete it.")
    mine = file.c.job_id == wanted.id
    blobs = list(conn.execute(select(file.c.blob).where(mine, file.c.deleted_at.is_(None))).scalars())
    remove_grants(conn, kind="job", ref=wanted.id)
    for table in (file, event, run, job_input, subscription, delivery):
        conn.execute(delete(table).where(table.c.job_id == wanted.id))
    conn.execute(delete(job).where(job.c.id == wanted.id))
    return blobs


def list_runs(conn: Connection, job_id: int, page: Page | None = None) -> tuple[int, list[Run]]:
    """How many runs a job has, and one page of them by number (all of them without a page)."""
    if page is None:
        found = [read_run(row) for row in conn.execute(_RUNS, {"job_id": job_id})]
        return len(found), found
    count = conn.execute(select(func.count()).select_from(run).where(run.c.job_id == job_id)).scalar_one()
    rows = conn.execute(_RUNS.limit(page.limit).offset(page.offset), {"job_id": job_id})
    return count, [read_run(row) for row in rows]


def find_run(conn: Connection, *, job_id: int, number: int) -> Run | None:
    """One run of a job."""
    row = conn.execute(_RUN, {"job_id": job_id, "number": number}).first()
    return None if row is None else read_run(row)
