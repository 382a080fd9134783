"""Makes one value of many, for a whole span or for each window of it, while points stream past. Pure.

Texts have no mean, sum, least or greatest: only what is counted, first or last may be a text.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from dragoman.core.instants import Duration, windows
from dragoman.core.measurements import Point, Series, Value
from dragoman.dialects.beehive.errors import undoable

MOST_WINDOWS = 20_000
"""Enough for an hour each in two years. The rows of one series are in memory at once."""

Row = tuple[int, Value | None]
Bunch = Sequence[tuple[Series, Sequence[Row]]]
Points = Sequence[tuple[Series, Sequence[Point]]]


class Sums:
    """What the functions need to know of the values so far."""

    def __init__(self) -> None:
        self.count = self.numbers = 0
        self.total: int | float = 0
        self.least: int | float | None = None
        self.greatest: int | float | None = None
        self.first: Value | None = None
        self.last: Value | None = None
        self._mean = self._squares = 0.0

    def add(self, values: Iterable[Value]) -> None:
        """Take the next ones."""
        for value in values:
            self.first = value if self.count == 0 else self.first
            self.last = value
            self.count += 1
            if not isinstance(value, str):
                self._add_number(value)

    def _add_number(self, value: float) -> None:
        self.numbers += 1
        self.total += value
        self.least = value if self.least is None or value < self.least else self.least
        self.greatest = value if self.greatest is None or value > self.greatest else self.greatest
        away = value - self._mean
        self._mean += away / self.numbers
        self._squares += away * (value - self._mean)

    @property
    def mean(self) -> float | None:
        """The arithmetic mean of the numbers."""
        return self.total / self.numbers if self.numbers else None

    @property
    def deviation(self) -> float | None:
        """Their standard deviation, as that of a sample."""
        return math.sqrt(self._squares / (self.numbers - 1)) if self.numbers > 1 else None

    @property
    def spread(self) -> int | float | None:
        """From the least to the greatest."""
        return None if self.least is None or self.greatest is None else self.greatest - self.least


FUNCTIONS: Mapping[str, Callable[[Sums], Value | None]] = {
    "mean": lambda sums: sums.mean,
    "min": lambda sums: sums.least,
    "max": lambda sums: sums.greatest,
    "sum": lambda sums: sums.total if sums.numbers else None,
    "count": lambda sums: sums.count,
}
"""What may be asked for a whole span."""

WINDOW_FUNCTIONS: Mapping[str, Callable[[Sums], Value | None]] = {
    **FUNCTIONS,
    "first": lambda sums: sums.first,
    "last": lambda sums: sums.last,
    "stddev": lambda sums: sums.deviation,
    "spread": lambda sums: sums.spread,
}
"""And for each window."""


class _Many:
    @staticmethod
    def parts(bunch: Points) -> Sequence[Points]:
        """What is to be taken at once: one series, as many rows may come of it."""
        return [[part] for part in bunch]


class Whole(_Many):
    """One row for each series, at the start of the span; none where there is no value."""

    def __init__(self, function: str, start: int) -> None:
        self._result, self._start = FUNCTIONS[function], start
        self._series: Series | None = None
        self._sums = Sums()

    def take(self, bunch: Points) -> Bunch:
        """Take the next points; rows of the series that are over."""
        done: list[tuple[Series, Sequence[Row]]] = []
        for series, points in bunch:
            if series != self._series:
                done += self.end()
                self._series, self._sums = series, Sums()
            self._sums.add(value for _, value in points)
        return done

    def end(self) -> Bunch:
        """The rows that are left when there are no more points."""
        value = self._result(self._sums)
        return [(self._series, [(self._start, value)])] if self._series and value is not None else []


class Windowed(_Many):
    """One row for each window of each series that has points in the span, at the window's end; empty ones too."""

    def __init__(self, function: str, every: Duration, start: int, end: int) -> None:
        self._result = WINDOW_FUNCTIONS[function]
        self._spans = list(islice(windows(start, end, every), MOST_WINDOWS + 1))
        if len(self._spans) > MOST_WINDOWS:
            raise undoable(f"the span has more than {MOST_WINDOWS} windows: make them longer, or the span shorter")
        self._series: Series | None = None
        self._place, self._sums = 0, Sums()

    def take(self, bunch: Points) -> Bunch:
        """Take the next points; rows of the windows that are over."""
        done: list[tuple[Series, Sequence[Row]]] = []
        for series, points in bunch:
            if series != self._series:
                done += self.end()
                self._series, self._place, self._sums = series, 0, Sums()
            done.append((series, list(self._rows(points))))
        return done

    def end(self) -> Bunch:
        """The rows of the series that is over when there are no more points."""
        return [(self._series, list(self._until(len(self._spans))))] if self._series else []

    def _rows(self, points: Sequence[Point]) -> Iterator[Row]:
        for at, value in points:
            place = self._place
            while at >= self._spans[place][1]:
                place += 1
            yield from self._until(place)
            self._sums.add((value,))

    def _until(self, place: int) -> Iterator[Row]:
        """The rows of the windows before that one."""
        while self._place < place:
            yield self._spans[self._place][1], self._result(self._sums)
            self._place, self._sums = self._place + 1, Sums()


class Plain:
    """Everything as it is."""

    @staticmethod
    def parts(bunch: Points) -> Sequence[Points]:
        """What is to be taken at once: all of it, as no more comes out than goes in."""
        return [bunch]

    def take(self, bunch: Points) -> Bunch:
        """The same points."""
        return bunch

    def end(self) -> Bunch:
        """Nothing is left."""
        return []


def aggregation(function: str | None, window: Duration | None, start: int, end: int) -> Plain | Whole | Windowed:
    """What turns the points of a span into the rows of an answer. Raises Refused for too many windows."""
    if function is None:
        return Plain()
    return Whole(function, start) if window is None else Windowed(function, window, start, end)
