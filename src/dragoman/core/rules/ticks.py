"""Ticks of schedules: five fields, a sixth for seconds at the end, ``@hourly`` and the like; always UTC. Pure."""

from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock

from croniter import croniter

from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.spans import MINUTE, SECOND

MOST_CHARACTERS = 200
_SOME_DAY = datetime(2024, 3, 1, tzinfo=UTC)
"""A day by which every schedule that ever ticks has done so."""
_turn = Lock()


def check_schedule(text: object) -> str:
    """The schedule, when it is one. Raises RuleFault; also for one that never ticks, such as 31 February."""
    if not isinstance(text, str) or not _is_schedule(text):
        raise RuleFault(f"pattern {str(text)[:MOST_CHARACTERS]} is not supported")
    return text


def last_tick(schedule: str, now: int) -> int:
    """The latest tick that is not after ``now``, both in microseconds since 1970. Raises RuleFault."""
    check_schedule(schedule)
    has_seconds = len(schedule.split()) > 5
    return _last_tick(schedule, now // SECOND if has_seconds else now // MINUTE * 60)


@lru_cache(4096)
def _is_schedule(text: str) -> bool:
    if len(text) > MOST_CHARACTERS or not croniter.is_valid(text):
        return False
    try:
        croniter(text, _SOME_DAY).get_prev(float)
    except (ValueError, KeyError, ArithmeticError):
        return False
    return True


@lru_cache(512)
def _opened(schedule: str) -> croniter:
    return croniter(schedule, _SOME_DAY)


@lru_cache(4096)
def _last_tick(schedule: str, second: int) -> int:
    # What is found is the tick before a moment, so the moment is a little on: a tick at ``second`` counts.
    with _turn:
        ticks = _opened(schedule)
        ticks.set_current(second + 0.5)
        return round(ticks.get_prev(float)) * SECOND
