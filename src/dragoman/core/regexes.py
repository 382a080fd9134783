"""Regular expressions that take time in proportion to the text, whoever wrote them. Pure.

The patterns of ``re`` can be made to run for hours, and nothing else runs meanwhile. These know what a finite machine
can do: literals, classes, groups, ``|`` and repetition; no look-around, no back-reference. They match whole texts.
"""

from collections.abc import Callable
from dataclasses import dataclass

Test = Callable[[str], bool]
"""Whether a character is one of those meant."""
Node = Callable[["Machine", int], int]
"""Adds itself to a machine behind a state, and returns the state in which it ends."""

MOST_STATES = 2_000
_MOST_KNOWN = 1_000


class BadPattern(ValueError):
    """A pattern that cannot be understood, or that is too large; says why."""


class Machine:
    """The states of a pattern: 0 is where it begins, ``end`` where the whole text has matched."""

    def __init__(self, node: Node) -> None:
        self._jumps: list[list[int]] = []
        self._steps: list[tuple[Test, int] | None] = []
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self.end = node(self, self.state())
        self._start = self._closed({0})

    def state(self) -> int:
        """A new state that leads nowhere yet."""
        if len(self._jumps) == MOST_STATES:
            raise BadPattern("the pattern is too large")
        self._jumps.append([])
        self._steps.append(None)
        return len(self._jumps) - 1

    def jump(self, source: int, target: int) -> None:
        """Let the machine pass from ``source`` to ``target`` for nothing."""
        self._jumps[source].append(target)

    def fork(self, source: int) -> int:
        """A new state, reached from ``source`` for nothing."""
        state = self.state()
        self.jump(source, state)
        return state

    def step(self, source: int, test: Test) -> int:
        """A new state, reached from ``source`` by a character that passes the test."""
        if self._steps[source]:
            source = self.fork(source)
        target = self.state()
        self._steps[source] = (test, target)
        return target

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        now = self._start
        for character in text:
            now = self._after(now, character)
            if not now:
                return False
        return self.end in now

    def _after(self, now: frozenset[int], character: str) -> frozenset[int]:
        found = self._known.get((now, character))
        if found is None:
            steps = (self._steps[state] for state in now)
            found = self._closed({step[1] for step in steps if step and step[0](character)})
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[now, character] = found
        return found

    def _closed(self, states: set[int]) -> frozenset[int]:
        todo = list(states)
        for state in todo:
            new = [target for target in self._jumps[state] if target not in states]
            states.update(new)
            todo += new
        return frozenset(states)


def one(test: Test) -> Node:
    """A character that passes the test."""
    return lambda machine, source: machine.step(source, test)


def chain(*nodes: Node) -> Node:
    """One after another."""

    def add(machine: Machine, source: int) -> int:
        for node in nodes:
            source = node(machine, source)
        return source

    return add


def either(*nodes: Node) -> Node:
    """Any one of them."""

    def add(machine: Machine, source: int) -> int:
        end = machine.state()
        for node in nodes:
            machine.jump(node(machine, machine.fork(source)), end)
        return end

    return add


def repeat(node: Node, least: int, most: int | None) -> Node:
    """So many times at least, and at most (None: no limit)."""

    def add(machine: Machine, source: int) -> int:
        for _ in range(least):
            source = node(machine, source)
        end = machine.state()
        machine.jump(source, end)
        if most is None:
            loop = machine.fork(source)
            after = node(machine, loop)
            machine.jump(after, loop)
            machine.jump(after, end)
            return end
        for _ in range(most - least):
            source = node(machine, machine.fork(source))
            machine.jump(source, end)
        return end

    return add


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """A class of characters: single ones, ranges and other tests; perhaps all but those, and never ``without``."""

    tests: tuple[Test, ...]
    negated: bool = False
    without: str = ""

    def __call__(self, character: str) -> bool:
        """Whether the character belongs to it."""
        return any(test(character) for test in self.tests) != self.negated and character not in self.without


def literal(character: str) -> Test:
    """Exactly this character."""
    return lambda other: other == character


def between(first: str, last: str) -> Test:
    """Any character from ``first`` to ``last``. Raises BadPattern when they are the wrong way round."""
    if first > last:
        raise BadPattern(f"{first}-{last} is no range")
    return lambda other: first <= other <= last
