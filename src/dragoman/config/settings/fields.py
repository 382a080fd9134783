"""How the default of a setting is written, together with what else it may be."""

from dataclasses import field
from typing import TypeVar

T = TypeVar("T")

MIB = 1 << 20
GIB = 1 << 30


def within(low: float, default: T, high: float | None = None) -> T:
    """A number from ``low`` to ``high``, or a text that has so many characters."""
    made: T = field(default=default, metadata={"low": low, "high": high})
    return made


def listed(items: str) -> tuple[str, ...]:
    """A list, of which a key of values.ITEMS says what it may hold; empty when nothing is said."""
    made: tuple[str, ...] = field(default=(), metadata={"items": items})
    return made


def secret(default: T) -> T:
    """A value that is never shown, and that may be kept in a file of its own."""
    made: T = field(default=default, metadata={"secret": True})
    return made
