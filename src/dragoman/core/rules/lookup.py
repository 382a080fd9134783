"""What a rule may know of the world: the port that whoever evaluates it stands behind."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Scalar = float | int | str | bool


class Point(NamedTuple):
    """One value of a measurement, with its time in microseconds since 1970, UTC."""

    at: int
    value: Scalar


class Lookup(Protocol):
    """One moment at one place, for one rule. Times are microseconds since 1970, UTC."""

    @property
    def now(self) -> int:
        """The moment."""
        ...

    @property
    def served(self) -> int | None:
        """The last tick of a schedule for which this rule has fired; None: none so far."""
        ...

    def points(self, name: str, since: int, meta: Mapping[str, str]) -> Sequence[Point]:
        """The values of a measurement from ``since`` until now, oldest first, of the series that have this meta."""
        ...

    def last_success(self, program: str) -> int | None:
        """When a run of a program last ended well; None: never."""
        ...
