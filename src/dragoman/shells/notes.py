"""What a login tells of temporary files before it makes them, so that whoever starts next can clear them away."""

from collections.abc import Callable, Sequence
from functools import partial

Forget = Callable[[], None]
"""Called when there is no file under that name any more, or under any of those names."""
Note = Callable[[Sequence[str]], Forget]
"""Called with the paths, as the login sees them, before the files are there."""


def unnoted(_: Sequence[str]) -> Forget:
    """Nobody wants to know."""
    return _nothing


def each(paths: Sequence[str], forget: Forget) -> dict[str, Forget]:
    """What to call for each of some paths that were noted together: with the last of them the note is forgotten."""
    left = set(paths)

    def gone(path: str) -> None:
        if path in left:
            left.remove(path)
            if not left:
                forget()

    return {path: partial(gone, path) for path in paths}


def _nothing() -> None:
    return
