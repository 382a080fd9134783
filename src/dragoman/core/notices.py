"""Who is told what of a job or a thing, and how: subscriptions, notices and their deliveries. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from dragoman.core.job import Event, Job, Run

Pauses = Sequence[tuple[int, float]]
"""How long to wait for the next try: up to so many tries, so many seconds; after the last of them no more."""

WEBHOOK, EMAIL = "webhook", "email"
"""The methods by which notices go out. A target may name others: nothing is sent to it."""
ALTERNATIVE = "multipart/alternative"
"""The ``Content-Type`` of a mail that is to be there as HTML, too."""

TRANSFER = "transfer"
"""A kind of event: the transfer ``reason`` with the tag ``was`` has come to the state ``now``."""
SUBSCRIPTION = "subscription"
"""A kind of event: so many (``reason``) subscriptions were ADDED or REMOVED (``now``)."""
SHARE = "share"
"""A kind of event: the part ``was`` of a job was shared (ADDED) or no longer is (REMOVED); see ``Shared``."""
SAID = "said"
"""A kind of event: somebody sent ``reason``, under the heading ``was``; with a run, its workload has said that."""
APP = "app"
"""A kind of event: somebody (``reason``) has switched the app of a live job ON or OFF (``now``)."""
ON, OFF = "on", "off"
AMENDED = "amended"
"""A kind of event: somebody (``reason``) has noted something (``now``, as JSON) with a job."""
ADDED, REMOVED = "added", "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Between whom something was shared."""

    grantee: str
    grantor: str

    def __str__(self) -> str:
        return json.dumps([self.grantee, self.grantor])


def read_shared(reason: str) -> Shared:
    """The inverse of ``str(Shared)``."""
    grantee, grantor = json.loads(reason)
    return Shared(grantee=grantee, grantor=grantor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where notices go: to an address on the web, or to a mailbox."""

    method: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What somebody wants to hear of a job or a topic."""

    alias: str
    """The id that the job's door shows for it."""
    name: str
    description: str
    filter: str
    """A word of the door."""
    targets: tuple[Target, ...]
    enabled: bool
    seconds: int
    """How long it lasts."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """What only its door understands."""
    stays: bool = False
    """It is to be seen after the job's end, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription to a job or a topic. Times in microseconds since 1970."""

    id: int
    about: int
    """The job, or the topic."""
    owner_id: int
    alias: str
    name: str
    description: str
    filter: str
    targets: tuple[Target, ...]
    enabled: bool
    told: int
    """The last event of which deliveries were made."""
    created_at: int
    expires_at: int
    words: Mapping[str, Any] = field(default_factory=dict)
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened to a job so far."""

    job: Job
    run: Run | None
    """Its first run."""
    events: Sequence[Event]
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice, ready to be sent."""

    seq: int
    """The event it tells of."""
    target: Target
    title: str
    """The subject of a mail."""
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a request."""
    line: str = ""
    """What goes out in one line, one after the other; empty: all to the same address."""
    pauses: Pauses = ()
    """Empty: the house decides how often it is tried."""


class Render(Protocol):
    """How a door tells of its jobs. Pure."""

    def __call__(self, story: Story, subscription: Subscription) -> Sequence[Notice]:
        """What is to be told of the events since ``subscription.told``, in their order."""
        ...


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice on its way. Times in microseconds since 1970."""

    id: int
    about: int
    """The job, or the topic."""
    subscription_id: int
    seq: int
    target: Target
    title: str
    body: str
    headers: Mapping[str, str]
    state: DeliveryState
    attempts: int
    last_error: str
    due_at: int
    line: str = ""
    pauses: Pauses = ()
    code: int | None = None
    """The status of the last answer, where there was one."""
    created_at: int = 0
    ended_at: int | None = None


def pause_after(pauses: Pauses, tries: int) -> float | None:
    """How long to wait after so many tries; None: no more of them."""
    return next((seconds for most, seconds in pauses if tries <= most), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a try has ended."""

    delivery: Delivery
    state: DeliveryState
    """WAITING: it is tried again."""
    error: str = ""
    due_at: int = 0
    code: int | None = None
    """The status of the answer, where there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A receiver that some of a subscription's notices did not reach. Times in microseconds since 1970."""

    subscription_id: int
    target: Target
    given_up: int
    """How many notices are not tried again."""
    waiting: int
    """How many are in line still."""
    reason: str
    """Why the latest try failed."""
    at: int | None
    """When the latest was given up; None: none was."""
    next_try: int | None
    """When the first in line is tried again; None: none is in line."""
