"""How this door writes moments: ISO 8601, UTC, with microseconds and Z. Pure."""

from datetime import UTC, datetime


def iso(at: int) -> str:
    """A moment in microseconds since 1970."""
    seconds, micros = divmod(at, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
