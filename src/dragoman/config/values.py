"""Checks one value of one setting, as it stands in a file or in the environment. Pure."""

import math
import os

from dragoman.config.settings import Option

Value = str | int | float | tuple[str, ...]

_WORDS = {str: "text", int: "a whole number", float: "a number", tuple: "a list of absolute paths"}


def allowed(option: Option) -> str:
    """What the setting may be, in words: ``a whole number from 0 to 65535``."""
    if option.choices:
        return "one of " + ", ".join(option.choices)
    words = _WORDS[option.kind]
    if option.kind is str and option.low:
        return "text that is not empty"
    if option.low is not None:
        words += f", at least {option.low}" if option.high is None else f" from {option.low} to {option.high}"
    return words


def typed(option: Option, value: object) -> Value:
    """The value as the setting holds it. Raises ValueError with what is allowed instead."""
    made = _converted(option.kind, value)
    if made is None or not _fits(option, made):
        shown = "(hidden)" if option.secret else repr(value)
        raise ValueError(f"must be {allowed(option)}, not {shown}.")
    return made


def from_text(option: Option, text: str) -> Value:
    """The value of an environment variable; lists are separated as in PATH. Raises ValueError like ``typed``."""
    if option.kind is tuple:
        return typed(option, [part for part in text.split(os.pathsep) if part])
    if option.kind is str:
        return typed(option, text)
    try:
        return typed(option, option.kind(text))
    except (ValueError, OverflowError):
        raise ValueError(f"must be {allowed(option)}, not {text!r}.") from None


def _converted(kind: type, value: object) -> Value | None:
    if kind is tuple:
        return _paths(value)
    if kind is float and type(value) is int:
        return float(value)
    return value if type(value) is kind and isinstance(value, str | int | float) else None


def _paths(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    paths = tuple(part for part in value if isinstance(part, str) and os.path.isabs(part))
    return paths if len(paths) == len(value) else None


def _fits(option: Option, value: Value) -> bool:
    if option.choices:
        return value in option.choices
    if isinstance(value, tuple) or option.low is None:
        return True
    size = len(value) if isinstance(value, str) else value
    return math.isfinite(size) and option.low <= size <= (math.inf if option.high is None else option.high)
