"""One evaluation of a condition: what it may look up, how much it may still do, and the tick it found due. Pure."""

from dataclasses import dataclass

from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.lookup import Lookup

MOST_STEPS = 1_000_000
"""Operations and values that one evaluation may touch; a second or so of a slow processor."""


@dataclass(slots=True)
class Scene:
    """The state of one evaluation."""

    lookup: Lookup
    steps: int = 0
    tick: int | None = None
    """The latest tick of a schedule that was found due."""

    def spend(self, steps: int) -> None:
        """Count work. Raises RuleFault when it becomes too much."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise RuleFault("the rule takes too long: it looks at too many values")
