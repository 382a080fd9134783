"""Where the attributes of jobs lie in the rows, and which conditions the store can hold against them. Pure.

A condition that it would compare in another way than ``searching.holds`` does is left to that.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import isfinite

from dragoman.core.errors import Invalid
from dragoman.core.patterns import read_pattern
from dragoman.core.search import AllOf, AnyOf, Kind, Op, Query
from dragoman.core.search import Condition as Compared
from dragoman.core.sources import Source
from dragoman.core.states import JobState, RunState
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES, VISIBLE
from dragoman.dialects.tapis2.job_states import ARCHIVING, DESCRIPTIONS, STATUSES
from dragoman.dialects.tapis2.searching import SECOND, WILD, Condition, Fields, holds, moments

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
_DENIALS = frozenset({"neq", "nin", "nlike"})
_MILLISECOND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A condition in the store's words."""

    query: Query
    is_exact: bool = True
    """It means the same; else all that meets the condition is among what is found."""


def told(condition: Condition, fields: Fields, now: int) -> Told | None:
    """What the store can do for a condition; None: nothing. Raises Invalid for a value that can never be compared."""
    if condition.field == "status":
        return _status(condition, fields, now)
    kind = KINDS.get(condition.field)
    if kind is None or (condition.field in _MAYBE and condition.op in _DENIALS):
        return None
    query = _READERS[kind](condition, now)
    return None if query is None else Told(query=query)


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


_OPS = {word: Op(word) for word in ("eq", "neq", "lt", "lte", "gt", "gte", "in", "nin", "between")}
_PAIR, _LISTS = 2, frozenset({"in", "nin", "between"})


def _texts(condition: Condition) -> list[str]:
    texts = condition.text.split(",") if condition.op in _LISTS else [condition.text]
    if condition.op == "between" and len(texts) != _PAIR:
        raise Invalid.field(condition.field, why="between takes two values: a,b.")
    return texts


def _text(condition: Condition, _: int) -> Query | None:
    if condition.op in {"like", "nlike"}:
        return compared(condition.field, Op(condition.op), read_pattern(condition.text, WILD))
    return compared(condition.field, _OPS[condition.op], *_texts(condition)) if condition.op in _OPS else None


def _number(condition: Condition, _: int) -> Query | None:
    if condition.op not in _OPS:
        return None
    try:
        values = [float(text) for text in _texts(condition)]
    except ValueError:
        raise Invalid.field(condition.field, why=f"{condition.text} is not a number.") from None
    return compared(condition.field, _OPS[condition.op], *values) if all(map(isfinite, values)) else None


def _flag(condition: Condition, _: int) -> Query | None:
    word = condition.text.lower()
    if condition.op not in {"eq", "neq"}:
        return None
    if word not in {"true", "false", "1", "0"}:
        raise Invalid.field(condition.field, why=f"{condition.text} is neither true nor false.")
    return compared(condition.field, Op(condition.op), word in {"true", "1"})


def _time(condition: Condition, now: int) -> Query | None:
    """Rows hold microseconds, this door shows milliseconds, and calls the same what is of one second."""
    op = {"before": "lt", "after": "gt"}.get(condition.op, condition.op)
    if op not in _SPANS:
        return None
    given = moments(_texts(condition), condition.field, now)
    spans = [_SPANS[op](one) for one in given] if op != "between" else [(_from(given[0]), _until(given[1]))]
    return AnyOf(parts=tuple(_within(condition.field, *span) for span in spans))


def _within(name: str, first: int | None, end: int | None) -> Query:
    ends = [] if first is None else [compared(name, Op.GTE, first)]
    return AllOf(parts=(*ends, *([] if end is None else [compared(name, Op.LT, end)])))


def _from(moment: int) -> int:
    """The first microsecond of what is shown as this moment, or later."""
    return -(-moment // _MILLISECOND) * _MILLISECOND


def _until(moment: int) -> int:
    """The first microsecond of what is shown as later than this moment."""
    return (moment // _MILLISECOND + 1) * _MILLISECOND


def _whole(length: int) -> Callable[[int], tuple[int, int]]:
    return lambda moment: (moment // length * length, (moment // length + 1) * length)


_SPANS: Mapping[str, Callable[[int], tuple[int | None, int | None]]] = {
    "lt": lambda moment: (None, _from(moment)),
    "lte": lambda moment: (None, _until(moment)),
    "gt": lambda moment: (_until(moment), None),
    "gte": lambda moment: (_from(moment), None),
    "between": lambda moment: (moment, moment),
    "eq": _whole(SECOND),
    "in": _whole(SECOND),
    "on": _whole(86_400 * SECOND),
}
"""From which microsecond on, and up to which, a row meets a comparison with a moment."""

_READERS: Mapping[Kind, Callable[[Condition, int], Query | None]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.TIME: _time,
}
