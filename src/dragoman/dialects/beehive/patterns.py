"""The patterns by which listeners choose: expressions that match anywhere, and topics of names. Pure."""

from collections.abc import Callable

from dragoman.core.regexes import BadPattern
from dragoman.core.regextext import regex

Test = Callable[[str], bool]


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
