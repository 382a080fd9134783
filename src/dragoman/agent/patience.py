"""How long to wait before the next try: longer each time, never exactly as long as others. Holds no clock."""

import random

FIRST, LONGEST = 0.5, 30.0


class Patience:
    """Counts tries that failed."""

    def __init__(self, *, first: float = FIRST, longest: float = LONGEST) -> None:
        self._first, self._longest, self._tries = first, longest, 0

    def calm(self) -> None:
        """It worked."""
        self._tries = 0

    def seconds(self) -> float:
        """It failed: so long to wait."""
        wait: float = min(self._longest, self._first * 2.0 ** min(self._tries, 20))
        self._tries += 1
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - a spread, no secret
