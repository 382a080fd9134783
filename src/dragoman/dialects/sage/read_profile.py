"""Turns what somebody wants to say of themselves into changes. Pure; texts of errors are those of the original."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dragoman.core.errors import Faults, Invalid
from dragoman.web.body import parse_json

_LONGEST: Mapping[str, int] = {"organization": 255, "department": 255, "bio": 2000, "ssh_public_keys": 65_536}
"""Characters, by field."""
_MOST_KEYS = 5
_KEY = re.compile(r"ssh-(\S+) (\S+)")


def read_profile(body: bytes) -> Mapping[str, str]:
    """What a body changes: fields that it leaves out stay, and a name is passed over. Raises Invalid."""
    try:
        asked = parse_json(body.decode())
    except ValueError as error:
        raise Invalid({(): [f"JSON parse error - {error}"]}) from error
    if not isinstance(asked, dict):
        why = f"Invalid data. Expected a dictionary, but got {type(asked).__name__}."
        raise Invalid.field("non_field_errors", why=why)
    changes, faults = {}, Faults()
    for name, longest in _LONGEST.items():
        if name in asked:
            changes[name] = _text(asked[name])
            for why in _complaints(name, asked[name], changes[name], longest):
                faults.add((name,), why)
    if faults:
        raise Invalid(faults)
    return changes


def _text(value: Any) -> str:
    return str(value).strip()


def _complaints(name: str, value: Any, text: str, longest: int) -> Iterator[str]:
    if value is None:
        yield "This field may not be null."
        return
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        yield "Not a valid string."
        return
    if len(text) > longest:
        yield f"Ensure this field has no more than {longest} characters."
    if "\0" in text:
        yield "Null characters are not allowed."
    if surrogate := re.search("[\ud800-\udfff]", text):
        yield f"Surrogate characters are not allowed: U+{ord(surrogate[0]):X}."
    if name == "ssh_public_keys":
        yield from _complaints_of_keys(text.splitlines())


def _complaints_of_keys(lines: list[str]) -> Iterator[str]:
    if len(lines) > _MOST_KEYS:
        yield "You may only have up to five keys."
    elif not all(map(_KEY.match, lines)):
        yield "Enter a valid list of newline delimited SSH public keys."


def without_comments(keys: str) -> str:
    """The keys of somebody, each a line with its type and nothing else but itself."""
    found = map(_KEY.match, keys.splitlines())
    return "".join(f"{match[0]}\n" for match in found if match)
