"""Nouns of a node in the field: what it is to do, what it has begun, what it has to tell. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dragoman.core.measurements import Measurement


class Stream(StrEnum):
    """What of a node's outbox is numbered and acknowledged by itself."""

    EVENTS = "events"
    """What happens to goals and plugins; never dropped."""
    MEASUREMENTS = "measurements"


class Scope(StrEnum):
    """Who is to know of a measurement."""

    ALL = "all"
    NODE = "node"
    CENTRE = "beehive"
    """The centre only; as plugins call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A measurement or event on its way: to rules and plugins of the node, to the centre, or both."""

    measurement: Measurement
    stream: Stream = Stream.MEASUREMENTS
    scope: Scope = Scope.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSpec:
    """What a plugin runs and what it needs, as the goal says it."""

    name: str
    image: str
    args: tuple[str, ...] = ()
    entrypoint: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    selector: Mapping[str, str] = field(default_factory=dict)
    resource: Mapping[str, str] = field(default_factory=dict)
    volume: Mapping[str, str] = field(default_factory=dict)
    privileged: bool = False
    develop: bool = False
    node: str = ""


class FiringState(StrEnum):
    """Where a firing stands; what happens to its run is the engine's to say."""

    QUEUED = "queued"
    SELECTED = "selected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One execution of a plugin, from the moment its rule fired."""

    id: int
    goal: str
    job: str
    plugin: str
    pod: str
    """Names it in events: the plugin's name and six random characters."""
    app: str
    """By which its messages are known; a secret of this execution."""
    reason: str
    spec: Mapping[str, Any]
    state: FiringState
    job_id: int | None
    queued_at: int
    ended_at: int | None
    outcome: str
    """The last state of its run; empty before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiring:
    """A firing that is about to be queued."""

    goal: str
    job: str
    plugin: str
    pod: str
    app: str
    reason: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file to upload. ``folder`` is its place in the spool, ``at`` in nanoseconds."""

    folder: str
    at: int
    filename: str
    meta: Mapping[str, str]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of what has not been acknowledged is kept: bytes of each kind, and microseconds."""

    bytes: int
    upload_bytes: int
    age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGoal:
    """A goal as the node keeps it: what names it, and what the centre said, to be read again."""

    alias: str
    job: str
    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalChanges:
    """What a new list of goals has brought."""

    received: Sequence[KeptGoal] = ()
    updated: Sequence[KeptGoal] = ()
    removed: Sequence[KeptGoal] = ()
