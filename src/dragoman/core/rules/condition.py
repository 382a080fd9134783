"""The condition of a rule: read once, evaluated as often as one likes. What it may hold is in ``compiling``."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dragoman.core.rules.compiling import Code, compile_tree
from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.lookup import Lookup
from dragoman.core.rules.scene import Scene

MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of an evaluation."""

    holds: bool
    tick: int | None
    """The tick of a schedule that it holds for; whoever fires the rule remembers it (``Lookup.served``)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to be evaluated as often as one likes, from any thread."""

    text: str
    _code: Code
    measured: tuple[str, ...] = ()
    """The measurements that it names, sorted."""

    def evaluate(self, lookup: Lookup) -> Verdict:
        """Whether it holds at this moment. Raises RuleFault when there is no answer."""
        scene = Scene(lookup)
        result = self._code(scene)
        if not isinstance(result, bool):
            raise RuleFault(f"rule produced not True/False: {result}"[:1000])
        return Verdict(holds=result, tick=scene.tick if result else None)


@lru_cache(2048)
def compile_condition(text: str) -> Condition:
    """The condition that a text stands for. Raises RuleFault with what is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise RuleFault(f"a condition may have at most {MOST_CHARACTERS:,} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise RuleFault(error.msg if isinstance(error, SyntaxError) else str(error) or "invalid syntax") from error
    return Condition(text, compile_tree(tree.body, 0), tuple(sorted(set(_measured(tree)))))


def _measured(tree: ast.Expression) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("v", "rate"):
            named = [*node.args[:1], *(one.value for one in node.keywords if one.arg == "name")]
            yield from (one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str))
