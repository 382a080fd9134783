"""What this door tells of jobs that came in another language: that they are, whose, where, and how they stand. Pure."""

from typing import Any

from dragoman.core.job import Event
from dragoman.core.notices import Story
from dragoman.core.states import Cause, JobState, RunState
from dragoman.dialects.tapis2.job_facts import Told
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS, ENDS, STATUSES
from dragoman.dialects.tapis2.times import iso

Json = dict[str, Any]

_OF_JOBS = {JobState.OPEN: RunState.ACCEPTED, JobState.SUSPENDED: RunState.PAUSED}
_LEFT_OUT = ENDS | {STATUSES[RunState.ACCEPTED]}
"""What the job itself tells, and none of its runs: they may be many."""


def happened(story: Story) -> list[Told]:
    """What there is to tell, oldest first: of its beginning and its end, and between them of its first run."""
    moves = [one for one in story.events if one.kind == "move"]
    first = min((one.run_id for one in moves if one.run_id is not None), default=None)
    found: list[Told] = []
    for move in moves:
        word = _of_job(move, story) if move.run_id is None else _of_run(move, first)
        if word:
            told = f"{DESCRIPTIONS[word]}: {move.reason}" if move.reason else DESCRIPTIONS[word]
            found.append(Told(seq=move.seq, at=move.at, status=word, description=told, is_move=True))
    return found


def _of_job(move: Event, story: Story) -> str:
    now = JobState(move.now)
    if now is not JobState.ENDED:
        return STATUSES[_OF_JOBS[now]] if now in _OF_JOBS else ""
    known = RunState.FINISHED if move.cause is Cause.NONE else RunState.FAILED
    return STATUSES[story.job.outcome or known]


def _of_run(move: Event, first: int | None) -> str:
    word = STATUSES[RunState(move.now)]
    return word if move.run_id == first and word not in _LEFT_OUT else ""


def write_foreign(story: Story, told: Told, *, owner: str, system: str, whole: bool) -> Json:
    """The job as it was when that happened; its name for those who may see all of it."""
    job = story.job
    return {
        "id": job.alias,
        "uuid": job.alias,
        **({"name": job.name} if whole else {}),
        "owner": owner,
        "status": told.status,
        "language": job.door,
        "appId": None,
        "systemId": system or None,
        "executionSystem": system or None,
        "created": iso(job.created_at),
        "lastUpdated": iso(told.at),
        "_links": {},
    }
