"""What is known of a job, gathered from its rows and its history for everything that tells of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.job import Event, Job, Run
from dragoman.core.moments import Moments, moments, remote_id
from dragoman.core.states import Cause, RunState
from dragoman.dialects.tapis3.job_states import Shown, shown
from dragoman.dialects.tapis3.resolve_places import NEVER, SKIP

ATTRIBUTES, VISIBLE = "attributes", "visible"
"""Keys of the notes of a job of this door: what was resolved at its submit, and whether lists show it."""
VERDICT = "scheduler_state"
"""A key of a run's handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job, its one run and the moments of its life."""

    job: Job
    run: Run | None
    moments: Moments

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What was resolved at its submit."""
        found: Mapping[str, Any] = self.job.notes[ATTRIBUTES]
        return found

    @property
    def is_batch(self) -> bool:
        """Whether a batch scheduler runs it."""
        return bool(self.attributes["jobType"] == "BATCH")

    @property
    def is_visible(self) -> bool:
        """Whether lists show it."""
        return self.job.notes.get(VISIBLE, True) is not False

    @property
    def shown(self) -> Shown:
        """Its status and condition."""
        job, run = self.job, self.run
        return shown(
            job.state,
            job.outcome,
            run.state if run else None,
            left=self.moments.left,
            cause=run.cause if run else job.cause,
            wish=job.wish,
            verdict=str(run.handle.get(VERDICT) or "") if run else "",
            is_batch=self.is_batch,
        )

    @property
    def message(self) -> str:
        """The latest that is to be said about it."""
        if self.run is None or self.run.state is RunState.ACCEPTED:
            return f"Job {self.job.alias} created."
        reason = self.run.reason or self.job.reason
        return f"Setting job status to {self.shown.status}." + (f" {reason}" if reason else "")

    @property
    def remote_id(self) -> str | None:
        """What it is called where it executes."""
        return remote_id(self.run)

    @property
    def remote_outcome(self) -> str | None:
        """How its program ended: FINISHED, FAILED, or FAILED_SKIP_ARCHIVE when its outputs are left where they are.

        None before its end, and when somebody stopped it.
        """
        if self.moments.ended is None:
            return None
        cause = self.moments.program_cause
        if cause in (Cause.NONE, Cause.STOPPED):
            return "FINISHED" if cause is Cause.NONE else None
        skips = self.attributes["archiveMode"] == SKIP or (cause is Cause.WALLTIME and not self.is_batch)
        return "FAILED_SKIP_ARCHIVE" if skips else "FAILED"

    @property
    def is_archived(self) -> bool:
        """Whether its outputs are to be read where they are kept, and no longer where they were written."""
        if self.attributes["archiveMode"] == NEVER:
            return False
        word = self.shown.status
        kept = self.shown.condition != "JOB_ARCHIVING_FAILED" and self.remote_outcome in ("FINISHED", "FAILED")
        return word == "FINISHED" or (word == "FAILED" and kept)

    @property
    def exit_text(self) -> str | None:
        """Its exit code, as text."""
        code = self.run.exit_code if self.run else None
        return None if code is None else str(code)


def facts(job: Job, run: Run | None, events: Iterable[Event] = ()) -> JobFacts:
    """What the rows and the history tell. Without events the moments are those that the run's row knows."""
    told = list(events)
    return JobFacts(job=job, run=run, moments=moments(told) if told else _from_row(run))


def _from_row(run: Run | None) -> Moments:
    return Moments(started=run.started_at if run else None)
