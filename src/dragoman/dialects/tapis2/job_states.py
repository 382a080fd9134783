"""The one table from our words to this door's: what a job's status is, and what is said of it. Pure."""

from collections.abc import Mapping

from dragoman.core.states import JobState, RunState

ACCEPTED = "ACCEPTED"
"""What is answered to a submit: the job is on disk, and nothing has happened to it yet."""

STATUSES: Mapping[RunState, str] = {
    RunState.ACCEPTED: "PENDING",
    RunState.PLANNING: "PROCESSING_INPUTS",
    RunState.STAGING_IN: "STAGING_INPUTS",
    RunState.STAGING_JOB: "STAGING_JOB",
    RunState.SUBMITTING: "SUBMITTING",
    RunState.QUEUED: "QUEUED",
    RunState.RUNNING: "RUNNING",
    RunState.STAGING_OUT: "CLEANING_UP",
    RunState.BLOCKED: "BLOCKED",
    RunState.PAUSED: "PAUSED",
    RunState.FINISHED: "FINISHED",
    RunState.FAILED: "FAILED",
    RunState.CANCELLED: "STOPPED",
}
STAGED, ARCHIVING = "STAGED", "ARCHIVING"
ENDS = frozenset({"FINISHED", "FAILED", "STOPPED"})

DESCRIPTIONS: Mapping[str, str] = {
    ACCEPTED: "Job accepted for processing",
    "PENDING": "Job processing beginning",
    "PROCESSING_INPUTS": "Identifying input files for staging",
    "STAGING_INPUTS": "Transferring job input data to execution system",
    STAGED: "Job inputs staged to execution system",
    "STAGING_JOB": "Staging runtime assets to execution system",
    "SUBMITTING": "Submitting job to execution system",
    "QUEUED": "Job queued to execution system queue",
    "RUNNING": "Job running on execution system",
    "CLEANING_UP": "Job completed execution",
    ARCHIVING: "Transferring job output to archive system",
    "FINISHED": "Job completed successfully",
    "STOPPED": "Job execution intentionally stopped",
    "FAILED": "Job failed",
    "BLOCKED": "Job blocked",
    "PAUSED": "Job processing suspended",
}
PHASES: Mapping[str, str] = {
    **dict.fromkeys(("PENDING", "PROCESSING_INPUTS", "STAGING_INPUTS", STAGED), "STAGING"),
    **dict.fromkeys(("STAGING_JOB", "SUBMITTING"), "SUBMITTING"),
    **dict.fromkeys(("QUEUED", "RUNNING", "CLEANING_UP"), "MONITORING"),
    ARCHIVING: "ARCHIVING",
    **dict.fromkeys(("BLOCKED", "PAUSED"), "RECOVERY"),
}
"""In which part of its life a job leaves a status."""


def words(now: RunState, was: RunState | None, *, has_inputs: bool, archives: bool) -> tuple[str, ...]:
    """The statuses that a move goes through. The app is brought together with the inputs: without any, that is all."""
    is_back = was in {RunState.BLOCKED, RunState.PAUSED}
    if now is RunState.STAGING_IN:
        return ("STAGING_INPUTS",) if has_inputs else ("STAGING_JOB",) if is_back else (STAGED, "STAGING_JOB")
    if now is RunState.STAGING_JOB:
        if not has_inputs:
            return ("STAGING_JOB",) if is_back else ()
        return ("STAGING_JOB",) if is_back else (STAGED, "STAGING_JOB")
    if now is RunState.STAGING_OUT and archives:
        return (ARCHIVING,) if is_back else ("CLEANING_UP", ARCHIVING)
    return (STATUSES[now],)


def status(state: JobState, outcome: RunState | None, run: RunState | None, *, has_inputs: bool, archives: bool) -> str:
    """The status of a job."""
    if state is JobState.ENDED or (state is JobState.REMOVED and outcome is not None):
        return STATUSES[outcome or RunState.FAILED]
    if state is JobState.SUSPENDED:
        return STATUSES[RunState.PAUSED]
    found = words(run or RunState.ACCEPTED, None, has_inputs=has_inputs, archives=archives)
    return found[-1] if found else "STAGING_JOB"
