"""The only place that moves a run: state, history, outputs, follow-up work and the job above it, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, insert, select, update

from dragoman.core.job import Job, Run
from dragoman.core.notices import SAID
from dragoman.core.states import HELD, Cause, RunState, Wish, check_run_move, is_final
from dragoman.core.work import Claim, Decision, Move, NewFile, Slot
from dragoman.store.chunks import chunks
from dragoman.store.events import add_events, new_event
from dragoman.store.job_moves import tell_moves, tell_waiting
from dragoman.store.queue import add_work
from dragoman.store.rows import read_run
from dragoman.store.tables import file, run, work

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
_ADD_FILE = insert(file)


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
        tell_moves(conn, was, of, decision, at)


def _columns(last: Move) -> dict[str, Any]:
    values: dict[str, Any] = {"state": last.now.value, "cause": last.cause.value, "reason": last.reason, "left": ""}
    if last.now in HELD:
        values["left"] = last.was.value
    if is_final(last.now):
        values["ended_at"] = last.at
    return values


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
    tell_waiting(conn, waiting, held)
