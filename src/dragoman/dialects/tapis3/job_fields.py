"""Checks the fields of a job request: closed objects of texts, numbers and flags; all complaints come at once. Pure.

A null counts as absent everywhere.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.errors import Invalid, Path

Json = dict[str, Any]
Check = Callable[[Any], str]
"""Tells what is wrong with a value; empty when nothing is."""

NO_TEXT = "This must be text."
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Faults:
    """What is wrong with a request, collected until all of it is known."""

    def __init__(self) -> None:
        self._found: dict[Path, list[str]] = {}

    def add(self, path: Path, why: str) -> None:
        """Note a complaint."""
        self._found.setdefault(path, []).append(why)

    def add_all(self, problem: Invalid) -> None:
        """Note all complaints of another check."""
        for path, messages in problem.fields.items():
            for why in messages:
                self.add(path, why)

    def __bool__(self) -> bool:
        return bool(self._found)

    def tell(self) -> None:
        """Raise Invalid with all complaints, if there is one."""
        if self._found:
            raise Invalid(self._found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an object may hold."""

    fields: "Mapping[str, Check | Shape | Each]"
    required: tuple[str, ...] = ()
    tolerated: frozenset[str] = frozenset()
    """Keys of older clients that mean nothing here."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Other spellings of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """A list of objects."""

    shape: Shape
    least: int = 0


def read_shape(value: Any, shape: Shape, path: Path, faults: Faults) -> Json:
    """The fields that are there, nulls left out; what is wrong is noted."""
    if not isinstance(value, dict):
        faults.add(path, "This must be a JSON object.")
        return {}
    read: Json = {}
    for given, item in value.items():
        key = shape.renamed.get(given, given)
        if key not in shape.fields:
            if key not in shape.tolerated:
                faults.add((*path, key), "There is no such field.")
        elif item is not None:
            read[key] = _read_field(item, shape.fields[key], (*path, key), faults)
    for key in shape.required:
        if key not in read:
            faults.add((*path, key), "This field is required.")
    return read


def _read_field(value: Any, kind: Check | Shape | Each, path: Path, faults: Faults) -> Any:
    if isinstance(kind, Shape):
        return read_shape(value, kind, path, faults)
    if isinstance(kind, Each):
        return _read_list(value, kind, path, faults)
    if why := kind(value):
        faults.add(path, why)
    return value


def _read_list(value: Any, kind: Each, path: Path, faults: Faults) -> list[Json]:
    if not isinstance(value, list):
        faults.add(path, "This must be a list.")
        return []
    if len(value) < kind.least:
        faults.add(path, f"There must be at least {kind.least}.")
    return [read_shape(item, kind.shape, (*path, place), faults) for place, item in enumerate(value)]


def text(least: int = 0, most: int = 65_536, *, lines: bool = True, form: re.Pattern[str] | None = None) -> Check:
    """Text of so many characters, perhaps of one line only, perhaps of one form."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            return NO_TEXT
        if not least <= len(value) <= most:
            return f"This must have {least} to {most} characters." if least else f"At most {most} characters, please."
        if not lines and CONTROL.search(value):
            return "Line breaks and other control characters are not allowed."
        if form and not form.fullmatch(value):
            return f"This must look like {form.pattern}."
        return ""

    return check


def line(least: int = 0, most: int = 65_536) -> Check:
    """Text of one line."""
    return text(least, most, lines=False)


def whole(value: Any) -> str:
    """A whole number that fits 32 bits."""
    is_whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31
    return "" if is_whole else "This must be a whole number below 2147483648."


def flag(value: Any) -> str:
    """A yes or no."""
    return "" if isinstance(value, bool) else "This must be true or false."


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: "" if value in words else f"Choose one of {', '.join(words)}."


def texts(each: Check, *, unique: bool = False) -> Check:
    """A list of texts."""

    def check(value: Any) -> str:
        if not isinstance(value, list):
            return "This must be a list."
        if why := next(filter(None, map(each, value)), ""):
            return f"Each entry: {why}"
        return "No entry may be there twice." if unique and len(set(value)) < len(value) else ""

    return check


def free(value: Any, most: int = 65_536) -> str:
    """An object that is nobody's business but its owner's."""
    if not isinstance(value, dict):
        return "This must be a JSON object."
    return "" if len(json.dumps(value)) <= most else f"This may have {most} bytes."
