"""The only place that moves a run: state, history, outputs, follow-up work and the job above it, in one transaction."""

from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, insert, select, update

from dragoman.core.job import Run
from dragoman.core.states import HELD, PROGRESS, Cause, JobState, RunState, check_run_move, is_final, job_outcome
from dragoman.core.work import Claim, Decision, Move, NewFile
from dragoman.store.accounts import add_token, remove_job_tokens
from dragoman.store.jobs import add_events, new_event
from dragoman.store.queue import add_work
from dragoman.store.rows import read_run
from dragoman.store.tables import event, file, job, run, work

_MINE = (work.c.id == bindparam("row")) & (work.c.fence == bindparam("of"))
_KEEP = (
    update(work)
    .where(_MINE)
    .values(attempt=0, last_error="", holds=case((bindparam("frees"), None), else_=work.c.holds))
)
_GIVE_BACK = (
    update(work)
    .where(_MINE)
    .values(
        lease_owner="",
        lease_until=0,
        due_at=bindparam("due"),
        attempt=case((bindparam("failed"), work.c.attempt), else_=0),
        last_error=bindparam("error"),
        holds=case((bindparam("frees"), None), else_=work.c.holds),
    )
)
_DONE = delete(work).where(_MINE)
_RUN = select(run).where(run.c.id == bindparam("id"))
_WISH = select(run.c.wish).where(run.c.id == bindparam("id"))
_JOB = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(
        events=job.c.events + bindparam("more"),
        runs_open=job.c.runs_open - bindparam("ended"),
        output_bytes=job.c.output_bytes + bindparam("bytes"),
        progress=case((job.c.runs == 1, bindparam("shown")), else_=job.c.progress),
        updated_at=bindparam("at"),
    )
    .returning(job.c.events, job.c.runs, job.c.runs_open, job.c.door, job.c.owner_id)
)
_ADD_EVENT = insert(event)
_ADD_FILE = insert(file)
_STATES = (
    select(run.c.state, run.c.cause, run.c.reason).where(run.c.job_id == bindparam("job_id")).order_by(run.c.number)
)


def get_run(conn: Connection, run_id: int) -> Run | None:
    """The run with this id of ours, if it is there still."""
    row = conn.execute(_RUN, {"id": run_id}).first()
    return None if row is None else read_run(row)


def apply(conn: Connection, claim: Claim, decision: Decision, *, was: Run | None, at: int) -> bool:
    """Write what a handler decided, whole; False, and nothing written, when the claim's fence was passed meanwhile.

    ``was`` is the run as the handler saw it. A wish that came in since makes the work due at once.
    """
    for move in decision.moves:
        check_run_move(move.was, move.now)
    if not _take_work(conn, claim, decision, was, at):
        return False
    if was is not None and (decision.moves or decision.patch):
        _move(conn, was, decision, at)
    if was is not None and decision.key_digest:
        _add_key(conn, was, decision.key_digest, at)
    for new in decision.work:
        add_work(conn, new)
    return True


def _take_work(conn: Connection, claim: Claim, decision: Decision, was: Run | None, at: int) -> bool:
    mine = {"row": claim.id, "of": claim.fence}
    if decision.keep_lease:
        return conn.execute(_KEEP, {**mine, "frees": decision.frees_slot}).rowcount == 1
    if decision.due_at is None:
        return conn.execute(_DONE, mine).rowcount == 1
    due = decision.due_at
    if was is not None and conn.execute(_WISH, {"id": was.id}).scalar() != was.wish:
        due = at
    values = {"due": due, "failed": bool(decision.error), "error": decision.error, "frees": decision.frees_slot}
    return conn.execute(_GIVE_BACK, {**mine, **values}).rowcount == 1


