"""What becomes of a run whose command is over, or never began: its outcome, told with its cause, and its outputs."""

from collections.abc import Mapping

from dragoman.core.launch import Ended, Look
from dragoman.core.states import Cause, RunState
from dragoman.core.work import Decision, Move, Slot
from dragoman.engine.case import Case
from dragoman.engine.ways import Kept

_CAUSES: Mapping[Ended | None, Cause] = {
    Ended.STOPPED: Cause.STOPPED,
    Ended.WALLTIME: Cause.WALLTIME,
    Ended.LOST: Cause.LOST,
    Ended.MEMORY: Cause.MEMORY,
    Ended.NODE: Cause.LOST,
    Ended.SCHEDULER: Cause.SCHEDULER,
}
_REASONS = {
    Cause.STOPPED: "Stopped on request.",
    Cause.WALLTIME: "The time limit was reached.",
    Cause.LOST: "The run vanished from its host: the host went down, or the run's supervisor was killed.",
    Cause.MEMORY: "It needed more memory than it was given.",
    Cause.SCHEDULER: "Its batch scheduler ended it.",
}


async def ended(case: Case, look: Look) -> Decision:
    """The command is over: note how, and keep its outputs at once when they are few."""
    if look.ended is not Ended.EXITED:
        await case.way.undo()
    cause = _CAUSES.get(look.ended) or (Cause.EXIT if look.exit_code else Cause.NONE)
    told = _REASONS.get(cause, "") if not look.reason else f"{_REASONS.get(cause, '')} {look.reason}".strip()
    reason = _exit(look) if cause is Cause.EXIT else told
    passed = (RunState.RUNNING,) if case.run.state is RunState.QUEUED else ()
    moves = case.move(*passed, RunState.STAGING_OUT, cause=cause, reason=reason)
    patch: dict[str, object] = {"exit_code": look.exit_code}
    if look.scheduler_state:
        patch["handle"] = {**case.run.handle, "scheduler_state": look.scheduler_state}
    if look.started_at and case.run.started_at is None:
        patch["started_at"] = look.started_at
    kept = await case.way.keep(at_once=True)
    if kept is None:
        slot = Slot.TAKEN if case.way.carries else Slot.FREE
        return Decision(due_at=None, moves=moves, patch=patch, slot=slot, keep_lease=True)
    return Decision(
        due_at=None, moves=(*moves, _last(case, kept, cause, reason)), patch={**patch, **kept.patch}, files=kept.files
    )


def _exit(look: Look) -> str:
    # Of an exit a batch scheduler has nothing to add; a wrapper says what kept it from running the command.
    if look.reason and not look.scheduler_state:
        return f"The command could not be run to its end: {look.reason}"
    return f"The command exited with code {look.exit_code}."


async def staging_out(case: Case) -> Decision:
    """Keep the outputs; the rows for them and the end are one commit."""
    kept = await case.way.keep(at_once=False)
    if kept is None:
        return case.later()
    move = _last(case, kept, case.run.cause, case.run.reason)
    return Decision(due_at=None, moves=(move,), patch=kept.patch, files=kept.files)


def _last(case: Case, kept: Kept, cause: Cause, reason: str) -> Move:
    """The end; one whose outputs could not be kept ends for that, whatever else happened to it."""
    cause, reason = kept.cause or cause, f"{reason} {kept.reason}".strip()
    end = {Cause.NONE: RunState.FINISHED, Cause.STOPPED: RunState.CANCELLED}.get(cause, RunState.FAILED)
    return Move(was=RunState.STAGING_OUT, now=end, at=case.now, cause=cause, reason=reason)


async def cancelled(case: Case) -> Decision:
    """It was stopped before its command began."""
    await case.way.undo()
    moves = case.move(RunState.CANCELLED, cause=Cause.STOPPED, reason="Stopped on request before it began.")
    return Decision(due_at=None, moves=moves)
