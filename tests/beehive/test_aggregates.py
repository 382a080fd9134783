"""One value for many points, for a whole span or for each of its windows."""

import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.instants import read_duration
from dragoman.core.measurements import SECOND, Point, Series
from dragoman.dialects.beehive.aggregates import MOST_WINDOWS, WINDOW_FUNCTIONS, Sums, aggregation
from dragoman.dialects.beehive.errors import Refused

A, B = (Series(id=number, name=name, meta={}) for number, name in enumerate("ab"))
START, END = 30 * SECOND, 150 * SECOND
POINTS: list[Point] = [(at * SECOND, value) for at, value in ((30, 4), (59, 2), (60, 1.5), (149, 7))]


def rows(function: str | None, window: str | None, *bunches: Any) -> list[tuple[str, int, Any]]:
    making = aggregation(function, read_duration(window) if window else None, START, END)
    made = [*(part for bunch in bunches for part in making.take(bunch)), *making.end()]
    return [(series.name, at // SECOND, value) for series, some in made for at, value in some]


@pytest.mark.parametrize(
    ("function", "value"), [("mean", 3.625), ("min", 1.5), ("max", 7), ("sum", 14.5), ("count", 4)]
)
def test_a_whole_span_has_one_row_at_its_start_for_each_series(function: str, value: float) -> None:
    whole = rows(function, None, [(A, POINTS)], [(B, POINTS[:1])])
    assert [("a", 30, value), ("b", 30, 1 if function == "count" else 4)] == whole
    assert whole == rows(function, None, [(A, POINTS[:1])], [(A, POINTS[1:]), (B, POINTS[:1])])


@pytest.mark.parametrize(
    ("function", "values"),
    [
        ("mean", [3, 1.5, 7]),
        ("min", [2, 1.5, 7]),
        ("max", [4, 1.5, 7]),
        ("sum", [6, 1.5, 7]),
        ("count", [2, 1, 1]),
        ("first", [4, 1.5, 7]),
        ("last", [2, 1.5, 7]),
        ("spread", [2, 0, 0]),
        ("stddev", [pytest.approx(2**0.5), None, None]),
    ],
)
def test_a_window_has_its_row_at_its_end(function: str, values: list[Any]) -> None:
    expected = [("a", at, value) for at, value in zip((60, 120, 150), values, strict=True)]
    assert expected == rows(function, "1m", [(A, POINTS)])
    assert expected == rows(function, "1m", *([(A, [point])] for point in POINTS))


def test_windows_without_points_are_told_too() -> None:
    assert [("a", 60, None), ("a", 90, None), ("a", 120, 1.0), ("a", 150, None)] == rows(
        "mean", "30s", [(A, [(100 * SECOND, 1)])]
    )
    assert [0, 0, 1, 0] == [row[2] for row in rows("count", "30s", [(A, [(100 * SECOND, 1)])])]


def test_series_without_points_have_no_windows() -> None:
    assert [] == rows("mean", "30s") == rows("mean", None)


def test_texts_are_counted_and_nothing_else() -> None:
    words: list[Point] = [(40 * SECOND, "x"), (41 * SECOND, "y")]
    assert [("a", 30, 2)] == rows("count", None, [(A, words)])
    for function in ("mean", "min", "max", "sum"):
        assert [] == rows(function, None, [(A, words)])
    assert ["x", "y"] == [rows(name, "2m", [(A, words)])[0][2] for name in ("first", "last")]


def test_too_many_windows_are_refused() -> None:
    with pytest.raises(Refused, match=f"more than {MOST_WINDOWS} windows"):
        aggregation("mean", read_duration("1us"), START, END)


def test_without_a_function_everything_stays_as_it_is() -> None:
    assert [("a", at // SECOND, value) for at, value in POINTS] == rows(None, None, [(A, POINTS)])


@given(st.lists(st.integers(-1000, 1000), min_size=2))
def test_they_agree_with_the_standard_library(values: list[int]) -> None:
    sums = Sums()
    sums.add(values)
    assert statistics.fmean(values) == pytest.approx(WINDOW_FUNCTIONS["mean"](sums))
    assert statistics.stdev(values) == pytest.approx(WINDOW_FUNCTIONS["stddev"](sums), abs=1e-9)
    assert (min(values), max(values), sum(values)) == (sums.least, sums.greatest, sums.total)


def test_many_rows_come_of_one_series_at_a_time() -> None:
    """However many series a bunch has, the rows of one are in memory; plain points are taken together."""
    bunch = [(A, POINTS), (B, POINTS)]
    for function, window, expected in (("mean", "1m", 2), ("mean", None, 2), (None, None, 1)):
        making = aggregation(function, read_duration(window) if window else None, START, END)
        assert expected == len(making.parts(bunch))
