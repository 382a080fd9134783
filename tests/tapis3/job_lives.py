"""Jobs at any point of their life: rows and events as the engine leaves them."""

from dataclasses import replace
from typing import Any

from dragoman.core.job import Event, Job, LogStyle, Resources, Run, Workload
from dragoman.core.states import FINAL, HELD, Cause, JobState, RunState, Wish
from dragoman.dialects.tapis3.job_facts import ATTRIBUTES, JobFacts, facts
from tests.tapis3.job_examples import NOW, UUID, resolved

BEFORE = (
    *(RunState.ACCEPTED, RunState.PLANNING, RunState.STAGING_IN, RunState.STAGING_JOB),
    *(RunState.SUBMITTING, RunState.QUEUED, RunState.RUNNING),
)
WORKLOAD = Workload(steps=(), resources=Resources(system="vm", queue=""), log=LogStyle(name=""))


class Life:
    """One job with one run, its moves a second apart."""

    def __init__(self, *, code: int | None = None, handle: dict[str, Any] | None = None, **made_of: Any) -> None:
        self.attributes = dict(resolved(**made_of).attributes)
        self.events = [self._event(None, "DRAFT", "OPEN")]
        self.state, self.left = "", ""
        self.code, self.handle = code, handle or {}
        self.cause, self.reason = Cause.NONE, ""
        self.notes: dict[str, Any] = {}

    def _event(self, run: int | None, was: str, now: str, cause: Cause = Cause.NONE, reason: str = "") -> Event:
        seq = len(self.events) + 1 if hasattr(self, "events") else 1
        return Event(
            seq=seq, run_id=run, at=NOW + seq * 1_000_000, kind="move", was=was, now=now, cause=cause, reason=reason
        )

    def to(self, *states: RunState, cause: Cause = Cause.NONE, reason: str = "") -> "Life":
        """The run moves on; cause and reason belong to the last move."""
        for state in states:
            why = (cause, reason) if state is states[-1] else (Cause.NONE, "")
            self.events.append(self._event(7, self.state, state, *why))
            self.left = self.state if state in HELD else ""
            self.state = state
            self.cause, self.reason = why
        if RunState(self.state) in FINAL:
            self.events.append(self._event(None, "OPEN", "ENDED", self.cause, self.reason))
        return self

    def note(self, kind: str, *, was: str = "", now: str = "", reason: str = "") -> "Life":
        """Something happens that is no move."""
        self.events.append(replace(self._event(None, was, now, reason=reason), kind=kind))
        return self

    def run_to(self, last: RunState) -> "Life":
        """A plain life up to this state."""
        return self.to(*BEFORE[: BEFORE.index(last) + 1])

    @property
    def facts(self) -> JobFacts:
        """What is known of it."""
        return facts(self.job, self.run, self.events)

    @property
    def run(self) -> Run:
        """Its run."""
        state = RunState(self.state)
        return Run(
            id=7,
            job_id=3,
            number=1,
            state=state,
            left=RunState(self.left) if self.left else None,
            cause=self.cause,
            reason=self.reason,
            exit_code=self.code,
            system_id=1,
            queue="",
            token="t",
            handle=self.handle,
            wish=Wish.NONE,
            variables=(),
            output_count=0,
            output_bytes=None,
            created_at=NOW,
            started_at=NOW + 8_000_000,
            ended_at=self.events[-1].at if state in FINAL else None,
        )

    @property
    def job(self) -> Job:
        """Its job."""
        state = RunState(self.state)
        is_over = state in FINAL
        return Job(
            id=3,
            door="tapis3",
            alias=UUID,
            owner_id=5,
            name=self.attributes["name"],
            state=JobState.ENDED if is_over else JobState.OPEN,
            outcome=state if is_over else None,
            cause=self.cause if is_over else Cause.NONE,
            reason=self.reason if is_over else "",
            progress=state,
            wish=Wish.NONE,
            letter="{}",
            workload=WORKLOAD,
            notes={ATTRIBUTES: self.attributes, **self.notes},
            input_bytes=0,
            output_bytes=0,
            runs=1,
            created_at=NOW,
            updated_at=self.events[-1].at,
            submitted_at=NOW,
            ended_at=self.events[-1].at if is_over else None,
        )
