"""Reads what people want to be told of jobs. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.config import Settings
from dragoman.core.notices import NewSubscription
from dragoman.dialects.tapis2.errors import Refused


def subscriptions(asked: Sequence[Mapping[str, Any]], settings: Settings) -> list[NewSubscription]:
    """Subscriptions to a new job. Raises Refused."""
    if asked:
        raise Refused(400, "Notifications are not built yet at this door.")
    return []
