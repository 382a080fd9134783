"""The nouns of the leased work table: a claim, and the decision that a handler takes about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from dragoman.core.states import Cause, RunState

DELIVERY = "delivery"
"""The kind of work that tells those who have subscribed to a job what happened to it; ``ref`` is the job."""
TOPIC = "topic"
"""The same for those who follow a system, an app or a path; ``ref`` is the topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of work, leased to this process until ``lease_until``; ``fence`` rises with every claim."""

    id: int
    kind: str
    ref: int
    fence: int
    attempt: int
    """1 for the first claim since the row last made progress."""
    lease_until: int
    note: Mapping[str, Any]
    owner_id: int | None
    """Whose run it is; None: nobody's in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A run's step from one state to the next, with its time and why."""

    was: RunState
    now: RunState
    at: int
    cause: Cause = Cause.NONE
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """An output that a run leaves, already safe in the blob store."""

    alias: str
    name: str
    relative_path: str
    size: int
    md5: str
    sha512: str
    blob: str
    is_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """A row of work to add in the same transaction (this is the outbox)."""

    kind: str
    ref: int
    due_at: int
    note: Mapping[str, Any] = field(default_factory=dict)


class Budget(Enum):
    """What is limited where runs stand in line: how many may be let in at once."""

    SLOTS = "the slots of the system"
    OWNER = "those of an owner"
    QUEUE = "those of a queue"
    QUEUE_OWNER = "those of an owner in a queue"
    APP = "those of an app"
    APP_OWNER = "those of an owner of an app"


class Slot(Enum):
    """What becomes of the slot of its system that a row of work holds."""

    AS_IT_IS = "as it is"
    FREE = "free"
    TAKEN = "taken"
    """Held again, also when others have got all of them meanwhile: they have to wait longer then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a handler wants written. It is applied whole, or not at all when the fence was lost."""

    due_at: int | None
    """When to look again; None: the work is done and its row goes."""
    moves: tuple[Move, ...] = ()
    patch: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the run to set."""
    files: tuple[NewFile, ...] = ()
    work: tuple[NewWork, ...] = ()
    said: tuple[str, ...] = ()
    """What the workload has said since it was last heard, for the job's history."""
    slot: Slot = Slot.AS_IT_IS
    keep_lease: bool = False
    """The same handler goes on with the next step at once."""
    error: str = ""
    """What went wrong in this attempt; empty means progress, and the attempts start again from zero."""
