"""Reads which part of a list a query wants. Ours: the original has no pages."""

import re

from dragoman.core.things import Page
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import Refused

_NUMBER = re.compile(r"[0-9]{1,18}")
_ALL = 10**18


def whole(call: Call, name: str) -> int | None:
    """A whole number of the query; None when it was not given. Raises Refused."""
    text = call.query(name)
    if text is not None and _NUMBER.fullmatch(text) is None:
        raise Refused(f"{name} must be a whole number")
    return None if text is None else int(text)


def page(call: Call) -> Page | None:
    """The part that ``limit`` and ``offset`` name; None when the query has neither: the whole. Raises Refused."""
    limit, offset = whole(call, "limit"), whole(call, "offset")
    if limit == 0:
        raise Refused("limit must be at least 1")
    return None if limit is None and offset is None else Page(limit=limit or _ALL, offset=offset or 0)
