"""By how much a counter rises, window by window. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.lookup import Point


def rates(points: Sequence[Point], *, window: int, unit: int) -> list[float]:
    """The mean increase per ``unit`` in each ``window`` (both microseconds) in which it can be told, oldest first.

    A counter that falls was set back to nothing: that step is left out.
    """
    by_window: dict[int, list[float]] = {}
    for before, point in pairwise(points):
        rise = _number(point) - _number(before)
        if rise >= 0 and point.at > before.at:
            by_window.setdefault(point.at // window, []).append(rise * unit / (point.at - before.at))
    return [sum(some) / len(some) for _, some in sorted(by_window.items())]


def _number(point: Point) -> float:
    if isinstance(point.value, str):
        raise RuleFault("rate() is for numbers only")
    return float(point.value)
