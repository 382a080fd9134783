"""What people follow beside their jobs: topics, what is noted of them, and what is to be told of that. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dragoman.core.notices import Notice, Subscription
from dragoman.core.registered import HistoryItem
from dragoman.core.things import Account

ANYTHING = "*"
"""The kind of a topic that is no thing of its own: whatever is noted, for admins."""
JOB, JOB_ON_SYSTEM, JOB_OF_APP = "job", "job on system", "job of app"
"""Kinds of notes: something has happened to a job, for whoever follows anything, its system, or its app (``ref``).

Their detail holds JOB_ALIAS, EVENT_SEQ, and JOB_DOOR: by which door the job came.
"""
APP_ON_SYSTEM, CHOICE = "app on system", "choice of system"
"""Kinds of notes: something was done to an app (the detail has its APP_NAME) that runs on the system ``ref``; somebody
has chosen that system for themselves."""
SYSTEM_OF_APP = "system of app"
"""Kind of notes: something was done to the system (the detail has its SYSTEM_NAME) on which the app ``ref`` runs."""
PASSING = (JOB, JOB_ON_SYSTEM, JOB_OF_APP, APP_ON_SYSTEM, CHOICE, SYSTEM_OF_APP)
"""Kinds of notes that are no history of anything: written only where somebody follows what they are about."""
JOB_ALIAS, JOB_DOOR, EVENT_SEQ, APP_NAME, SYSTEM_NAME = "job", "door", "seq", "app", "system"
OF_JOBS = frozenset({JOB, JOB_ON_SYSTEM, JOB_OF_APP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A system, an app or a path of a system that an account follows by a door."""

    id: int
    door: str
    owner: Account
    """Who follows it."""
    kind: str
    """A kind of what histories are about, or ANYTHING."""
    ref: int
    """The thing by the id of ours; of a path, its system; of ANYTHING, 0."""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a note is about."""

    kind: str
    ref: int
    path: str = ""
    """Where the kind is that of paths."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What it holds beside what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that was done to what somebody follows, as its history has it."""

    seq: int
    kind: str
    ref: int
    item: HistoryItem
    """Its version is the path, where that is what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a subscription to a topic is told."""

    notices: Sequence[Notice] = ()
    is_over: bool = False
    """It is told nothing more after that, until it is given another form."""


class Report(Protocol):
    """How a door tells who follow things what was done to them."""

    async def __call__(
        self, topic: Topic, subscriptions: Sequence[Subscription], noted: Sequence[Noted]
    ) -> Mapping[int, Reported] | None:
        """What each subscription (by its id) is to be told of what it was not told yet, in that order.

        None: who follows the thing may not see it any longer, and is told no more.
        """
        ...
