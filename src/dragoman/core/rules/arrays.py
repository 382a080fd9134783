"""The values of a measurement as an array: compared and reckoned with element by element, as numpy does it. Pure."""

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.rules.fault import RuleFault

Number = int | float
MOST_BITS = 256
"""Of a whole number."""
MOST_EXPONENT = 64
AMBIGUOUS = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
EMPTY = "The truth value of an empty array is ambiguous."


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """Values in the order of time."""

    items: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __str__(self) -> str:
        are_truths = all(isinstance(item, bool) for item in self.items)
        return f"[{' '.join(f'{item!s:>5}' if are_truths else str(item) for item in self.items)}]"


def array(values: Sequence[Any]) -> Array:
    """An array of these; whole numbers among fractions become fractions."""
    if any(isinstance(value, float) for value in values) and not any(isinstance(value, str) for value in values):
        return Array(tuple(float(value) for value in values))
    return Array(tuple(values))


def truth(value: Any) -> bool:
    """Whether a value counts as true. Raises RuleFault for an array of more values than one, or of none."""
    if isinstance(value, Array):
        if len(value) != 1:
            raise RuleFault(AMBIGUOUS if len(value) else EMPTY)
        return bool(value.items[0])
    return bool(value)


def apply(fn: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """``fn`` of two values, element by element where one is an array. Raises RuleFault where sizes do not fit."""
    if not isinstance(left, Array) and not isinstance(right, Array):
        return fn(left, right)
    ones, others = _items(left), _items(right)
    if len(ones) != len(others):
        if 1 not in {len(ones), len(others)}:
            raise RuleFault(f"operands could not be broadcast together with shapes ({len(ones)},) ({len(others)},)")
        ones, others = _stretched(ones, len(others)), _stretched(others, len(ones))
    return Array(tuple(fn(one, other) for one, other in zip(ones, others, strict=True)))


def _items(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Array):
        return value.items
    return tuple(value) if isinstance(value, list) else (value,)


def _stretched(items: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    return items * length if len(items) == 1 else items


def _order(fn: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(one: Any, other: Any) -> bool:
        try:
            return bool(fn(one, other))
        except TypeError as error:
            raise RuleFault(f"{_kind(one)} and {_kind(other)} have no order: compare numbers with numbers") from error

    return compare


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": _order(operator.lt),
    "LtE": _order(operator.le),
    "Gt": _order(operator.gt),
    "GtE": _order(operator.ge),
}
"""By the name of the operator in Python's syntax tree."""


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "a number" if isinstance(value, int | float) else "a list"


def _numbers(fn: Callable[[Number, Number], Any]) -> Callable[[Any, Any], Any]:
    def reckon(one: Any, other: Any) -> Any:
        for value in (one, other):
            if not isinstance(value, int | float):
                raise RuleFault(f"arithmetic is for numbers only, not for {_kind(value)}")
        try:
            return bounded(fn(one, other))
        except ZeroDivisionError as error:
            raise RuleFault("division by zero") from error
        except OverflowError as error:
            raise RuleFault("the result is too large") from error

    return reckon


def bounded(value: Any) -> Any:
    """The number, unless it is larger than anybody means, or none at all. Raises RuleFault."""
    if isinstance(value, complex) or (isinstance(value, int) and value.bit_length() > MOST_BITS):
        raise RuleFault("the result is too large" if isinstance(value, int) else "the result is no real number")
    return value


def _power(one: Number, other: Number) -> Any:
    if abs(other) > MOST_EXPONENT:
        raise RuleFault(f"an exponent may be at most {MOST_EXPONENT}")
    return one**other


def _truths(fn: Callable[[bool, bool], bool]) -> Callable[[Any, Any], bool]:
    def both(one: Any, other: Any) -> bool:
        if not isinstance(one, bool) or not isinstance(other, bool):
            raise RuleFault("& and | are for comparisons: put each into brackets")
        return fn(one, other)

    return both


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "Add": _numbers(operator.add),
    "Sub": _numbers(operator.sub),
    "Mult": _numbers(operator.mul),
    "Div": _numbers(operator.truediv),
    "FloorDiv": _numbers(operator.floordiv),
    "Mod": _numbers(operator.mod),
    "Pow": _numbers(_power),
    "BitAnd": _truths(operator.and_),
    "BitOr": _truths(operator.or_),
}
"""By the name of the operator in Python's syntax tree."""


def negative(value: Any) -> Any:
    """The number, or each of an array, with the other sign."""
    return apply(ARITHMETIC["Sub"], 0, value)


def mean(values: Sequence[Any]) -> float:
    """The mean of numbers. Raises RuleFault for none, and for anything else."""
    if not values:
        raise RuleFault("there is no mean of nothing")
    return float(total(values)) / len(values)


def total(values: Sequence[Any]) -> Any:
    """The sum of numbers."""
    found: Any = 0
    for value in values:
        found = ARITHMETIC["Add"](found, value)
    return found


def deviation(values: Sequence[Any]) -> float:
    """The standard deviation of numbers, of all there are."""
    middle = mean(values)
    # Not ** 2: that raises where a product is infinite.
    return math.sqrt(mean([(value - middle) * (value - middle) for value in values]))
