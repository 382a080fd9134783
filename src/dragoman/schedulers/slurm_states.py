"""What Slurm's words for states mean here, and what Slurm and a run directory together say of a launch. Pure.

Slurm forgets jobs: some minutes after their end, and the newest ones when its controller is killed. So its silence
means nothing by itself, and what the job has written down counts more than what Slurm says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from dragoman.core.launch import Ended, Look


class Phase(Enum):
    """Where a job stands."""

    WAITING = 1
    ACTIVE = 2
    OVER = 3


_WAITING = ("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD")
_ENDS: Mapping[str, Ended] = {
    "COMPLETED": Ended.EXITED,
    "FAILED": Ended.EXITED,
    "SPECIAL_EXIT": Ended.EXITED,
    "TIMEOUT": Ended.WALLTIME,
    "DEADLINE": Ended.WALLTIME,
    "OUT_OF_MEMORY": Ended.MEMORY,
    "CANCELLED": Ended.SCHEDULER,
    "PREEMPTED": Ended.SCHEDULER,
    "REVOKED": Ended.SCHEDULER,
    "NODE_FAIL": Ended.NODE,
    "BOOT_FAIL": Ended.NODE,
}
"""The states that are ends, and how such a job has ended. Every other word, a new one too, means that it is there."""
_WORST = tuple(_ENDS)
_TOLD = {"TimeLimit": "TIMEOUT", "OutOfMemory": "OUT_OF_MEMORY", "NonZeroExitCode": "FAILED"}
"""How a job will have ended that is COMPLETING for this reason; that may take long."""
_LAUNCH_FAILED = "JobLaunchFailure"
_TRIES = 5
"""So often a job is submitted that Slurm fails to launch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What Slurm says of one job. Times in microseconds since 1970."""

    job: str
    """Its number; of an array, the number that all its tasks share."""
    token: str
    state: str
    code: int = 0
    """Its exit code, 128 + n for signal n."""
    reason: str = ""
    started_at: int | None = None
    ended_at: int | None = None

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        if self.state in _WAITING:
            return Phase.WAITING
        return Phase.OVER if self.state in _ENDS else Phase.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What lies in the run directory; see ``slurm_script`` for the files."""

    submitted: bool = False
    begun: bool = False
    barred: bool = False
    """It is sure that it never begins under this token."""
    stopped: bool = False
    """Somebody asked for the end through us."""
    again: bool = False
    job: str = ""
    """The job that has begun, or the one that was acknowledged."""
    tries: int = 0
    """How often something was submitted from this directory, under whatever token."""
    end: Mapping[str, Any] | None = None

    @property
    def is_done_with(self) -> bool:
        """Whether it must not be submitted any more."""
        return self.begun or self.barred or self.end is not None

    @property
    def needs_more(self) -> bool:
        """Whether its end cannot be told from this alone."""
        return bool(self.job) and not self.barred and (self.end is None or self.end["ended"] == Ended.SCHEDULER)


def row_of(rows: Sequence[Row], evidence: Evidence | None = None) -> Row | None:
    """The row that speaks for all of one token: tasks of an array, or jobs of which only one does the work."""
    if evidence and evidence.begun and evidence.job:
        rows = [row for row in rows if row.job == evidence.job]
    for phase in (Phase.ACTIVE, Phase.WAITING):
        for row in rows:
            if row.phase is phase:
                return row
    return max(rows, key=lambda row: _WORST.index(row.state), default=None)


def glance(rows: Sequence[Row]) -> Look | None:
    """What Slurm's rows of one token are enough for; None when the run directory must be looked at."""
    row = row_of(rows)
    if row is None or row.phase is Phase.OVER or row.state == "COMPLETING" or len({row.job for row in rows}) > 1:
        return None
    return _alive(row, begun=row.phase is Phase.ACTIVE)


def settle(row: Row | None, evidence: Evidence) -> Look | None:
    """What is certain of a launch; None when Slurm and the directory do not fit together, or not yet."""
    if row and evidence.end and row.state == "COMPLETING" and row.reason in _TOLD:
        row = replace(row, state=_TOLD[row.reason])
    over = row is not None and row.phase is Phase.OVER
    if evidence.barred:
        return _never(evidence)
    if end := evidence.end:
        clean = end["exit_code"] == 0 and end["ended"] == Ended.EXITED
        # Why it failed is known to Slurm alone: it may have been the time, the memory or somebody's will.
        return ended(row, evidence) if row is None or over or clean else None
    if row is None:
        return None if evidence.submitted else Look(started=False)
    if over:
        return ended(row, evidence) if evidence.begun and not evidence.again and row.state not in _MAY_GO_ON else None
    return _alive(row, begun=evidence.begun or row.phase is Phase.ACTIVE)


_MAY_GO_ON = ("NODE_FAIL", "BOOT_FAIL")
"""Slurm gave these up because it lost sight of the node, where they may be running on and end yet."""


def conclude(row: Row | None, evidence: Evidence) -> Look | None:
    """What to make of a launch of which several looks told nothing certain; None: see that it never begins."""
    if evidence.begun or evidence.end:
        return ended(row, evidence)
    if row is None or row.state in _MAY_GO_ON:
        return None
    if row.reason == _LAUNCH_FAILED and evidence.tries < _TRIES:
        return None
    if row.state == "COMPLETED":
        return Look(started=False, ended=Ended.LOST, scheduler_state=row.state)
    return ended(row, evidence)


def unknown(row: Row | None, evidence: Evidence) -> Look:
    """What to say meanwhile: it is where it was."""
    state, reason = (row.state, row.reason) if row else ("", "")
    return Look(started=evidence.begun, pending=not evidence.begun, scheduler_state=state, reason=reason)


def ended(row: Row | None, evidence: Evidence) -> Look:
    """How it has ended, by its own word and Slurm's."""
    end = evidence.end or {}
    return Look(
        started=evidence.begun or bool(end),
        ended=_how(row, evidence),
        exit_code=end["exit_code"] if end else row.code if row and _ENDS.get(row.state) is Ended.EXITED else None,
        started_at=end["started_at"] if end else row.started_at if row else None,
        ended_at=end["ended_at"] if end else row.ended_at if row else None,
        scheduler_state=row.state if row else "",
        reason=row.reason if row else "",
    )


def _how(row: Row | None, evidence: Evidence) -> Ended:
    own = Ended(evidence.end["ended"]) if evidence.end else None
    told = _ENDS.get(row.state) if row else None
    if evidence.stopped and own is not Ended.EXITED:
        return Ended.STOPPED
    if own is Ended.EXITED and evidence.end and (evidence.end["exit_code"] == 0 or told in (None, Ended.NODE)):
        return Ended.EXITED
    if own is None and evidence.again:
        return Ended.NODE
    return told or own or Ended.LOST


def _never(evidence: Evidence) -> Look:
    if evidence.stopped:
        return Look(started=False, ended=Ended.STOPPED)
    return Look(started=False, dead=True)


def _alive(row: Row, *, begun: bool) -> Look:
    return Look(
        started=begun,
        pending=not begun,
        scheduler_state=row.state,
        reason=row.reason,
        started_at=row.started_at if begun else None,
    )
