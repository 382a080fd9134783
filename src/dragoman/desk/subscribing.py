"""The rule about how much one job may be told to how many."""

from collections.abc import Sequence

from dragoman.core.errors import Invalid
from dragoman.core.notices import NewSubscription, Subscription

MOST_TARGETS = 50
"""Receivers of the notices of one job: each event goes to all of them."""


def check_number(new: Sequence[NewSubscription], there: Sequence[Subscription]) -> None:
    """Raise Invalid when a job would have too many receivers."""
    count = sum(len(one.targets) for one in new) + sum(len(one.targets) for one in there)
    if count > MOST_TARGETS:
        raise Invalid.field("deliveryTargets", why=f"A job can have at most {MOST_TARGETS} of them, not {count}.")
