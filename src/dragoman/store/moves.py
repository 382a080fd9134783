"""The only place that moves a run: state, history, outputs, follow-up work and the job above it, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, insert, select, update

from dragoman.core.job import Job, Run
from dragoman.core.notices import SAID
from dragoman.core.states import HELD, PROGRESS, Cause, JobState, RunState, Wish, check_run_move, is_final, job_outcome
from dragoman.core.work import Claim, Decision, Move, NewFile, Slot
from dragoman.store.chunks import chunks
from dragoman.store.events import ABOVE, NewEvent, add_events, insert_events, new_event
from dragoman.store.queue import add_work
from dragoman.store.rows import read_run
from dragoman.store.tables import file, job, run, work

_MINE = and_(work.c.id == bindparam("row"), work.c.fence == bindparam("of"))
_SLOT = case(
    (bindparam("frees"), None), (bindparam("takes"), bindparam("system", type_=work.c.holds.type)), else_=work.c.holds
)
_NEW_WISH = select(run.c.wish).where(run.c.id == bindparam("run"), run.c.wish != bindparam("known")).exists()
_KEEP = update(work).where(_MINE).values(attempt=0, last_error="", holds=_SLOT)
_GIVE_BACK = (
    update(work)
    .where(_MINE)
    .values(
        lease_owner="",
        lease_until=0,
        due_at=case((_NEW_WISH, bindparam("at")), else_=bindparam("due")),
        attempt=case((bindparam("failed"), work.c.attempt), else_=0),
        last_error=bindparam("error"),
        holds=_SLOT,
    )
)
_DONE = delete(work).where(_MINE)
_RUN = select(run).where(run.c.id == bindparam("id"))
# By way of work, of which there is some for each live run, while runs stay for ever.
_WATCHED = (
    select(run)
    .join(work, and_(work.c.kind == "run", work.c.ref == run.c.id))
    .where(run.c.system_id == bindparam("system"), run.c.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]))
)
_SET_HANDLE = (
    update(run).where(run.c.id == bindparam("of"), run.c.token == bindparam("by")).values(handle=bindparam("new"))
)
_SET_RUN = update(run).where(run.c.id == bindparam("run"))
_MOVED = {
    "events": job.c.events + bindparam("more"),
    "runs_open": job.c.runs_open - bindparam("ended"),
    "output_bytes": job.c.output_bytes + bindparam("bytes"),
    "updated_at": bindparam("at"),
}
_JOB = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(**_MOVED, progress=case((job.c.runs == 1, bindparam("shown")), else_=job.c.progress))
    .returning(*ABOVE, job.c.runs_open)
)
_END_JOB = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(
        **_MOVED,
        state=JobState.ENDED.value,
        outcome=bindparam("shown"),
        progress=bindparam("shown"),
        cause=bindparam("why"),
        reason=bindparam("told"),
        ended_at=bindparam("at"),
    )
    .returning(*ABOVE, job.c.runs_open)
)
_ADD_FILE = insert(file)
_ENDS = select(run.c.state, run.c.cause, run.c.reason).where(run.c.job_id == bindparam("job_id")).order_by(run.c.number)


def get_run(conn: Connection, run_id: int) -> Run | None:
    """The run with this id of ours, if it is there still."""
    row = conn.execute(_RUN, {"id": run_id}).first()
    return None if row is None else read_run(row)


def apply(
    conn: Connection, claim: Claim, decision: Decision, *, at: int, was: Run | None = None, of: Job | None = None
) -> bool:
    """Write what a handler decided, whole; False, and nothing written, when the claim's fence was passed meanwhile.

    ``was`` is the run as the handler saw it, ``of`` its job. A wish that came in since makes the work due at once.
    """
    for move in decision.moves:
        check_run_move(move.was, move.now)
    if not _take_work(conn, claim, decision, was, at):
        return False
    if was is not None and decision.said:
        said = [new_event(at, kind=SAID, run_id=was.id, reason=one) for one in decision.said]
        add_events(conn, was.job_id, said)
    if was is not None and of is not None and (decision.moves or decision.patch):
        _move(conn, was, of, decision, at)
    for new in decision.work:
        add_work(conn, new)
    return True


def _take_work(conn: Connection, claim: Claim, decision: Decision, was: Run | None, at: int) -> bool:
    mine = {"row": claim.id, "of": claim.fence}
    slot = {
        "frees": decision.slot is Slot.FREE,
        "takes": decision.slot is Slot.TAKEN,
        "system": was.system_id if was else None,
    }
    if decision.keep_lease:
        return conn.execute(_KEEP, {**mine, **slot}).rowcount == 1
    if decision.due_at is None:
        return conn.execute(_DONE, mine).rowcount == 1
    values = {
        "due": decision.due_at,
        "at": at,
        "failed": bool(decision.error),
        "error": decision.error,
        "run": was.id if was else 0,
        "known": was.wish.value if was else Wish.NONE.value,
    }
    return conn.execute(_GIVE_BACK, {**mine, **slot, **values}).rowcount == 1


def _move(conn: Connection, was: Run, of: Job, decision: Decision, at: int) -> None:
    values: dict[str, Any] = dict(decision.patch)
    if decision.moves:
        values |= _columns(decision.moves[-1])
    conn.execute(_SET_RUN, {**values, "run": was.id})
    if decision.files:
        conn.execute(_ADD_FILE, [_file_row(was, of, new, at) for new in decision.files])
    if decision.moves:
        _tell(conn, was, of, decision, at)


def _columns(last: Move) -> dict[str, Any]:
    values: dict[str, Any] = {"state": last.now.value, "cause": last.cause.value, "reason": last.reason, "left": ""}
    if last.now in HELD:
        values["left"] = last.was.value
    if is_final(last.now):
        values["ended_at"] = last.at
    return values


def _tell(conn: Connection, was: Run, of: Job, decision: Decision, at: int) -> None:
    """Append the moves to the job's history, and bring the job up to what its runs show."""
    last = decision.moves[-1]
    ends = is_final(last.now)
    events = [_event(was, move) for move in decision.moves]
    values = {
        "job": was.job_id,
        "ended": int(ends),
        "bytes": decision.patch.get("output_bytes") or 0,
        "shown": _shown(last).value,
        "at": at,
    }
    if ends and of.runs == 1:
        events.append(_end_event(last.at, last.cause, last.reason))
        values |= {"why": last.cause.value, "told": last.reason}
        above = conn.execute(_END_JOB, {**values, "more": len(events)}).one()
    else:
        above = conn.execute(_JOB, {**values, "more": len(events)}).one()
    insert_events(conn, was.job_id, events, above)
    if of.runs > 1:
        _show_all(conn, was.job_id, ended=ends and above.runs_open == 0, at=last.at)


