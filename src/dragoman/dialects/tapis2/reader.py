"""Reads the fields of an object forgivingly: a null counts as absent, text may stand for numbers and flags. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from dragoman.core.errors import Faults, Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_YES, _NO = frozenset({"true", "1", "on", "yes"}), frozenset({"false", "0", "off", "no"})
LINE = 255


class Reader:
    """An object that knows where in the request it stands, and notes what is wrong with it. Other keys are ignored."""

    def __init__(self, given: Any, faults: Faults, *path: str | int) -> None:
        self.faults, self.path = faults, path
        self.given: Mapping[str, Any] = given if isinstance(given, dict) else {}
        if not isinstance(given, dict):
            self.complain("This must be a JSON object.")

    def complain(self, why: str, *path: str | int) -> None:
        """Note a fault of the object, or of something in it."""
        where: Path = (*self.path, *path)
        self.faults.add(where, why)

    def has(self, name: str) -> bool:
        """Whether a field is there."""
        return self.given.get(name) is not None

    def text(
        self, name: str, default: str = "", *, most: int = LINE, required: bool = False, lines: bool = False
    ) -> str:
        """Text; numbers are taken as they are written."""
        value = self.given.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                self.complain("This field is required.", name)
            return default
        if not isinstance(value, str):
            self.complain("This must be text.", name)
        elif len(value) > most:
            self.complain(f"This may have {most} characters.", name)
        elif not lines and _CONTROL.search(value):
            self.complain("Line breaks and other control characters are not allowed.", name)
        else:
            return value
        return default

    def word(self, name: str, words: Collection[str], default: str = "", *, required: bool = False) -> str:
        """One of some words, in any letter case."""
        value = self.text(name, default, required=required).upper()
        if value and value not in words:
            self.complain(f"{value} is not one of {', '.join(words)}.", name)
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no."""
        value = self.given.get(name)
        if value is None or value == "":
            return default
        told = str(value).lower()
        if told not in _YES | _NO:
            self.complain("This must be true or false.", name)
            return default
        return told in _YES

    def number(self, name: str, default: int | None = None, *, least: int = 0) -> int | None:
        """A whole number; one below zero counts as absent where nothing below zero makes sense."""
        value = self.given.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(str(value)) if not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or abs(number) >= 1 << 31:
            self.complain("This must be a whole number.", name)
            return default
        if number < 0:
            return default
        if number < least:
            self.complain(f"This must be {least} or more.", name)
            return default
        return number

    def below(self, name: str) -> "Reader | None":
        """An object in this one."""
        value = self.given.get(name)
        return None if value is None else Reader(value, self.faults, *self.path, name)

    def each(self, name: str) -> "list[Reader]":
        """The objects of a list."""
        value = self.given.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list):
            self.complain("This must be a list.", name)
            return []
        return [Reader(one, self.faults, *self.path, name, place) for place, one in enumerate(value)]

    def texts(self, name: str) -> list[str]:
        """A list of texts; a single one counts as such a list."""
        value = self.given.get(name)
        if value is None or value == "":
            return []
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in found):
            self.complain("This must be a list of texts.", name)
            return []
        return found
