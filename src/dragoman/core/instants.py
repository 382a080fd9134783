"""Points in time as people and programs write them, in nanoseconds since 1970, UTC: read and written. Pure.

Read are durations before or after now (``-5m``, ``-1h30m``, ``-1mo``), dates, RFC 3339 and whole seconds since 1970.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

SECOND = 1_000_000_000
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
    "w": 604_800 * SECOND,
}
_MONTHS = {"mo": 1, "y": 12}
_PART = r"(\d{1,19})(ns|us|µs|ms|mo|s|m|h|d|w|y)"
_DURATION = re.compile(rf"(-?)((?:{_PART})+)", re.ASCII)
_EACH = re.compile(_PART, re.ASCII)
_SECONDS = re.compile(r"-?\d{1,10}", re.ASCII)
_ABSOLUTE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d:\d\d)?)?", re.ASCII)
FIRST, LAST = -(1 << 63), (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time: months differ in length, so they are counted by themselves. Both have the same sign."""

    months: int = 0
    nanoseconds: int = 0

    def after(self, instant: int) -> int:
        """The instant that is so much later; the last day of a month where it has no such day."""
        return _bounded(_months_after(instant, self.months) + self.nanoseconds)


def read_duration(text: str) -> Duration:
    """A duration such as ``-1h30m``. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no duration")
    months = nanoseconds = 0
    for number, unit in _EACH.findall(match[2]):
        months += int(number) * _MONTHS.get(unit, 0)
        nanoseconds += int(number) * _UNITS.get(unit, 0)
    sign = -1 if match[1] else 1
    return Duration(months=sign * months, nanoseconds=sign * nanoseconds)


def read_instant(text: str, *, now: int) -> int:
    """The instant that a text stands for, within 64 bits. Raises ValueError."""
    if _SECONDS.fullmatch(text):
        return _bounded(int(text) * SECOND)
    if match := _ABSOLUTE.fullmatch(text):
        return _absolute(match)
    return read_duration(text).after(now)


def write_instant(instant: int) -> str:
    """RFC 3339 with ``Z``, to the nanosecond, without zeros at the end of the fraction."""
    seconds, rest = divmod(instant, SECOND)
    if not rest:
        return f"{_second(seconds)}Z"
    return f"{_second(seconds)}.{rest:09d}".rstrip("0") + "Z"


def windows(start: int, end: int, every: Duration) -> Iterator[tuple[int, int]]:
    """The windows of a clock that began in 1970, cut to the span from ``start`` to ``end``."""
    months = every.months
    low = _months_floor(start, months) if months else start - start % every.nanoseconds
    while low < end:
        high = every.after(low)
        if high > start:
            yield max(low, start), min(high, end)
        low = high


def _absolute(match: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    zone = match[8] or "Z"
    away = 0
    if zone not in "Zz":
        away = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * (-1 if zone[0] == "-" else 1)
    seconds = calendar.timegm(whole.timetuple()) - away
    return _bounded(seconds * SECOND + int((match[7] or "0")[:9].ljust(9, "0")))


def _bounded(instant: int) -> int:
    return min(max(instant, FIRST), LAST)


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _months_after(instant: int, months: int) -> int:
    if not months:
        return instant
    seconds, rest = divmod(instant, SECOND)
    then = datetime.fromtimestamp(seconds, UTC)
    count = then.year * 12 + then.month - 1 + months
    if not 12 <= count < 120_000:
        return FIRST if months < 0 else LAST
    year, month = count // 12, count % 12 + 1
    moved = then.replace(year=year, month=month, day=min(then.day, calendar.monthrange(year, month)[1]))
    return _bounded(calendar.timegm(moved.timetuple()) * SECOND + rest)


def _months_floor(instant: int, months: int) -> int:
    then = datetime.fromtimestamp(instant // SECOND, UTC)
    since = (then.year - 1970) * 12 + then.month - 1
    count = since - since % months + 1970 * 12
    first = date(count // 12, count % 12 + 1, 1)
    return calendar.timegm(first.timetuple()) * SECOND
