"""Which part of a list is wanted, where it is said by ``limit`` and ``offset``."""

from dragoman.core.things import Page
from dragoman.dialects.tapis3.door import Call

_USUAL, _MOST = 1000, 1 << 31


def wanted(call: Call) -> Page:
    """The page that is asked for; a limit of zero or less means all. Raises Invalid."""
    limit, offset = call.number("limit", _USUAL), call.number("offset", 0)
    return Page(limit=min(limit, _MOST) if limit > 0 else _MOST, offset=max(offset, 0))
