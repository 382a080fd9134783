"""What keeps measurements."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from dragoman.core.measurements import Batch, Measurement, Point, Receipt, Series, Wanted


class Measurements(Protocol):
    """Keeps measurements, by series and in the order of their times."""

    async def append(self, batch: Batch) -> Receipt:
        """Keep those measurements of a batch whose numbers are above all that its outbox has handed over before.

        Then they are on disk. Of two with the same name, meta and time the later one stays. Raises Unavailable.
        """
        ...

    async def put(self, measurements: Sequence[Measurement]) -> None:
        """Keep measurements that nobody numbered. Doing it again changes nothing. Raises Unavailable."""
        ...

    async def marks(self, node: str, outbox: str) -> Mapping[str, int]:
        """The highest number that was taken of each stream of an outbox."""
        ...

    async def series(self, wanted: Wanted) -> Sequence[Series]:
        """The series that are meant and that may have something in the span, by name and age."""
        ...

    def points(self, series: Sequence[Series], wanted: Wanted) -> AsyncIterator[Sequence[tuple[Series, list[Point]]]]:
        """What is wanted of these series: one after another, each by time, in bunches that fit in memory.

        A series may go on in the next bunch. Nothing is held open between two bunches.
        """
        ...

    async def forget(self, before: int, name: str | None = None) -> None:
        """Delete what was measured before that time (nanoseconds), some at a time; of that name alone, if one is given.

        Raises Unavailable.
        """
        ...

    async def left(self, before: int, most: int) -> Sequence[tuple[str, str]]:
        """Some outboxes, each with its node, that were heard last before that time, and their node's next one later."""
        ...

    async def forget_marks(self, before: int, outboxes: Sequence[tuple[str, str]]) -> None:
        """Delete the marks of these outboxes of nodes that were not raised since. Raises Unavailable."""
        ...
