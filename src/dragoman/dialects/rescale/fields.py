"""Reads JSON that knows where it stands: each complaint is noted under its field's path, in the words clients know.

Not about jobs; nothing here is raised, so that all complaints about a request are told at once.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dragoman.core.errors import Faults, Path

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
NO_TEXT = "Not a valid string."
NO_NUMBER = "A valid integer is required."
NO_FLAG = "Must be a valid boolean."
EMPTY_LIST = "This list may not be empty."

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,18})(?:\.0*)?\s*")
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_SNAKE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")
_FREE = frozenset({"envVars", "flags", "customFields", "environmentVariables", "userDefinedLicenseSettings"})
"""Maps whose keys are people's own words and stay as they are."""
_DEEPEST = 64


def camel(value: Any, depth: int = 0) -> Any:
    """The same JSON with snake_case keys as camelCase; where both are there, the camelCase one counts.

    Raises ValueError when it is nested too deeply to be meant seriously.
    """
    if depth > _DEEPEST:
        raise ValueError(f"JSON may be nested {_DEEPEST} levels deep here.")
    if isinstance(value, list):
        return [camel(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    named = {key: _SNAKE.sub(lambda match: match[1].upper(), key) if "_" in key else key for key in value}
    return {
        new: value[key] if new in _FREE else camel(value[key], depth + 1)
        for key, new in named.items()
        if new == key or new not in value
    }


def text_fault(value: str) -> str | None:
    """Why a text cannot be kept, or None."""
    if "\0" in value:
        return "Null characters are not allowed."
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return f"Surrogate characters are not allowed: U+{ord(value[error.start]):X}."
    return None


class Fields:
    """A JSON object in a request. Its readers answer with the value, or note a complaint and answer with a stand-in."""

    def __init__(self, value: Any, path: Path = (), faults: Faults | None = None) -> None:
        self.path = path
        self.faults = Faults() if faults is None else faults
        self._value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        self.is_object = isinstance(value, dict)
        if not self.is_object:
            self.fault("", f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")

    def fault(self, key: str, why: str) -> None:
        """Note a complaint about a key; with an empty one, about the object itself."""
        self.faults.add((*self.path, key) if key else self.path, why)

    def is_fine(self, key: str) -> bool:
        """Whether nothing was found wrong with a key so far."""
        return (*self.path, key) not in self.faults

    def get(self, key: str, default: Any = None) -> Any:
        """The value as it is."""
        return self._value.get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def _given(self, key: str, *, required: bool) -> Any:
        value = self._value.get(key)
        if value is None and required and self.is_object:
            self.fault(key, NULL if key in self._value else REQUIRED)
        return value

    def text(self, key: str, *, required: bool = False, trim: bool = True, most: int = 100_000) -> str:
        """Text (numbers count as text) of at most so many bytes; a required one may not be blank."""
        value = self._given(key, required=required)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.fault(key, NO_TEXT)
            return ""
        text = str(value)
        if why := text_fault(text):
            self.fault(key, why)
            return ""
        if required and not text.strip():
            self.fault(key, BLANK)
        if len(text) * 4 > most and len(text.encode()) > most:
            self.fault(key, f"Ensure this field has no more than {most} bytes.")
        return text.strip() if trim else text

    def integer(self, key: str, *, most: int, required: bool = False) -> int | None:
        """A whole number from 1 to ``most``, also as text; None when it is absent, null or wrong."""
        value = self._given(key, required=required)
        if value is None:
            return None
        match = _WHOLE.fullmatch(str(value)) if not isinstance(value, bool) else None
        if match is None or not isinstance(value, (int, float, str)):
            self.fault(key, NO_NUMBER)
            return None
        number = int(match[1])
        if number < 1:
            self.fault(key, "Ensure this value is greater than or equal to 1.")
        elif number > most:
            self.fault(key, f"Ensure this value is less than or equal to {most}.")
        return number if 1 <= number <= most else None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A yes or no; null counts as absent."""
        value = self._value.get(key)
        if value is None:
            return default
        read = value if isinstance(value, bool) else _FLAGS.get(str(value).lower())
        if read is None:
            self.fault(key, NO_FLAG)
        return bool(read)

    def child(self, key: str, *, required: bool = False) -> "Fields | None":
        """The object below a key."""
        value = self._given(key, required=required)
        return None if value is None else Fields(value, (*self.path, key), self.faults)

    def count(self, key: str) -> int:
        """How many items the list below a key has; 0 when it is none."""
        value = self._value.get(key)
        return len(value) if isinstance(value, list) else 0

    def children(self, key: str, *, most: int, required: bool = False) -> "Iterator[Fields]":
        """The objects in the list below a key: at most so many, or none is looked at; a required list has one."""
        value = self._given(key, required=required)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(key, f'Expected a list of items but got type "{type(value).__name__}".')
        elif required and not value:
            self.fault(key, EMPTY_LIST)
        elif len(value) > most:
            self.fault(key, f"Ensure this field has no more than {most} elements.")
        else:
            for place, item in enumerate(value):
                yield Fields(item, (*self.path, key, place), self.faults)
