"""What a path or a query says, read once and forgivingly: slashes, percent signs, yes and no. Pure."""

import re
from urllib.parse import quote, unquote_to_bytes

from dragoman.core.errors import Invalid

_PLAIN = "!$&'()*+,;=:@"
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


def canonical(raw: bytes) -> str:
    """A path still encoded, in one form: single slashes, one at the end, nothing encoded without need.

    An encoded slash stays one: it is data, no separator.
    """
    parts = [quote(unquote_to_bytes(part), safe=_PLAIN) for part in raw.split(b"/") if part]
    return "/".join(["", *parts, ""])


def decoded(name: str, encoded: str) -> str:
    """The text of an encoded piece of a path. Raises Invalid when it is none."""
    return checked(name, unquote_to_bytes(encoded).decode("utf-8", "surrogateescape"))


def place(encoded: str) -> str:
    """A path on a host from an encoded piece of an address: its names are bytes, which need not be text."""
    return unquote_to_bytes(encoded).decode("utf-8", "surrogateescape")


def checked(name: str, text: str) -> str:
    """The text, when it can be kept. Raises Invalid."""
    if "\0" in text:
        raise Invalid.field(name, why="Null characters are not allowed.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid.field(name, why="This is not UTF-8 text.") from error
    return text


def flag(name: str, text: str, *, default: bool) -> bool:
    """A yes or no in any letter case; empty: the default. Raises Invalid."""
    read = _WORDS.get(text.lower()) if text else default
    if read is None:
        raise Invalid.field(name, why="Write true or false.")
    return read


def number(name: str, text: str, default: int) -> int:
    """A whole number that fits 64 bits; empty: the default. Raises Invalid."""
    if text and _NUMBER.fullmatch(text) is None:
        raise Invalid.field(name, why="Write a whole number of at most 18 digits.")
    return int(text) if text else default
