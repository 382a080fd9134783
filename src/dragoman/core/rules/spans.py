"""Spans of time as rules and criteria write them: ``-1m``, ``10s``, ``1d``, ``1day``. Pure."""

import re

SECOND = 1_000_000
"""In microseconds, as all times are."""
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
LONGEST = 100 * 365 * DAY

_UNITS = {
    "us": 1,
    "ms": 1000,
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("w", "week", "weeks"), 7 * DAY),
    **dict.fromkeys(("mo", "month", "months"), 30 * DAY),
    **dict.fromkeys(("y", "yr", "year", "years"), 365 * DAY),
}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+)", re.ASCII)
_WHOLE = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?\s*[a-z]+\s*)+", re.ASCII)


def read_span(text: str) -> int | None:
    """Microseconds, always positive; None for what is no span, is nothing, or is longer than anybody means."""
    plain = text.strip().lower().removeprefix("-")
    if not _WHOLE.fullmatch(plain):
        return None
    parts = _PART.findall(plain)
    if any(unit not in _UNITS for _, unit in parts):
        return None
    total = sum(round(float(number) * _UNITS[unit]) for number, unit in parts)
    return total if 0 < total <= LONGEST else None
