r"""The patterns by which series are filtered: texts, and regular expressions where they have a ``|`` or a ``*``. Pure.

The characters of a pattern are limited as the foreign data service limits them: letters, digits, blanks, ``*``, ``|``
and everything from ``+`` to ``_`` in ASCII.
"""

import re
from collections.abc import Callable, Mapping

from dragoman.core.regextext import regex

_ALLOWED = re.compile(r"[A-Za-z0-9+-_.*:| ]*")


def is_allowed(text: str) -> bool:
    """Whether a pattern, or a time, has only characters that are allowed."""
    return _ALLOWED.fullmatch(text) is not None


def is_plain(pattern: str) -> bool:
    """Whether a pattern stands for itself alone."""
    return "|" not in pattern and "*" not in pattern


def whole(pattern: str) -> Callable[[str], bool]:
    """A test for whole texts. Raises BadPattern."""
    if is_plain(pattern):
        return lambda text: bool(text) and text == pattern
    return regex(pattern)


def series_test(patterns: Mapping[str, str]) -> Callable[[str, Mapping[str, str]], bool]:
    """A test for name and meta of a series; what a series does not have fits no pattern. Raises BadPattern."""
    tests = {key: whole(pattern) for key, pattern in patterns.items()}

    def fits(name: str, meta: Mapping[str, str]) -> bool:
        own = {**meta, "name": name}
        return all(key in own and test(own[key]) for key, test in tests.items())

    return fits
