"""The port of measurements on a Db port: what is known of series is remembered between batches."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Unavailable
from dragoman.core.measurements import Batch, Measurement, Point, Receipt, Series, Wanted
from dragoman.core.ports import Db
from dragoman.measurements.appending import Known, append, marks, put
from dragoman.measurements.forgetting import forget, forget_marks, left
from dragoman.measurements.reading import Place, find_series, read_points

T = TypeVar("T")

MOST_KNOWN = 200_000
"""Series that are remembered: some 30 MB."""


class KeptMeasurements:
    """Measurements in a database that was prepared (see ``tables.prepare``)."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._known: dict[bytes, tuple[int, int]] = {}

    async def append(self, batch: Batch) -> Receipt:
        """See core.ports.Measurements."""
        appended = await self._with_known(lambda conn, known: append(conn, batch, known))
        self._learn(appended.learned)
        return appended.receipt

    async def put(self, measurements: Sequence[Measurement]) -> None:
        """See core.ports.Measurements."""
        self._learn(await self._with_known(lambda conn, known: put(conn, measurements, known)))

    async def marks(self, node: str, outbox: str) -> Mapping[str, int]:
        """See core.ports.Measurements."""
        return await self._db.read(marks, node, outbox)

    async def series(self, wanted: Wanted) -> Sequence[Series]:
        """See core.ports.Measurements."""
        return await self._db.read(find_series, wanted)

    async def points(
        self, series: Sequence[Series], wanted: Wanted
    ) -> AsyncIterator[Sequence[tuple[Series, list[Point]]]]:
        """See core.ports.Measurements."""
        place = Place()
        while place.number < len(series):
            bunch, place = await self._db.read(read_points, series, wanted, place)
            if bunch:
                yield bunch

    async def forget(self, before: int, name: str | None = None) -> None:
        """See core.ports.Measurements."""
        after: int | None = 0
        try:
            while after is not None:
                after = await self._db.write(forget, before, after, name)
        except IntegrityError as error:
            raise Unavailable("Another process goes on with what was to be deleted.", hint="Try again.") from error
        finally:
            self._known = {}

    async def left(self, before: int, most: int) -> Sequence[tuple[str, str]]:
        """See core.ports.Measurements."""
        return await self._db.read(left, before, most)

    async def forget_marks(self, before: int, outboxes: Sequence[tuple[str, str]]) -> None:
        """See core.ports.Measurements."""
        await self._db.write(forget_marks, before, outboxes)

    async def _with_known(self, write: Callable[[Any, Known], T]) -> T:
        try:
            return await self._db.write(write, self._known)
        except IntegrityError:  # a series that was remembered has been forgotten meanwhile
            self._known = {}
            return await self._db.write(write, {})

    def _learn(self, learned: Known) -> None:
        if len(self._known) > MOST_KNOWN:
            self._known = {}
        self._known.update(learned)
