"""Timestamps as people write them in searches: from a year alone to a fraction of a second with a zone. Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone

from dragoman.core.errors import Invalid

_TIME = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[Tt ]([0-9]{2})(?::([0-9]{2})(?::([0-9]{2})"
    r"(?:[.:]([0-9]{1,9}))?)?)?)?)?)?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str, *, where: str) -> int:
    """Microseconds since 1970; what is left out is the start of its period, and UTC. Raises Invalid."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise Invalid.field(where, why=f'"{text}" is no time. Write, say, 2024, 2024-05-31 or 2024-05-31T12:30:00Z.')
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
    micros = int((fraction or "0").ljust(9, "0")[:6])
    try:
        offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0)) * (-1 if sign == "-" else 1)
        numbers = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
        told = datetime(*numbers, micros, tzinfo=timezone(offset))
    except ValueError as error:
        raise Invalid.field(where, why=f'"{text}" is no time: {error}.') from error
    return (told - _EPOCH) // timedelta(microseconds=1)
