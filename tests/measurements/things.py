"""Measurements to work with."""

import time
from collections.abc import Mapping
from typing import Any

from dragoman.core.measurements import SECOND, Batch, Measurement, Value, Wanted
from dragoman.core.ports import Measurements

NOW = time.time_ns() // SECOND * SECOND
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def measured(number: int, value: Value = 1.5, name: str = "env.temperature", **meta: str) -> Measurement:
    """A measurement of ``number`` seconds ago."""
    return Measurement(NOW - number * SECOND, name, value, {"vsn": "W023", **meta})


def batch(*measurements: Measurement, first: int = 1, **other: Any) -> Batch:
    """A batch of these, numbered from ``first``."""
    numbered = list(enumerate(measurements, first))
    known = {"node": "W023", "outbox": "one", "stream": "measurements", "highest": first + len(numbered) - 1}
    return Batch(**{**known, "taken_at": NOW, **other}, measurements=numbered)


def span(*, back: int = DAY, **other: Any) -> Wanted:
    """Everything of so long back, until now."""
    return Wanted(start=NOW - back, end=NOW + 1, **other)


Row = tuple[str, Mapping[str, str], int, Value]


async def rows(kept: Measurements, wanted: Wanted) -> list[Row]:
    """What is wanted, one row for each point, as it comes."""
    found = await kept.series(wanted)
    bunches = [bunch async for bunch in kept.points(found, wanted)]
    return [(one.name, one.meta, at, value) for bunch in bunches for one, points in bunch for at, value in points]


async def values(kept: Measurements, wanted: Wanted) -> list[Value]:
    """Only what was measured."""
    return [row[3] for row in await rows(kept, wanted)]
