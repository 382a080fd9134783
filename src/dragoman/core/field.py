"""Nodes in the field and what they are to do: goals, made of jobs that are served until they are withdrawn.

A job of the field stays OPEN until its criteria, a suspension or its removal end it. Each submit makes another goal of
the same job; a node works on the parts of all goals that name it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from dragoman.core.job import Job
from dragoman.core.measurements import Measurement
from dragoman.core.things import Account, App, Verb

RULES = "rules"
"""The key of a node's share of a goal under which its science rules stand, word for word."""

ACCESS: Mapping[str, Verb] = {"develop": Verb.CHANGE, "files": Verb.READ, "schedule": Verb.SCHEDULE}
"""What somebody may be allowed on a node, in the order of their names, and the verb of its grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A system in the field that dials in. Times are microseconds since 1970, UTC."""

    id: int
    vsn: str
    """Its short name, such as W023, unique in any letter case."""
    name: str
    """The name of its hardware, sixteen hex digits."""
    manifest: Mapping[str, Any]
    """What it consists of: computes, sensors, tags, and where it is."""
    version: int
    """Rises whenever what the node is to do changes."""
    seen_at: int | None
    """When it last spoke with us."""
    created_at: int
    updated_at: int

    @property
    def tags(self) -> frozenset[str]:
        """What its manifest says to find it by."""
        return frozenset(map(str, self.manifest.get("tags") or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node, and who may do what on it: account names by the words of ACCESS."""

    node: Node
    allowed: Mapping[str, Sequence[str]]


class AppKey(NamedTuple):
    """Which version of which app of the repository."""

    namespace: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}:{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the runs of a goal, on all nodes together."""

    completed: int = 0
    failed: int = 0
    failed_at: int | None = None
    """When one failed last."""
    error: str = ""
    """And why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a submit made of a job. Times are microseconds since 1970, UTC."""

    id: int
    alias: str
    """A random UUID."""
    job_id: int
    job_alias: str
    name: str
    parts: Mapping[str, Mapping[str, Any]]
    """For each node, by VSN, its share, in the words of the door that made it."""
    lifetime: int | None
    """Microseconds after its first start after which its job is complete; None: it is served until it is withdrawn."""
    created_at: int
    started_at: int | None
    """When a node first said that it has it."""
    heard_at: int | None
    """When a node last said so."""
    withdrawn_at: int | None
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDraft:
    """A job of the field as a door has read it."""

    door: str
    name: str
    letter: str
    """The foreign request, word for word."""
    notes: Mapping[str, Any]
    vsns: Sequence[str] = ()
    """The nodes it names."""
    tags: Sequence[str] = ()
    """It also means every node that has all of these."""
    apps: Sequence[AppKey] = ()
    """What its workloads run."""
    starts: Sequence[str] = ()
    """The stored jobs that its rules start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldJob:
    """A job of the field as its door shows it."""

    job: Job
    owner: Account
    goal: Goal | None
    """The one that its last submit made; None after a change of the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is known of the field when a job is to be submitted."""

    nodes: Mapping[str, Node]
    """Those that the job names or finds by tags, as far as they exist, by VSN."""
    tagged: Sequence[str]
    """The VSNs of those found by tags."""
    schedulable: frozenset[str]
    """The VSNs on which the one who asks may schedule."""
    apps: Mapping[AppKey, App]
    """What exists of what the job's workloads run."""
    stored: Mapping[str, str] = field(default_factory=dict)
    """Of the jobs that its rules start, those that its owner has: why events may not start them; empty: they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalDraft:
    """A goal that a door has made of a job and the field."""

    name: str
    parts: Mapping[str, Mapping[str, Any]]
    lifetime: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a door makes of a job that is to be submitted: a goal, or complaints."""

    goal: GoalDraft
    complaints: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """How a door makes goals of jobs; both are pure."""

    reread: Callable[[Job], FieldDraft]
    """What it reads in a stored job."""
    plan: Callable[[FieldDraft, Field, Account], Plan]
    """What comes of it when an account asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of asking for a submit."""

    job: Job | None
    """None: nothing was stored."""
    complaints: Sequence[str]
    """Empty: the job is submitted, or would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a node tells about one of its goals."""

    goal: str
    """Its alias."""
    kind: "News"
    at: int
    """By the clock of the node."""
    error: str = ""
    rule: str = ""
    """The ``submit`` rule that holds, word for word."""
    event: Measurement | None = None
    """What tells that it does."""


class News(StrEnum):
    """What there is to tell about a goal."""

    RECEIVED = "received"
    """The node has it."""
    COMPLETED = "completed"
    """A run has ended well."""
    FAILED = "failed"
    """A run has not."""
    ASKED = "asked"
    """A rule asks for a stored job to be started."""
