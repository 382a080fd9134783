"""The rate of a counter, and the forms of spans and success criteria."""

import pytest

from dragoman.core.rules import Point, lifetime
from dragoman.core.rules.rates import rates
from dragoman.core.rules.spans import read_span

SECOND = 1_000_000
DAY = 86_400 * SECOND


def test_a_rate_is_the_rise_per_unit_in_each_window() -> None:
    """A counter that was set back is not taken for one that fell."""
    values = (0.0, 2.0, 4.0, 1.0, 5.0)
    points = [Point(place * 10 * SECOND, value) for place, value in enumerate(values)]
    assert [0.2, 0.2, 0.4] == rates(points, window=10 * SECOND, unit=SECOND)
    assert [pytest.approx(16.0)] == rates(points, window=60 * SECOND, unit=60 * SECOND)
    assert [] == rates(points[:1], window=SECOND, unit=SECOND)


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ("WallClock(1d)", DAY),
        ("WallClock('1day')", DAY),
        ('walltime("2 days")', 2 * DAY),
        ("Walltime(1day)", DAY),
        ("WallClock('90min')", 90 * 60 * SECOND),
        ("WallClock('1month')", 30 * DAY),
        ("WallClock(1w)", 7 * DAY),
        ("WallClock(1h30m)", 5400 * SECOND),
        ("WallClock(20s)", 20 * SECOND),
        ("WallClock(soon)", None),
        ("WallClock(0s)", None),
        ("enough pictures", None),
        ("WallClock(999999999y)", None),
    ],
)
def test_a_criterion_says_how_long_a_job_is_served(criterion: str, expected: int | None) -> None:
    """Every spelling in use; what is not understood limits nothing."""
    assert expected == lifetime([criterion])


def test_the_shortest_criterion_counts() -> None:
    """And the others do not."""
    assert DAY == lifetime(["WallClock(1w)", "nonsense", "WallClock(1d)"])
    assert None is lifetime([])


@pytest.mark.parametrize("text", ["", "1", "m", "-", "1x", "5m5", "1" * 5000 + "m", "٣m"])
def test_what_is_no_span_is_none(text: str) -> None:
    """Nothing is guessed."""
    assert None is read_span(text)
