"""A short memory for what a database was just asked: so many answers, so long."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by key. Times are microseconds."""

    def __init__(self, *, lasts: int, most: int) -> None:
        self._lasts, self._most = lasts, most
        self._known: dict[str, tuple[int, T]] = {}

    def get(self, key: str, now: int) -> T | None:
        """The answer, unless it is too old, or from a time that is still to come: the clock was set back."""
        known = self._known.get(key)
        return known[1] if known is not None and 0 <= now - known[0] < self._lasts else None

    def keep(self, key: str, now: int, answer: T) -> None:
        """Remember an answer from now on."""
        if len(self._known) >= self._most:
            self.clear()
        self._known[key] = (now, answer)

    def forget(self, key: str) -> None:
        """Look again next time."""
        self._known.pop(key, None)

    def clear(self) -> None:
        """Look again for everything."""
        self._known.clear()