def _shown(last: Move) -> RunState:
    """What a job shows of its run: one that is held up later than at the start shows the state it left."""
    held = last.now in HELD and last.was is not RunState.ACCEPTED
    return last.was if held else last.now


def _event(was: Run, move: Move) -> NewEvent:
    return new_event(
        move.at, was=move.was.value, now=move.now.value, run_id=was.id, cause=move.cause.value, reason=move.reason
    )


def _end_event(at: int, cause: Cause, reason: str) -> NewEvent:
    return new_event(at, was=JobState.OPEN, now=JobState.ENDED, cause=cause.value, reason=reason)


def _file_row(was: Run, of: Job, new: NewFile, at: int) -> dict[str, Any]:
    return {
        "door": of.door,
        "alias": new.alias,
        "owner_id": of.owner_id,
        "name": new.name,
        "relative_path": new.relative_path,
        "role": "output",
        "size": new.size,
        "md5": new.md5,
        "sha512": new.sha512,
        "blob": new.blob,
        "is_text": new.is_text,
        "job_id": was.job_id,
        "run_id": was.id,
        "created_at": at,
    }


def _show_all(conn: Connection, job_id: int, *, ended: bool, at: int) -> None:
    """A job of many runs shows the furthest of them, and ends with the worst when the last one has ended."""
    runs = conn.execute(_ENDS, {"job_id": job_id}).all()
    states = [RunState(row.state) for row in runs]
    if not ended:
        furthest = max(states, key=PROGRESS.__getitem__)
        conn.execute(update(job).where(job.c.id == job_id).values(progress=furthest.value))
        return
    outcome = job_outcome(states)
    worst = next(row for row in runs if row.state == outcome)
    end = _end_event(at, Cause(worst.cause), worst.reason)
    none = {"ended": 0, "bytes": 0}
    told = {"shown": outcome.value, "why": worst.cause, "told": worst.reason}
    above = conn.execute(_END_JOB, {"job": job_id, "at": at, "more": 1, **none, **told}).one()
    insert_events(conn, job_id, [end], above)


def watched_runs(conn: Connection, system_id: int) -> list[Run]:
    """The runs of a system that are with its scheduler now."""
    return [read_run(row) for row in conn.execute(_WATCHED, {"system": system_id})]


def keep_handles(conn: Connection, handles: Sequence[tuple[int, str, Mapping[str, Any]]]) -> None:
    """Keep what a scheduler noted: run, token and handle. A run that has another token by now is left alone."""
    conn.execute(_SET_HANDLE, [{"of": run_id, "by": token, "new": dict(handle)} for run_id, token, handle in handles])


def make_due(conn: Connection, run_ids: Sequence[int], *, at: int) -> None:
    """Have these runs handled at once."""
    for some in chunks(run_ids):
        conn.execute(update(work).where(work.c.kind == "run", work.c.ref.in_(some)).values(due_at=at))


def note_waiting(conn: Connection, waiting: Run, *, reason: str, at: int) -> None:
    """Show a run that stands in line as BLOCKED, with what it waits for."""
    held = Move(was=waiting.state, now=RunState.BLOCKED, at=at, cause=Cause.CAPACITY, reason=reason)
    conn.execute(_SET_RUN, {**_columns(held), "run": waiting.id})
    values = {"job": waiting.job_id, "more": 1, "ended": 0, "bytes": 0, "shown": RunState.BLOCKED.value, "at": at}
    above = conn.execute(_JOB, values).one()
    insert_events(conn, waiting.job_id, [_event(waiting, held)], above)
