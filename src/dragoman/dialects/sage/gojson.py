"""JSON and times as the original's language writes them: clients show bodies as they come. Pure."""

import json
from datetime import UTC, datetime
from typing import Any

from dragoman.dialects.sage.profile import Profile

SECOND = 1_000_000


def encode(value: Any, profile: Profile) -> str:
    """An answer's JSON, laid out as this version of the scheduler does."""
    return json.dumps(value, indent=profile.indent, ensure_ascii=False) + profile.ending


def message(**entries: Any) -> dict[str, Any]:
    """A free-form answer: its keys are in alphabetical order."""
    return dict(sorted(entries.items()))


def moment(at: int | None) -> str | None:
    """A time in RFC 3339, UTC, without zeros at its end."""
    if at is None:
        return None
    whole = datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{at % SECOND:06}".rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
