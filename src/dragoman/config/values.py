"""Checks one value of one setting, as it stands in a file or in the environment. Pure."""

import math
import os
import re
from collections.abc import Callable, Mapping

from dragoman.config.settings import Option

Value = str | int | float | tuple[str, ...]

_WORDS = {str: "text", int: "a whole number", float: "a number", tuple: "a list of "}


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def _is_pattern(text: str) -> bool:
    try:
        return bool(re.compile(text).pattern)
    except (re.error, OverflowError):
        return False


ITEMS: Mapping[str, tuple[str, str, Callable[[str], object]]] = {
    "paths": ("absolute paths", os.pathsep, os.path.isabs),
    "places": ("host names, addresses and networks", ",", re.compile(r"[^\s,]+").fullmatch),
    "ports": ("port numbers", ",", _is_port),
    "patterns": ("regular expressions", " ", _is_pattern),
}
"""What lists may hold: in words, what separates the items in an environment variable, and what one may be."""


def allowed(option: Option) -> str:
    """What the setting may be, in words: ``a whole number from 0 to 65535``."""
    if option.choices:
        return "one of " + ", ".join(option.choices)
    words = _WORDS[option.kind]
    if option.kind is tuple:
        return words + ITEMS[option.items][0]
    if option.kind is str and option.low:
        return "text that is not empty"
    if option.low is not None:
        words += f", at least {option.low}" if option.high is None else f" from {option.low} to {option.high}"
    return words


def typed(option: Option, value: object) -> Value:
    """The value as the setting holds it. Raises ValueError with what is allowed instead."""
    made = _converted(option, value)
    if made is None or not _fits(option, made):
        shown = "(hidden)" if option.secret else repr(value)
        raise ValueError(f"must be {allowed(option)}, not {shown}.")
    return made


def from_text(option: Option, text: str) -> Value:
    """The value of an environment variable; paths are separated as in PATH. Raises ValueError like ``typed``."""
    if option.kind is tuple:
        return typed(option, [part.strip() for part in text.split(ITEMS[option.items][1]) if part.strip()])
    if option.kind is str:
        return typed(option, text)
    try:
        return typed(option, option.kind(text))
    except (ValueError, OverflowError):
        raise ValueError(f"must be {allowed(option)}, not {text!r}.") from None


def _converted(option: Option, value: object) -> Value | None:
    kind = option.kind
    if kind is tuple:
        return _listed(option, value)
    if kind is float and type(value) is int:
        return float(value)
    return value if type(value) is kind and isinstance(value, str | int | float) else None


def _listed(option: Option, value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    fits = ITEMS[option.items][2]
    texts = [str(item) if type(item) is int else item for item in value]
    kept = tuple(text for text in texts if isinstance(text, str) and fits(text))
    return kept if len(kept) == len(value) else None


def _fits(option: Option, value: Value) -> bool:
    if option.choices:
        return value in option.choices
    if isinstance(value, tuple) or option.low is None:
        return True
    size = len(value) if isinstance(value, str) else value
    return math.isfinite(size) and option.low <= size <= (math.inf if option.high is None else option.high)
