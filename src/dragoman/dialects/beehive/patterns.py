r"""The patterns by which series are filtered: texts, and regular expressions where they have a ``|`` or a ``*``. Pure.

The characters of a pattern are limited as the foreign service limits them: letters, digits, blanks, ``*``, ``|`` and
everything from ``+`` to ``_`` in ASCII.
"""

import re
from collections.abc import Callable, Mapping

from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex

_ALLOWED = re.compile(r"[A-Za-z0-9+-_.*:| ]*")

Test = Callable[[str], bool]


def is_allowed(text: str) -> bool:
    """Whether a pattern, or a time, has only characters that are allowed."""
    return _ALLOWED.fullmatch(text) is not None


def is_plain(pattern: str) -> bool:
    """Whether a pattern stands for itself alone."""
    return "|" not in pattern and "*" not in pattern


def whole(pattern: str) -> Test:
    """A test for whole texts. Raises BadPattern."""
    if is_plain(pattern):
        return lambda text: bool(text) and text == pattern
    return regex(pattern)


def anywhere(pattern: str) -> Test:
    """A test for texts in which an expression matches somewhere. Raises BadPattern."""
    inner = pattern.removeprefix("^").removesuffix("$")
    before, after = "" if pattern.startswith("^") else ".*", "" if pattern.endswith("$") else ".*"
    return regex(f"{before}({inner}){after}") if inner else lambda _text: True


def topics(pattern: str) -> Test:
    """A test for names that fit a topic, or one of several with ``|``: ``*`` is one word, ``#`` any number of them."""
    tests = [_topic(topic.split(".")) for topic in pattern.split("|")]
    return lambda name: any(test(name.split(".")) for test in tests)


def _topic(words: list[str]) -> Callable[[list[str]], bool]:
    if len(words) > 64:
        raise BadPattern("the topic has more than 64 words")

    def fits(name: list[str]) -> bool:
        # ``here`` are the places in the topic that can be reached with the part of the name that was read.
        here = _passing({0})
        for word in name:
            stay = {place for place in here if place < len(words) and words[place] == "#"}
            step = {place + 1 for place in here if place < len(words) and words[place] in {"*", word}}
            here = _passing(stay | step)
        return len(words) in here

    def _passing(places: set[int]) -> set[int]:
        for place in range(len(words)):
            if place in places and words[place] == "#":
                places.add(place + 1)
        return places

    return fits


def series_test(patterns: Mapping[str, str]) -> Callable[[str, Mapping[str, str]], bool]:
    """A test for name and meta of a series; what a series does not have fits no pattern. Raises BadPattern."""
    tests = {key: whole(pattern) for key, pattern in patterns.items()}

    def fits(name: str, meta: Mapping[str, str]) -> bool:
        own = {**meta, "name": name}
        return all(key in own and test(own[key]) for key, test in tests.items())

    return fits