def _move(conn: Connection, was: Run, decision: Decision, at: int) -> None:
    last = decision.moves[-1] if decision.moves else None
    values: dict[str, Any] = dict(decision.patch)
    if last is not None:
        values |= {"state": last.now.value, "cause": last.cause.value, "reason": last.reason, "left": ""}
        if last.now in HELD:
            values["left"] = last.was.value
        if is_final(last.now):
            values["ended_at"] = last.at
    if values:
        conn.execute(update(run).where(run.c.id == was.id).values(values))
    if last is None:
        return
    ended = is_final(last.now)
    above = conn.execute(
        _JOB,
        {
            "job": was.job_id,
            "more": len(decision.moves),
            "ended": int(ended),
            "bytes": decision.patch.get("output_bytes") or 0,
            "shown": _shown(last).value,
            "at": at,
        },
    ).one()
    first = above.events - len(decision.moves) + 1
    conn.execute(_ADD_EVENT, [_event_row(was, move, first + place) for place, move in enumerate(decision.moves)])
    if decision.files:
        conn.execute(_ADD_FILE, [_file_row(was, new, above, at) for new in decision.files])
    if above.runs > 1:
        _show_furthest(conn, was.job_id)
    if ended and above.runs_open == 0:
        _end_job(conn, was.job_id, last.at)


def _shown(last: Move) -> RunState:
    """What a job shows of its run: one that is held up later than at the start shows the state it left."""
    held = last.now in HELD and last.was is not RunState.ACCEPTED
    return last.was if held else last.now


def _event_row(was: Run, move: Move, seq: int) -> dict[str, Any]:
    columns = new_event(
        move.at, was=move.was.value, now=move.now.value, run_id=was.id, cause=move.cause.value, reason=move.reason
    )
    return {"job_id": was.job_id, "seq": seq, **columns}


def _file_row(was: Run, new: NewFile, above: Any, at: int) -> dict[str, Any]:
    return {
        "door": above.door,
        "alias": new.alias,
        "owner_id": above.owner_id,
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


def _add_key(conn: Connection, was: Run, digest: str, at: int) -> None:
    owner = conn.execute(select(job.c.owner_id).where(job.c.id == was.job_id)).scalar_one()
    label = f"run {was.number}"
    add_token(conn, account_id=owner, digest=digest, label=label, at=at, expires_at=None, job_id=was.job_id)


def _show_furthest(conn: Connection, job_id: int) -> None:
    states = {RunState(word) for word in conn.execute(select(run.c.state).where(run.c.job_id == job_id)).scalars()}
    furthest = max(states, key=PROGRESS.__getitem__)
    conn.execute(update(job).where(job.c.id == job_id).values(progress=furthest.value))


def _end_job(conn: Connection, job_id: int, at: int) -> None:
    runs = conn.execute(_STATES, {"job_id": job_id}).all()
    outcome = job_outcome([RunState(row.state) for row in runs])
    worst = next(row for row in runs if row.state == outcome)
    cause, reason = (worst.cause, worst.reason) if outcome is not RunState.FINISHED else ("", "")
    conn.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(
            state=JobState.ENDED.value,
            outcome=outcome.value,
            progress=outcome.value,
            cause=cause,
            reason=reason,
            ended_at=at,
        )
    )
    remove_job_tokens(conn, job_id)
    add_events(conn, job_id, [new_event(at, was=JobState.OPEN, now=JobState.ENDED, cause=cause, reason=reason)])


def watched_runs(conn: Connection, system_id: int) -> list[Run]:
    """The runs of a system that are with its scheduler now."""
    states = [RunState.QUEUED.value, RunState.RUNNING.value]
    rows = conn.execute(select(run).where(run.c.system_id == system_id, run.c.state.in_(states)))
    return [read_run(row) for row in rows]


def make_due(conn: Connection, run_ids: list[int], *, at: int) -> None:
    """Have these runs handled at once."""
    conn.execute(update(work).where(work.c.kind == "run", work.c.ref.in_(run_ids)).values(due_at=at))


def note_waiting(conn: Connection, waiting: Any, *, reason: str, at: int) -> None:
    """Show a run that stands in line as BLOCKED, with what it waits for."""
    conn.execute(
        update(run)
        .where(run.c.id == waiting.id)
        .values(state=RunState.BLOCKED.value, left=waiting.state, cause=Cause.CAPACITY.value, reason=reason)
    )
    shown = case((job.c.runs == 1, RunState.BLOCKED.value), else_=job.c.progress)
    conn.execute(update(job).where(job.c.id == waiting.job_id).values(progress=shown, updated_at=at))
    add_events(
        conn,
        waiting.job_id,
        [
            new_event(
                at,
                was=waiting.state,
                now=RunState.BLOCKED.value,
                run_id=waiting.id,
                cause=Cause.CAPACITY.value,
                reason=reason,
            )
        ],
    )
