"""The one table from our words to this door's: what its job and cluster statuses are, when, and why. Pure.

A word is shown once for each job, at the time it was first true; see docs/dialects/rescale.md#states.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from dragoman.core.job import Event, JobHead
from dragoman.core.states import FINAL, Cause, JobState, RunState, Wish

RUN_WORDS: Mapping[RunState, tuple[str, str]] = {
    RunState.ACCEPTED: ("Pending", ""),
    RunState.PLANNING: ("Queued", "Not Started"),
    RunState.STAGING_IN: ("Started", "Starting"),
    RunState.STAGING_JOB: ("Started", "Starting"),
    RunState.SUBMITTING: ("Validated", "Starting"),
    RunState.QUEUED: ("Validated", "Starting"),
    RunState.RUNNING: ("Executing", "Started"),
    RunState.STAGING_OUT: ("Executing", "Started"),
    RunState.BLOCKED: ("Waiting for Queue", ""),
    RunState.PAUSED: ("Waiting for Queue", ""),
    RunState.FINISHED: ("Executing", "Started"),
    RunState.FAILED: ("Executing", "Started"),
    RunState.CANCELLED: ("Executing", "Started"),
}
"""For the furthest state that a run of an open job has reached: the job's word and its cluster's."""

WISH_WORDS: Mapping[Wish, str] = {Wish.NONE: "", Wish.STOP: "Stopping", Wish.KILL: "Force Stop"}

REASONS: Mapping[Cause, str] = {
    Cause.NONE: "Completed successfully",
    Cause.EXIT: "A run failed",
    Cause.STOPPED: "User Terminated",
    Cause.WALLTIME: "Walltime exceeded",
    Cause.STAGING: "The input files could not be put in place",
    Cause.OUTPUTS: "The output files could not all be kept",
    Cause.LOST: "The run was lost with its host",
    Cause.BROKEN: "The job could not be executed",
    Cause.CAPACITY: "Could not allocate compute resources from the compute provider",
    Cause.CLOSED: "The system that it needs is switched off",
    Cause.MEMORY: "The run needed more memory than it was given",
    Cause.SCHEDULER: "The run was ended by its batch scheduler",
}
TOLD_IN_FULL = frozenset({Cause.STAGING, Cause.OUTPUTS, Cause.LOST, Cause.BROKEN, Cause.MEMORY, Cause.SCHEDULER})
"""Causes whose event's own text says more than the fixed one."""

JOB_WORDS = (
    "Pending",
    "Waiting for Queue",
    "Waiting for Cluster",
    "Queued",
    "Started",
    "Validated",
    "Executing",
    "Stopping",
    "Force Stop",
    "Completed",
)
LAST_CLUSTER_WORDS = ("Stop Requested", "Stopping", "Stopped")

_ENDING = frozenset({RunState.STAGING_OUT, *FINAL})
_BEFORE_QUEUED = frozenset({"Pending", "Waiting for Queue"})
_ON_THE_WAY_OUT = frozenset({"Stopping", "Force Stop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A word, when it became true (microseconds), and why."""

    word: str
    at: int
    reason: str | None = None


def reason_for(cause: Cause, told: str) -> str:
    """The reason clients know for a cause; for causes they do not know, what the event itself tells."""
    return told if told and cause in TOLD_IN_FULL else REASONS[cause]


def job_statuses(events: Iterable[Event]) -> list[Status]:
    """A job's statuses, newest first, from its events, oldest first."""
    shown: dict[str, Status] = {}
    latest = 0
    for event in events:
        latest = max(latest, event.at)
        word, reason = _job_word(event, shown)
        if word and word not in shown:
            shown[word] = Status(word=word, at=latest, reason=reason)
    return list(reversed(shown.values()))


def _job_word(event: Event, shown: Mapping[str, Status]) -> tuple[str, str | None]:
    if event.run_id is None:
        return _word_of_job_event(event)
    if event.kind != "move":
        return "", None
    state = RunState(event.now)
    if state in _ENDING:
        stops = event.cause is not Cause.NONE and not _ON_THE_WAY_OUT & shown.keys()
        return ("Stopping", reason_for(event.cause, event.reason)) if stops else ("", None)
    if _ON_THE_WAY_OUT & shown.keys():  # whatever the run still passes on its way to the end
        return "", None
    if state in (RunState.BLOCKED, RunState.PAUSED) and not shown.keys() <= _BEFORE_QUEUED:
        return "", None
    return ("" if state is RunState.QUEUED else RUN_WORDS[state][0]), None


def _word_of_job_event(event: Event) -> tuple[str, str | None]:
    if event.kind == "wish":
        wish = Wish(event.now)
        return WISH_WORDS[wish], REASONS[Cause.STOPPED] if wish is Wish.STOP else None
    if event.now == JobState.ENDED:
        return "Completed", reason_for(event.cause, event.reason)
    return "", None


def cluster_statuses(events: Iterable[Event]) -> list[Status]:
    """The statuses of a job's cluster, newest first; empty until there is one."""
    shown: dict[str, int] = {}
    latest = 0
    for event in events:
        latest = max(latest, event.at)
        for word in _cluster_words(event):
            shown.setdefault(word, latest)
    return [Status(word=word, at=at) for word, at in reversed(shown.items())]


def _cluster_words(event: Event) -> tuple[str, ...]:
    if event.kind != "move":
        return ()
    if event.run_id is None:
        return ("Not Started", *LAST_CLUSTER_WORDS) if event.now == JobState.ENDED else ()
    state = RunState(event.now)
    return () if state in _ENDING else tuple(filter(None, (RUN_WORDS[state][1],)))


def words(state: JobState, progress: RunState | None, wish: Wish) -> tuple[str, str]:
    """The latest status of a job and of its cluster, as lists show them; empty before the first submit."""
    if state is JobState.ENDED:
        return "Completed", LAST_CLUSTER_WORDS[-1]
    if state in (JobState.DRAFT, JobState.REMOVED) or progress is None:
        return "", ""
    job_word, cluster_word = RUN_WORDS[progress]
    return WISH_WORDS[wish] or job_word, cluster_word


def job_words(job: JobHead) -> tuple[str, str]:
    """The latest status of this job and of its cluster."""
    return words(job.state, job.progress, job.wish)


PHASES: Mapping[tuple[str, str, str], str] = {
    (state.value, progress.value if progress else "", wish.value): words(state, progress, wish)[0]
    for state, progress, wish in product(JobState, (None, *RunState), Wish)
}
"""Every (job state, progress, wish) there can be, with the job's word for it."""


def phases_of(wanted: frozenset[str]) -> frozenset[tuple[str, str, str]]:
    """The phases in which a job shows one of these words."""
    return frozenset(phase for phase, word in PHASES.items() if word in wanted)
