"""Reads what people want to be told of jobs. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.config import Settings
from dragoman.core.notices import EMAIL, WEBHOOK, NewSubscription, Target
from dragoman.desk.receivers import is_mailbox, receiver_fault
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.ids import Thing, mint
from dragoman.dialects.tapis2.policies import read_policy
from dragoman.dialects.tapis2.read_job import BAD_NOTIFICATION

PERSISTENT, POLICY = "persistent", "policy"
"""Words of a subscription of this door."""
LASTS = 366 * 86_400
"""Seconds for which a notification is kept."""
NOTHING: Mapping[str, Any] = {}
_MACRO = re.compile(r"\$\{[A-Za-z_]+\}")


def subscriptions(asked: Sequence[Mapping[str, Any]], settings: Settings) -> list[NewSubscription]:
    """Subscriptions to a new job. Raises Refused and Invalid."""
    found = []
    for place, one in enumerate(asked):
        if why := fault(str(one["url"]), settings):
            raise Refused(400, f"{BAD_NOTIFICATION.format(place=place)} {why}")
        policy = read_policy(one[POLICY], "notifications", place, POLICY)
        found.append(new_subscription(one["url"], one["event"], persistent=one[PERSISTENT], policy=policy))
    return found


def new_subscription(
    url: str, event: str, *, persistent: bool, policy: Mapping[str, Any], about: Mapping[str, Any] = NOTHING
) -> NewSubscription:
    """A subscription to one event, or with ``*`` to all of them; ``about`` says of what, where that is no job."""
    return NewSubscription(
        alias=mint(Thing.NOTIFICATION),
        name=url,
        description="",
        filter=event,
        targets=(Target(method=method_of(url), address=url),),
        enabled=True,
        seconds=LASTS,
        words={PERSISTENT: persistent, POLICY: dict(policy), **about},
        stays=True,
    )


def method_of(url: str) -> str:
    """How something is told there: by mail to the address of a mailbox, else by a request."""
    return EMAIL if "://" not in url and is_mailbox(_MACRO.sub("x", url)) else WEBHOOK


def fault(url: str, settings: Settings) -> str:
    """Why nothing can be sent there; empty: it can be tried."""
    return receiver_fault(method_of(url), _MACRO.sub("x", url), settings)
