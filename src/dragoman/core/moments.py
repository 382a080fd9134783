"""The moments of a run's life, from its history. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.core.job import Event, Run
from dragoman.core.states import HELD, Cause, RunState

REMOTE = (RunState.QUEUED, RunState.RUNNING)
"""States in which a program may be running where it executes."""
REMOTE_IDS = ("job", "pid")
"""Keys of a run's handle."""


def remote_id(run: Run | None) -> str | None:
    """What a run is called where it executes."""
    handle = run.handle if run else {}
    found = next((handle[key] for key in REMOTE_IDS if handle.get(key)), None)
    return None if found is None else str(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What a job's history tells beside its states. Microseconds since 1970."""

    blocked: int = 0
    """How often it was held up."""
    submitted: int | None = None
    started: int | None = None
    ended: int | None = None
    """When its program ended."""
    left: RunState | None = None
    """The state it was in when it failed."""
    program_cause: Cause = Cause.NONE
    """How its program ended."""


def moments(events: Sequence[Event]) -> Moments:
    """The moments of a history, oldest first."""
    moves = [one for one in events if one.kind == "move" and one.run_id is not None]
    end = _end(moves)
    failed = [one for one in moves if one.now == RunState.FAILED]
    return Moments(
        blocked=sum(one.now == RunState.BLOCKED for one in moves),
        submitted=_latest(moves, RunState.QUEUED),
        started=_latest(moves, RunState.RUNNING),
        ended=end.at if end else None,
        left=RunState(failed[-1].was) if failed and failed[-1].was else None,
        program_cause=end.cause if end else Cause.NONE,
    )


def _end(moves: Sequence[Event]) -> Event | None:
    """The move with which the program was over; None when it never began, or goes on."""
    for one in reversed(moves):
        if one.now == RunState.STAGING_OUT and one.was not in HELD:
            return one
        if one.now in (RunState.FAILED, RunState.CANCELLED) and one.was in REMOTE:
            return one
    return None


def _latest(moves: Sequence[Event], state: RunState) -> int | None:
    return next((one.at for one in reversed(moves) if one.now == state and one.was not in HELD), None)
