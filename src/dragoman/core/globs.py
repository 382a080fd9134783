"""Which paths a list of patterns means: globs, or regular expressions behind ``REGEX:``. Pure.

``*`` and ``?`` stay inside one part of a path, ``**`` does not, and ``**/`` may also stand for nothing. A pattern means
whole paths, without a leading slash.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from dragoman.core.regexes import (
    BadPattern,
    Characters,
    Machine,
    Node,
    Test,
    between,
    chain,
    either,
    literal,
    one,
    repeat,
)
from dragoman.core.regextext import regex

REGEX = "REGEX:"
T = TypeVar("T")


def _anything(_: str) -> bool:
    return True


def _in_part(character: str) -> bool:
    return character != "/"


def pattern(text: str) -> Callable[[str], bool]:
    """The test that a pattern stands for. Raises BadPattern."""
    return regex(text.removeprefix(REGEX)) if text.startswith(REGEX) else glob(text)


def glob(text: str) -> Callable[[str], bool]:
    """The test that a glob stands for. Raises BadPattern."""
    return Machine(_Reader(text).read()).matches


def chosen(
    items: Iterable[T], path: Callable[[T], str], *, includes: Sequence[str] = (), excludes: Sequence[str] = ()
) -> list[T]:
    """The items to keep, in their order: what any of ``excludes`` means is dropped, and of the rest all is kept.

    With ``includes`` only what one of them means is kept. Raises BadPattern.
    """
    wanted, unwanted = [pattern(text) for text in includes], [pattern(text) for text in excludes]

    def is_kept(name: str) -> bool:
        return not any(test(name) for test in unwanted) and (not wanted or any(test(name) for test in wanted))

    return [item for item in items if is_kept(path(item))]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._open = text, 0, 0

    def read(self) -> Node:
        return self._sequence("")

    def _next(self, count: int = 1) -> str:
        return self._text[self._at : self._at + count]

    def _take(self, what: str) -> str:
        character = self._next()
        if not character:
            raise BadPattern(f"a {what} is never closed")
        self._at += 1
        return character

    def _sequence(self, ends: str) -> Node:
        nodes = []
        while self._next() and self._next() not in ends:
            nodes.append(self._piece())
        return chain(*nodes)

    def _piece(self) -> Node:
        if self._next(2) == "**":
            return self._stars()
        character = self._take("pattern")
        if character == "*":
            return repeat(one(_in_part), 0, None)
        if character == "?":
            return one(_in_part)
        if character == "[":
            return one(self._class())
        if character == "{":
            return self._choices()
        return one(literal(self._take("\\") if character == "\\" else character))

    def _stars(self) -> Node:
        begins_a_part = self._at == 0 or self._text[self._at - 1] == "/"
        if begins_a_part and self._next(3) == "**/":
            self._at += 3
            return repeat(chain(repeat(one(_anything), 0, None), one(literal("/"))), 0, 1)
        self._at += 2
        return repeat(one(_anything), 0, None)

    def _choices(self) -> Node:
        self._open += 1
        if self._open > 20:
            raise BadPattern("braces are nested too deeply")
        choices = [self._sequence(",}")]
        while self._take("{") == ",":
            choices.append(self._sequence(",}"))
        self._open -= 1
        return either(*choices)

    def _class(self) -> Test:
        negated = self._next() in ("!", "^") and bool(self._take("["))
        tests: list[Test] = []
        while self._next() != "]" or not tests:
            tests.append(self._member())
        self._take("[")
        return Characters(tests=tuple(tests), negated=negated, without="/")

    def _member(self) -> Test:
        first = self._literal()
        if self._next() != "-" or self._next(2) in ("-", "-]"):
            return literal(first)
        self._take("[")
        return between(first, self._literal())

    def _literal(self) -> str:
        character = self._take("[")
        return self._take("[") if character == "\\" else character
