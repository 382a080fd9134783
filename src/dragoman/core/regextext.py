"""Reads the text of a regular expression into a machine (see ``regexes``). Pure."""

from collections.abc import Callable

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

_SETS: dict[str, Test] = {
    "d": lambda c: c in "0123456789",
    "w": lambda c: c.isascii() and (c.isalnum() or c == "_"),
    "s": lambda c: c in " \t\n\x0b\f\r",
}
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_COUNTS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_SIGNS = ("*", "+", "?", "{")
_DEEPEST = 20
_MOST_TIMES = 1_000


def regex(pattern: str) -> Callable[[str], bool]:
    """A test for whole texts. Raises BadPattern."""
    return Machine(_Reader(pattern).read()).matches


def set_escape(character: str) -> Test | None:
    r"""The test that ``\d``, ``\D`` and the like stand for; None for any other letter."""
    test = _SETS.get(character.lower())
    if test is None or character.islower():
        return test
    return Characters(tests=(test,), negated=True)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern, self._at, self._depth = pattern, 0, 0

    def read(self) -> Node:
        node = self._choices()
        if self._at < len(self._pattern):
            raise BadPattern("a ) has no (")
        return node

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise BadPattern("the pattern ends too early")
        self._at += 1
        return character

    def _choices(self) -> Node:
        choices = [self._sequence()]
        while self._peek() == "|":
            self._take()
            choices.append(self._sequence())
        return either(*choices) if len(choices) > 1 else choices[0]

    def _sequence(self) -> Node:
        if self._peek() == "^" and self._depth == 0:
            self._take()
        nodes: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            if self._peek() == "$" and self._depth == 0 and self._pattern[self._at + 1 : self._at + 2] in ("", "|"):
                self._take()
            else:
                nodes.append(self._repeated(self._atom()))
        return chain(*nodes)

    def _repeated(self, node: Node) -> Node:
        sign = self._peek()
        if sign not in _SIGNS:
            return node
        self._take()
        least, most = self._count() if sign == "{" else _COUNTS[sign]
        if self._peek() == "?":  # whether it takes little or much makes no difference to a whole match
            self._take()
        if self._peek() in _SIGNS:
            raise BadPattern(f"a {self._peek()} behind a repetition is not supported here")
        return repeat(node, least, most)

    def _count(self) -> tuple[int, int | None]:
        inside, _, rest = self._pattern[self._at :].partition("}")
        self._at = len(self._pattern) - len(rest)
        first, comma, last = inside.partition(",")
        if not all(number.isascii() and number.isdigit() for number in (first, last or "0")):
            raise BadPattern(f"{{{inside}}} is no repetition")
        least, most = int(first[:9]), int(last[:9]) if last else None
        most = least if not comma else most
        if max(least, most or 0) > _MOST_TIMES or (most is not None and most < least):
            raise BadPattern(f"{{{inside}}} is no repetition of at most {_MOST_TIMES} times")
        return least, most

    def _atom(self) -> Node:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return one(self._class())
        if character == "\\":
            return one(self._escape())
        if character in "*+?{^$":
            raise BadPattern(f"a {character} is not possible there")
        return one(literal(character) if character != "." else lambda other: other != "\n")

    def _group(self) -> Node:
        if self._peek() == "?":
            if self._pattern[self._at : self._at + 2] != "?:":
                raise BadPattern("of groups that begin with (? only (?: is supported here")
            self._at += 2
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadPattern("groups are nested too deeply")
        node = self._choices()
        if self._take() != ")":
            raise BadPattern("a ( is never closed")
        self._depth -= 1
        return node

    def _escape(self) -> Test:
        character = self._take()
        return set_escape(character) or literal(self._escaped(character))

    def _escaped(self, character: str) -> str:
        if character.isalnum() and character not in _NAMED:
            raise BadPattern(f"\\{character} is not supported here")
        return _NAMED.get(character, character)

    def _class(self) -> Test:
        negated = self._peek() == "^"
        if negated:
            self._take()
        tests: list[Test] = []
        while self._peek() != "]" or not tests:
            tests.append(self._member())
        self._take()
        return Characters(tests=tuple(tests), negated=negated)

    def _member(self) -> Test:
        first = self._take()
        if first == "[":
            raise BadPattern("a [ inside [ ] must be written \\[")
        if first == "\\":
            first = self._take()
            if test := set_escape(first):
                return test
            first = self._escaped(first)
        if self._peek() != "-" or self._pattern[self._at + 1 : self._at + 2] in ("", "]"):
            return literal(first)
        self._take()
        last = self._take()
        return between(first, self._escaped(self._take()) if last == "\\" else last)
