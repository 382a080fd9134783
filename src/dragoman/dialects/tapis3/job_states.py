"""The one table from our words to this door's: what a job's status is, and the condition it ends with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.states import Cause, JobState, RunState, Wish

STATUSES: Mapping[RunState, str] = {
    RunState.ACCEPTED: "PENDING",
    RunState.PLANNING: "PROCESSING_INPUTS",
    RunState.STAGING_IN: "STAGING_INPUTS",
    RunState.STAGING_JOB: "STAGING_JOB",
    RunState.SUBMITTING: "SUBMITTING_JOB",
    RunState.QUEUED: "QUEUED",
    RunState.RUNNING: "RUNNING",
    RunState.STAGING_OUT: "ARCHIVING",
    RunState.BLOCKED: "BLOCKED",
    RunState.PAUSED: "PAUSED",
    RunState.FINISHED: "FINISHED",
    RunState.FAILED: "FAILED",
    RunState.CANCELLED: "CANCELLED",
}
TERMINAL = frozenset({"FINISHED", "FAILED", "CANCELLED"})

BY_PHASE: Mapping[RunState, str] = {
    RunState.ACCEPTED: "JOB_REMOTE_ACCESS_ERROR",  # its directories are made before it is PLANNING
    RunState.PLANNING: "JOB_REMOTE_ACCESS_ERROR",
    RunState.STAGING_IN: "JOB_UNABLE_TO_STAGE_INPUTS",
    RunState.STAGING_JOB: "JOB_UNABLE_TO_STAGE_JOB",
    RunState.SUBMITTING: "JOB_LAUNCH_FAILURE",
    RunState.QUEUED: "JOB_QUEUE_MONITORING_ERROR",
    RunState.RUNNING: "JOB_EXECUTION_MONITORING_ERROR",
    RunState.STAGING_OUT: "JOB_ARCHIVING_FAILED",
    RunState.BLOCKED: "JOB_RECOVERY_TIMEOUT",
    RunState.PAUSED: "JOB_RECOVERY_FAILURE",
    RunState.FINISHED: "JOB_INTERNAL_ERROR",
    RunState.FAILED: "JOB_INTERNAL_ERROR",
    RunState.CANCELLED: "JOB_INTERNAL_ERROR",
}
"""The condition of a job that failed in a state, when its cause says no more."""

BY_CAUSE: Mapping[Cause, str] = {
    Cause.EXIT: "JOB_REMOTE_OUTCOME_ERROR",
    Cause.STOPPED: "CANCELLED_BY_USER",
    Cause.WALLTIME: "JOB_EXECUTION_MONITORING_TIMEOUT",
    Cause.OUTPUTS: "JOB_ARCHIVING_FAILED",
    Cause.CAPACITY: "JOB_RECOVERY_TIMEOUT",
    Cause.MEMORY: "SCHEDULER_OUT_OF_MEMORY",
    Cause.SCHEDULER: "SCHEDULER_CANCELLED",
}
"""The condition of a job that failed for a cause, whatever the state was. Others go by the state."""

_SLURM: Mapping[str, tuple[str, ...]] = {
    "SCHEDULER_TERMINATED": ("BF", "F", "NF", "PR", "RV", "BOOT_FAIL", "FAILED", "NODE_FAIL", "PREEMPTED", "REVOKED"),
    "SCHEDULER_CANCELLED": ("CA", "CANCELLED"),
    "SCHEDULER_DEADLINE": ("DL", "DEADLINE"),
    "SCHEDULER_OUT_OF_MEMORY": ("OOM", "OUT_OF_MEMORY"),
    "SCHEDULER_TIMEOUT": ("TO", "TIMEOUT"),
    "SCHEDULER_STOPPED": ("ST", "STOPPED"),
}
BY_VERDICT: Mapping[str, str] = {word: condition for condition, words in _SLURM.items() for word in words}
"""The condition of a batch job, by the word (short or long) that its scheduler ended it with."""

OURS = frozenset({Cause.STOPPED, Cause.STAGING, Cause.OUTPUTS, Cause.CAPACITY})
"""Causes that no scheduler has a word in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a job shows."""

    status: str
    condition: str | None


def shown(
    state: JobState,
    outcome: RunState | None,
    run: RunState | None,
    *,
    left: RunState | None = None,
    cause: Cause = Cause.NONE,
    wish: Wish = Wish.NONE,
    verdict: str = "",
    is_batch: bool = False,
) -> Shown:
    """The status and condition of a job.

    ``left`` is the state its run was in when it failed, ``verdict`` the word of its batch scheduler. A wish shows only
    once it is granted.
    """
    word = status(state, outcome, run)
    if word == "FINISHED":
        return Shown(status=word, condition="NORMAL_COMPLETION")
    if word == "CANCELLED":
        return Shown(status=word, condition="CANCELLED_BY_USER")
    if word == "FAILED":
        stopped = wish is not Wish.NONE and cause is Cause.NONE
        why = Cause.STOPPED if stopped else cause
        return Shown(status=word, condition=failure(why, left, verdict, is_batch=is_batch))
    return Shown(status=word, condition=None)


def status(state: JobState, outcome: RunState | None, run: RunState | None) -> str:
    """The status alone."""
    if state is JobState.ENDED or (state is JobState.REMOVED and outcome is not None):
        return STATUSES[outcome or RunState.FAILED]
    if state is JobState.SUSPENDED:
        return STATUSES[RunState.PAUSED]
    return STATUSES[run or RunState.ACCEPTED]


def failure(cause: Cause, left: RunState | None, verdict: str, *, is_batch: bool) -> str:
    """The condition of a job that has failed."""
    if is_batch and cause not in OURS and verdict in BY_VERDICT:
        return BY_VERDICT[verdict]
    if is_batch and cause is Cause.WALLTIME:
        return "SCHEDULER_TIMEOUT"
    if cause is Cause.STAGING and left is RunState.STAGING_IN:
        return "JOB_TRANSFER_FAILED_OR_CANCELLED"
    return BY_CAUSE.get(cause) or BY_PHASE[left or RunState.FAILED]
