"""What is known of a job, gathered from its rows and its history for everything that tells of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.job import Event, Job, Run
from dragoman.core.moments import Moments, moments, remote_id
from dragoman.core.states import Cause, RunState
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS, ENDS, PHASES, status, words

ATTRIBUTES, VISIBLE, VARIABLES = "attributes", "visible", "variables"
"""Keys of the notes of a job of this door: what was resolved at its submit, whether it is to be seen, and the variables
of the event that has started it, if one has."""
_VERDICT = "scheduler_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened to a job, in this door's words."""

    seq: int
    at: int
    status: str
    description: str
    is_move: bool
    """The status is a new one; else there is only more to say about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job, its one run and what has happened."""

    job: Job
    run: Run | None
    moments: Moments
    told: Sequence[Told]

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What was resolved at its submit."""
        found: Mapping[str, Any] = self.job.notes[ATTRIBUTES]
        return found

    @property
    def is_visible(self) -> bool:
        """Whether it was not hidden."""
        return self.job.notes.get(VISIBLE, True) is not False

    @property
    def archives(self) -> bool:
        """Whether its outputs go to the archive, as far as is known."""
        return _archives(self.attributes, self.moments.program_cause)

    @property
    def status(self) -> str:
        """How it stands."""
        run = self.run.state if self.run else None
        has_inputs = bool(self.attributes["hasInputs"])
        return status(self.job.state, self.job.outcome, run, has_inputs=has_inputs, archives=self.archives)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDS

    @property
    def message(self) -> str:
        """The latest that is to be said about it."""
        word, reason = self.status, (self.run.reason if self.run else "") or self.job.reason
        if word == "BLOCKED":
            return reason or DESCRIPTIONS[word]
        if word == "FAILED":
            return self._failure(reason)
        moves = [one.status for one in self.told if one.is_move]
        if len(moves) < 2:
            return "JOBS_ACCEPTED Job accepted for processing."
        return f"Transitioning from status {moves[-2]} to {moves[-1]} in phase {PHASES[moves[-2]]}."

    def _failure(self, reason: str) -> str:
        code = self.run.exit_code if self.run else None
        verdict = self.run.handle.get(_VERDICT) if self.run else None
        if self.moments.program_cause in {Cause.EXIT, Cause.WALLTIME, Cause.MEMORY}:
            by = f"Slurm status {verdict}" if verdict else "the application"
            told = f"Failure indicated by {by} with user application return code: {code}."
            return f"APPS_USER_APP_FAILURE {told} {reason}".strip()
        return reason or DESCRIPTIONS["FAILED"]

    @property
    def remote_id(self) -> str | None:
        """What it is called where it executes."""
        return remote_id(self.run)

    @property
    def remote_outcome(self) -> str | None:
        """How its program ended; None before that, and when somebody stopped it."""
        if self.moments.ended is None or self.moments.program_cause is Cause.STOPPED:
            return None
        if self.moments.program_cause is Cause.NONE:
            return "FINISHED"
        return "FAILED" if self.attributes["archiveOnAppError"] else "FAILED_SKIP_ARCHIVE"

    @property
    def is_archived(self) -> bool:
        """Whether its outputs are in the archive now, and no longer where it worked."""
        if not self.attributes["archive"] or not self.has_ended:
            return False
        if self.status == "FINISHED":
            return True
        was_kept = self.run is not None and self.run.cause is self.moments.program_cause
        return self.status == "FAILED" and self.remote_outcome == "FAILED" and was_kept

    @property
    def has_place(self) -> bool:
        """Whether its directory was made."""
        return any(one.status not in {"PENDING", "BLOCKED", "STOPPED", "FAILED"} for one in self.told)


def facts(job: Job, run: Run | None, events: Iterable[Event]) -> JobFacts:
    """What the rows and the history tell."""
    known = list(events)
    return JobFacts(job=job, run=run, moments=moments(known), told=tell(job, known))


def _archives(attributes: Mapping[str, Any], cause: Cause) -> bool:
    if not attributes["archive"] or cause in {Cause.STOPPED, Cause.LOST}:
        return False
    return cause is Cause.NONE or bool(attributes["archiveOnAppError"])


def tell(job: Job, events: Sequence[Event]) -> list[Told]:
    """What happened to a job, oldest first; what is told of an event does not change when others follow."""
    attributes: Mapping[str, Any] = job.notes[ATTRIBUTES]
    found: list[Told] = []
    for event in events:
        if event.kind == "move" and event.run_id is not None:
            found += _moved(event, attributes)
    return found


def _moved(event: Event, attributes: Mapping[str, Any]) -> list[Told]:
    now, was = RunState(event.now), RunState(event.was) if event.was else None
    has_inputs, archives = bool(attributes["hasInputs"]), _archives(attributes, event.cause)
    found = [
        Told(seq=event.seq, at=event.at, status=word, description=_description(word, event), is_move=True)
        for word in words(now, was, has_inputs=has_inputs, archives=archives)
    ]
    more = _details(now, attributes) if was not in {RunState.BLOCKED, RunState.PAUSED} else ()
    return found + [
        Told(seq=event.seq, at=event.at, status="STAGING_JOB", description=text, is_move=False) for text in more
    ]


def _description(word: str, event: Event) -> str:
    if word == "BLOCKED" and event.reason:
        return f"{DESCRIPTIONS[word]}: {event.reason}"
    return f"{DESCRIPTIONS[word]}: {event.reason}" if word == "FAILED" and event.reason else DESCRIPTIONS[word]


def _details(now: RunState, attributes: Mapping[str, Any]) -> tuple[str, ...]:
    if now is RunState.STAGING_IN and not attributes["hasInputs"]:
        return (f"Fetching application assets from {attributes['assets']}",)
    if now is RunState.STAGING_JOB:
        place = f"agave://{attributes['systemId']}/{attributes['workPath']}"
        fetched = f"Fetching application assets from {attributes['assets']}"
        told = f"Staging runtime assets to {place}"
        return (fetched, told) if attributes["hasInputs"] else (told,)
    return ()
