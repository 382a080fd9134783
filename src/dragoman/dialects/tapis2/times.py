"""How this door writes moments: ISO 8601, UTC, with milliseconds and Z. Pure."""

from datetime import UTC, datetime


def iso(at: int) -> str:
    """A moment in microseconds since 1970."""
    seconds, micros = divmod(at, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros // 1000:03d}Z"


def perhaps(at: int | None) -> str | None:
    """A moment, where there is one."""
    return None if at is None else iso(at)
