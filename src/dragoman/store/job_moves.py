"""What the moves of its runs make of a job: its history, what it shows of them, and its end."""

from sqlalchemy import Connection, bindparam, case, select, update

from dragoman.core.job import Job, Run
from dragoman.core.states import HELD, PROGRESS, Cause, JobState, RunState, is_final, job_outcome
from dragoman.core.work import Decision, Move
from dragoman.store.events import ABOVE, NewEvent, insert_events, new_event
from dragoman.store.tables import job, run

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
_ENDS = select(run.c.state, run.c.cause, run.c.reason).where(run.c.job_id == bindparam("job_id")).order_by(run.c.number)


def tell_moves(conn: Connection, was: Run, of: Job, decision: Decision, at: int) -> None:
    """Append a run's moves to the job's history, and bring the job up to what its runs show."""
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


def tell_waiting(conn: Connection, waiting: Run, held: Move) -> None:
    """Append the move by which a run that stands in line is shown as BLOCKED, and show it with its job."""
    values = {"job": waiting.job_id, "more": 1, "ended": 0, "bytes": 0, "shown": held.now.value, "at": held.at}
    above = conn.execute(_JOB, values).one()
    insert_events(conn, waiting.job_id, [_event(waiting, held)], above)


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
