"""What doors tell each other of a system, so that one registered at one of them is known at all. Pure.

A door keeps its own words of a system in its facet. Here is what all of them have words for, beside the columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dragoman.core.things import System

Facet = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A line of a batch scheduler. None: no limit."""

    name: str
    real_name: str
    """What the scheduler itself calls it."""
    description: str = ""
    runs: int | None = None
    per_owner: int | None = None
    nodes: int | None = None
    cores: int | None = None
    """For each node."""
    megabytes: int | None = None
    """For each node."""
    minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A system in words that every door can make its own."""

    executes: bool
    directory: str = ""
    """Where runs work, below the root; empty when there is no such place, or only its own door can say it."""
    method: str = ""
    """How people log in: ``password``, ``key``, ``access``, or empty where nobody needs to."""
    login: str = ""
    """The name under which everybody does; empty: each under their own."""
    batch: bool = False
    """Runs go through the batch scheduler of the system."""
    queues: tuple[Queue, ...] = ()
    queue: str = ""
    """The one that is taken where none is named."""
    variables: Mapping[str, str] | None = None
    """The environment of every run."""
    per_owner: int | None = None
    """How many runs one account may have at once; None: no limit."""
    bucket: str = ""

    @property
    def budgets(self) -> dict[str, Any] | None:
        """How many runs at once an owner, and each queue, may have; None where there is no limit."""
        of_queues = {
            queue.name: limits
            for queue in self.queues
            if (limits := _finite(runs=queue.runs, per_owner=queue.per_owner))
        }
        found: dict[str, Any] = {**_finite(per_owner=self.per_owner), **({"queues": of_queues} if of_queues else {})}
        return found or None


def _finite(**limits: int | None) -> dict[str, int]:
    return {name: limit for name, limit in limits.items() if limit is not None}


class Teller(Protocol):
    """A door that knows systems."""

    def tell(self, system: System) -> Telling:
        """What its facet says of a system."""
        ...

    def retell(self, told: Telling, system: System, before: Facet) -> Facet:
        """A facet that says what another door has told; what only this door has words for stays as it was."""
        ...


def retold(tellers: Mapping[str, Teller], door: str, system: System) -> dict[str, Any]:
    """All facets of a system, those of other doors made anew from what this one says of it."""
    if door not in tellers:
        return dict(system.facets)
    told = tellers[door].tell(system)
    others = {
        name: dict(teller.retell(told, system, system.facets.get(name, {})))
        for name, teller in tellers.items()
        if name != door
    }
    return {**system.facets, **others}
