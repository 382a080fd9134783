"""Asks about any number of things, a part at a time: one statement takes only so many values."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

MOST = 1_000


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in order, in lists of at most MOST."""
    rest = iter(values)
    while some := list(islice(rest, MOST)):
        yield some
