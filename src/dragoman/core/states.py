"""The life of a run and the life of a job, as tables: what states exist and which moves are legal.

Everything about transitions lives here; ``docs/states.md`` is drawn from these tables.
"""

from collections.abc import Mapping
from enum import StrEnum

from dragoman.core.errors import Conflict


class RunState(StrEnum):
    """Where one execution stands. The working states are in the order of a plain life."""

    ACCEPTED = "ACCEPTED"
    PLANNING = "PLANNING"
    STAGING_IN = "STAGING_IN"
    STAGING_JOB = "STAGING_JOB"
    SUBMITTING = "SUBMITTING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    STAGING_OUT = "STAGING_OUT"
    BLOCKED = "BLOCKED"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class JobState(StrEnum):
    """The life of a job above its runs."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    SUSPENDED = "SUSPENDED"
    ENDED = "ENDED"
    REMOVED = "REMOVED"


class Cause(StrEnum):
    """Why a run or a job ended, or is held up. Doors translate these; the free-text reason beside it is for people."""

    NONE = ""
    EXIT = "EXIT"
    """The command ended with an exit code other than zero, or by a signal nobody here sent."""
    STOPPED = "STOPPED"
    """Somebody asked for a stop."""
    WALLTIME = "WALLTIME"
    STAGING = "STAGING"
    """An input could not be put in place; the command never started."""
    OUTPUTS = "OUTPUTS"
    """The command ended, but its results could not all be kept."""
    LOST = "LOST"
    """The run's supervisor vanished (the host went down, or something killed it)."""
    BROKEN = "BROKEN"
    """A step failed again and again; see the reason."""
    CAPACITY = "CAPACITY"
    """Waiting for a free slot."""
    CLOSED = "CLOSED"
    """Waiting for a system that somebody has switched off."""
    MEMORY = "MEMORY"
    """It took more memory than it was given."""
    SCHEDULER = "SCHEDULER"
    """The host's batch scheduler, or somebody there, ended it."""


class Wish(StrEnum):
    """What somebody wants of a job or run; the engine makes it so."""

    NONE = ""
    STOP = "STOP"
    """End it gracefully: SIGTERM, grace, SIGKILL; results are kept."""
    KILL = "KILL"
    """End it at once; results are kept."""


WORKING = (
    RunState.ACCEPTED,
    RunState.PLANNING,
    RunState.STAGING_IN,
    RunState.STAGING_JOB,
    RunState.SUBMITTING,
    RunState.QUEUED,
    RunState.RUNNING,
    RunState.STAGING_OUT,
)
HELD = (RunState.BLOCKED, RunState.PAUSED)
FINAL = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)

PROGRESS: Mapping[RunState, int] = {state: rank for rank, state in enumerate((*HELD, *WORKING, *FINAL))}
"""How far a run has come; a job shows the furthest of its runs."""

# A launch that turns out never to have begun (its host forgot it) is submitted again.
_FORWARD: Mapping[RunState, tuple[RunState, ...]] = {
    RunState.ACCEPTED: (RunState.PLANNING,),
    RunState.PLANNING: (RunState.STAGING_IN, RunState.STAGING_JOB),
    RunState.STAGING_IN: (RunState.STAGING_JOB,),
    RunState.STAGING_JOB: (RunState.SUBMITTING,),
    RunState.SUBMITTING: (RunState.QUEUED,),
    RunState.QUEUED: (RunState.RUNNING, RunState.SUBMITTING),
    RunState.RUNNING: (RunState.STAGING_OUT, RunState.SUBMITTING),
    RunState.STAGING_OUT: (RunState.FINISHED,),
}

RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
    **{state: frozenset((*_FORWARD[state], *HELD, RunState.FAILED, RunState.CANCELLED)) for state in WORKING},
    **{state: frozenset((*WORKING, *HELD, RunState.FAILED, RunState.CANCELLED)) - {state} for state in HELD},
    **{state: frozenset() for state in FINAL},
}
"""From each run state, the states it may move to."""

JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.DRAFT: frozenset((JobState.OPEN, JobState.SUSPENDED, JobState.REMOVED)),
    JobState.OPEN: frozenset((JobState.ENDED, JobState.DRAFT, JobState.SUSPENDED, JobState.REMOVED)),
    JobState.SUSPENDED: frozenset((JobState.OPEN, JobState.DRAFT, JobState.ENDED, JobState.REMOVED)),
    JobState.ENDED: frozenset((JobState.OPEN, JobState.DRAFT, JobState.SUSPENDED, JobState.REMOVED)),
    JobState.REMOVED: frozenset((JobState.OPEN, JobState.DRAFT, JobState.SUSPENDED)),
}
"""From each job state, the states it may move to. A job is a DRAFT again, and leaves ENDED or REMOVED, only where a
dialect lets people edit, resubmit or suspend the same job at any time."""


class IllegalMove(Conflict):
    """A move that no table allows; it names where from and where to."""


def check_run_move(was: RunState, now: RunState) -> None:
    """Return when a run may move from ``was`` to ``now``; raise IllegalMove otherwise."""
    if now not in RUN_MOVES[was]:
        raise IllegalMove(f"A run cannot move from {was} to {now}.")


def check_job_move(was: JobState, now: JobState) -> None:
    """Return when a job may move from ``was`` to ``now``; raise IllegalMove otherwise."""
    if now not in JOB_MOVES[was]:
        raise IllegalMove(f"A job cannot move from {was} to {now}.")


def is_final(state: RunState) -> bool:
    """Whether a run in this state will never move again."""
    return state in FINAL


def job_outcome(states: list[RunState]) -> RunState:
    """The outcome of a job whose runs have all ended: the worst of them (FAILED, then CANCELLED, then FINISHED)."""
    for outcome in (RunState.FAILED, RunState.CANCELLED):
        if outcome in states:
            return outcome
    return RunState.FINISHED
