"""Arrays behave as numpy's: the same answers, and failures where numpy fails."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.rules import Point, RuleFault, compile_condition

VALUES = st.lists(st.floats(min_value=-1e6, max_value=1e6, width=32), min_size=1, max_size=8)
NUMBER = st.floats(min_value=-1e6, max_value=1e6, width=32)
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Two:
    """Two measurements, ``a`` and ``b``."""

    now, served = 0, None

    def __init__(self, a: Sequence[float], b: Sequence[float]) -> None:
        self._by_name = {"a": a, "b": b}

    def points(self, name: str, *_: object) -> list[Point]:
        return [Point(0, value) for value in self._by_name[name]]

    def last_success(self, _: str) -> None:
        return None


def _ours(text: str, a: Sequence[float], b: Sequence[float] = ()) -> bool | None:
    try:
        return compile_condition(text).evaluate(Two(a, b)).holds
    except RuleFault:
        return None


def _theirs(fn: Callable[[], Any]) -> bool | None:
    try:
        return bool(fn())
    except ValueError:
        return None


@given(a=VALUES, limit=NUMBER, sign=st.sampled_from(sorted(COMPARISONS)), fold=st.sampled_from(("any", "all")))
def test_comparisons_with_a_number(a: list[float], limit: float, sign: str, fold: str) -> None:
    """Each value is compared."""
    expected = _theirs(lambda: getattr(np, fold)(COMPARISONS[sign](np.array(a), limit)))
    assert expected is _ours(f"{fold}(v('a') {sign} {limit!r})", a)


@given(a=VALUES, b=VALUES, sign=st.sampled_from(sorted(COMPARISONS)), step=st.sampled_from(sorted(ARITHMETIC)))
def test_arithmetic_and_comparisons_of_two_arrays(a: list[float], b: list[float], sign: str, step: str) -> None:
    """Element by element; an array of one value is stretched, other sizes do not fit."""
    one, other = np.array(a), np.array(b)
    expected = _theirs(lambda: np.all(COMPARISONS[sign](ARITHMETIC[step](one, other), other)))
    assert expected is _ours(f"all(v('a') {step} v('b') {sign} v('b'))", a, b)


@given(a=VALUES, limit=NUMBER, sign=st.sampled_from(sorted(COMPARISONS)))
def test_the_truth_of_an_array(a: list[float], limit: float, sign: str) -> None:
    """Only that of one value is known."""
    expected = _theirs(lambda: not COMPARISONS[sign](np.array(a), limit))
    assert expected is _ours(f"not v('a') {sign} {limit!r}", a)


@given(a=VALUES)
def test_folds(a: list[float]) -> None:
    """Mean, sum, extremes and deviation."""
    whole = np.array(a)
    for text, expected in {
        "avg(v('a'))": np.average(whole),
        "v('a').mean()": whole.mean(),
        "v('a').sum()": whole.sum(),
        "v('a').std()": whole.std(),
        "max(v('a'))": whole.max(),
        "v('a').min()": whole.min(),
        "v('a')[-1]": whole[-1],
        "len(v('a')[1:])": len(whole[1:]),
    }.items():
        near = max(abs(float(expected)), *map(abs, a), 1) * 1e-6
        assert _ours(f"abs({text} - ({float(expected)!r})) <= {near!r}", a), text


@pytest.mark.parametrize("text", ["any((v('a') > 1) & (v('a') < 3))", "all((v('a') > 1) | (v('a') < 3))"])
def test_comparisons_are_joined_element_by_element(text: str) -> None:
    """As people who know numpy write it."""
    assert _ours(text, [1.0, 2.0, 3.0])
