"""How much more work may be taken in hand, and whose: somebody's hosts that hang hold up nobody else. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from dragoman.core.work import DELIVERY, TOPIC, Claim

SPARE = 4
"""This part of all hands is for those who have less than as much in hand."""


def room(held: Iterable[Claim], workers: int) -> tuple[int, Sequence[int]]:
    """How many more rows may be taken in hand, and of which accounts none."""
    # Receivers that hang keep no run waiting: deliveries have a limit of their own.
    owners = [claim.owner_id for claim in held if claim.kind not in {DELIVERY, TOPIC}]
    spare, free = workers // SPARE, workers - len(owners)
    if free > spare:
        return free - spare, ()
    # Never all at once: it may be one account's that has had nothing in hand.
    return (free + 1) // 2, [owner for owner, many in Counter(owners).items() if owner is not None and many >= spare]
