"""Patterns with wild places, as ``like`` compares texts with them. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Wild(StrEnum):
    """The places of a pattern that stand for other text."""

    RUN = "run"
    ONE = "one"


Pattern = tuple[str | Wild, ...]
"""Single characters and wild places."""


def read_pattern(text: str, wild: Mapping[str, Wild]) -> Pattern:
    """A pattern whose wild places are written with these characters; a backslash takes the next one as it is."""
    parts: list[str | Wild] = []
    escaped = False
    for letter in text:
        if escaped or letter != "\\":
            parts.append(letter if escaped else wild.get(letter, letter))
        escaped = letter == "\\" and not escaped
    return (*parts, "\\") if escaped else tuple(parts)


def fits(pattern: Pattern, text: str) -> bool:
    """Whether the whole text fits, in time that grows with the product of their lengths at worst."""
    at, place, run, mark = 0, 0, -1, 0
    while at < len(text):
        part = pattern[place] if place < len(pattern) else None
        if part is Wild.RUN:
            run, mark, place = place, at, place + 1
        elif part is Wild.ONE or part == text[at]:
            at, place = at + 1, place + 1
        elif run >= 0:
            mark += 1
            at, place = mark, run + 1
        else:
            return False
    return all(part is Wild.RUN for part in pattern[place:])
