"""The one table from our words to this door's: where a job stands. Pure."""

from collections.abc import Mapping

from dragoman.core.job import JobHead
from dragoman.core.states import JobState, RunState

CREATED, DRAFTED, SUBMITTED, RUNNING = "Created", "Drafted", "Submitted", "Running"
COMPLETED, FAILED, SUSPENDED, REMOVED = "Completed", "Failed", "Suspended", "Removed"

WORDS: Mapping[JobState, tuple[str, str]] = {
    JobState.DRAFT: (CREATED, DRAFTED),
    JobState.OPEN: (SUBMITTED, RUNNING),
    JobState.SUSPENDED: (SUSPENDED, SUSPENDED),
    JobState.ENDED: (COMPLETED, FAILED),
    JobState.REMOVED: (REMOVED, REMOVED),
}
"""For each state, the word, and the word when it was edited, when a node has its goal, or when all its runs failed."""


def word(job: JobHead) -> str:
    """Where a job stands."""
    usual, other = WORDS[job.state]
    is_other = {
        JobState.DRAFT: bool(job.notes.get("edited")),
        JobState.OPEN: job.progress is RunState.RUNNING,
        JobState.ENDED: job.outcome is RunState.FAILED,
    }
    return other if is_other.get(job.state, False) else usual
