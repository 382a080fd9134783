"""Amounts as people write them: memory with a unit, time as hours, minutes and seconds. Pure."""

import re

_MEMORY = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*(?:([KMGTPE])B?)?\s*", re.IGNORECASE)
_POWERS = {"K": -2, "M": -1, "G": 0, "T": 1, "P": 2, "E": 3}
_TIME = re.compile(r"(\d{1,6}):([0-5]?\d)(?::([0-5]?\d))?")


def gigabytes(text: str) -> float | None:
    """How many gigabytes ``200MB``, ``1.5GB`` or ``5`` are; None for what is no amount."""
    match = _MEMORY.fullmatch(text)
    if match is None:
        return None
    return float(match[1]) * 1024.0 ** _POWERS[(match[2] or "G").upper()]


def seconds(text: str) -> int | None:
    """How long ``12:30:00`` is; None for what is no length of time."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


def clock(length: int | None) -> str | None:
    """A number of seconds as hours, minutes and seconds."""
    if length is None:
        return None
    return f"{length // 3600:02d}:{length // 60 % 60:02d}:{length % 60:02d}"
