"""What a login tells of temporary files before it makes them, so that whoever starts next can clear them away."""

from collections.abc import Callable

Forget = Callable[[], None]
"""Called when there is no file under that name any more."""
Note = Callable[[str], Forget]
"""Called with the path, as the login sees it, before the file is there."""


def unnoted(_: str) -> Forget:
    """Nobody wants to know."""
    return _nothing


def _nothing() -> None:
    return
