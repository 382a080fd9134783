"""Where the attributes of jobs lie in the rows, and which conditions the store can hold against them. Pure."""

from collections.abc import Collection, Mapping

from dragoman.core.search import AllOf, AnyOf, Kind, Op, Query
from dragoman.core.search import Condition as Compared
from dragoman.core.sources import Source
from dragoman.core.states import JobState, RunState
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES, VISIBLE
from dragoman.dialects.tapis2.job_states import ARCHIVING, DESCRIPTIONS, STATUSES
from dragoman.dialects.tapis2.searching import Condition, Fields, holds
from dragoman.dialects.tapis2.told import Told, told_plainly

_TEXTS = ("systemId", "appId", "appUuid", "archivePath", "archiveSystem", "owner")
_FLAGS, _NUMBERS = ("archive", "archiveOnAppError"), ("nodeCount", "processorsPerNode")
_KEPT = (*_TEXTS, *_FLAGS, *_NUMBERS)
NUMBER, CREATED, SHOWN = "number", "created", "visible"
_STATE, _OUTCOME, _RUN, _HAS_INPUTS = "job state", "outcome", "run state", "has inputs"

SOURCES: Mapping[str, Source] = {
    NUMBER: Source(column="job.id"),
    "id": Source(column="job.alias"),
    "name": Source(column="job.name"),
    CREATED: Source(column="job.created_at"),
    "accepted": Source(column="job.created_at"),
    "lastupdated": Source(column="job.updated_at"),
    "ended": Source(column="job.ended_at"),
    SHOWN: Source(column="job.notes", path=(VISIBLE,)),
    _STATE: Source(column="job.state"),
    _OUTCOME: Source(column="job.outcome"),
    _RUN: Source(column="run.state"),
    _HAS_INPUTS: Source(column="job.notes", path=(ATTRIBUTES, "hasInputs")),
    **{name.lower(): Source(column="job.notes", path=(ATTRIBUTES, name)) for name in _KEPT},
}
KINDS: Mapping[str, Kind] = {
    NUMBER: Kind.NUMBER,
    SHOWN: Kind.FLAG,
    _HAS_INPUTS: Kind.FLAG,
    **dict.fromkeys((CREATED, "accepted", "lastupdated", "ended"), Kind.TIME),
    **dict.fromkeys(("id", "name", _STATE, _OUTCOME, _RUN), Kind.TEXT),
    **{name.lower(): Kind.TEXT for name in _TEXTS},
    **{name.lower(): Kind.FLAG for name in _FLAGS},
    **{name.lower(): Kind.NUMBER for name in _NUMBERS},
}
SORTED = frozenset({"id", "name", CREATED, "accepted", "lastupdated", *(name.lower() for name in (*_TEXTS, *_NUMBERS))})
"""What every job has, so that the store sorts by it as this door does."""
_MAYBE = frozenset({"ended"})
"""What a job may lack: then it meets what denies something, for this door, and nothing at all for the store."""


def told(condition: Condition, fields: Fields, now: int) -> Told | None:
    """What the store can do for a condition; None: nothing. Raises Invalid for a value that can never be compared."""
    if condition.field == "status":
        return _status(condition, fields, now)
    return told_plainly(condition, KINDS, maybe=_MAYBE, now=now)


def compared(name: str, op: Op, *values: object) -> Compared:
    """A comparison of an attribute that the rows have."""
    return Compared(attribute=name, op=op, values=values, kind=KINDS[name])


def _status(condition: Condition, fields: Fields, now: int) -> Told:
    """What a status means in the rows: all statuses there are that meet the condition, one by one."""
    words = {word for word in DESCRIPTIONS if holds(condition, {"status": word}, fields, now)}
    of_run = {str(state) for state, word in STATUSES.items() if word in words}
    gone, done = (str(JobState.REMOVED), str(JobState.SUSPENDED)), str(JobState.ENDED)
    outcomes = [compared(_OUTCOME, Op.IN, *sorted(of_run))] if of_run else []
    if "FAILED" in words:
        outcomes.append(compared(_OUTCOME, Op.EQ, ""))
    parts: list[Query] = [AllOf(parts=(compared(_STATE, Op.EQ, done), AnyOf(parts=tuple(outcomes))))]
    parts += [AllOf(parts=(compared(_STATE, Op.NIN, done, *gone), one)) for one in _live(words)]
    if "PAUSED" in words:
        parts.append(compared(_STATE, Op.EQ, str(JobState.SUSPENDED)))
    found = {"CLEANING_UP", ARCHIVING} & words
    return Told(query=AnyOf(parts=tuple(parts)), is_exact=len(found) != 1)


def _live(words: Collection[str]) -> list[Query]:
    """What the run of a job that goes on may be in for its status to be one of these."""
    plain = {state for state, word in STATUSES.items() if word in words}
    plain -= {RunState.STAGING_IN, RunState.STAGING_OUT}
    if {"CLEANING_UP", ARCHIVING} & set(words):
        plain.add(RunState.STAGING_OUT)
    parts: list[Query] = [compared(_RUN, Op.IN, *sorted(map(str, plain)))] if plain else []
    for word, has_inputs in (("STAGING_INPUTS", True), ("STAGING_JOB", False)):
        if word in words:
            staging = compared(_RUN, Op.EQ, str(RunState.STAGING_IN))
            parts.append(AllOf(parts=(staging, compared(_HAS_INPUTS, Op.EQ, has_inputs))))
    return parts
