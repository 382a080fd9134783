"""Pages in the manner of Django REST: which part of a list a request wants, and the envelope around it."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from dragoman.core.things import Page
from dragoman.dialects.rescale.errors import JSON, Refused, encode
from dragoman.web.aside import aside

T = TypeVar("T")

DEFAULT_SIZE = 10
LARGEST_SIZE = 10_000
LAST = "last"
ROW_BYTES = 1000
"""About as many has an entry of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A page by its number (None: the last one) and size, and the address it was asked under."""

    number: int | None
    size: int
    url: str
    """Without the query."""
    query: str

    def page(self) -> Page:
        """The part of the list."""
        return Page(limit=self.size, offset=((self.number or 1) - 1) * self.size)

    def link(self, number: int) -> str:
        """The address of another page; everything else that was asked stays."""
        asked = {key: value for key, value in parse_qsl(self.query, keep_blank_values=True) if key != "page"}
        query = urlencode(sorted({**asked, "page": str(number)}.items() if number > 1 else asked.items()))
        return f"{self.url}?{query}" if query else self.url


def read_wanted(url: str, query: str) -> Wanted:
    """What a query string asks for. Raises Refused for a page that cannot be; a senseless size counts as none."""
    asked = dict(parse_qsl(query))
    number = asked.get("page", "1")
    if number != LAST and not _is_count(number):
        raise invalid_page()
    size = asked.get("page_size", "")
    return Wanted(
        number=None if number == LAST else int(number),
        size=min(int(size), LARGEST_SIZE) if _is_count(size) else DEFAULT_SIZE,
        url=url,
        query=query,
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12 and int(text) > 0


def invalid_page() -> Refused:
    """There is no such page."""
    return Refused(404, "Invalid page.")


def envelope(wanted: Wanted, count: int, results: list[Any]) -> dict[str, Any]:
    """A page with its neighbours. Raises Refused when it lies past the end."""
    last = max(1, math.ceil(count / wanted.size))
    number = last if wanted.number is None else wanted.number
    if number > last:
        raise invalid_page()
    return {
        "count": count,
        "next": wanted.link(number + 1) if number < last else None,
        "previous": wanted.link(number - 1) if number > 1 else None,
        "results": results,
    }


async def ask(
    wanted: Wanted, some: Callable[[Page], Awaitable[tuple[int, Sequence[T]]]], write: Callable[[T], Any]
) -> Response:
    """The wanted page of a list that is asked for in parts."""
    page = wanted.page()
    if wanted.number is None:
        count, _ = await some(Page(limit=1))
        page = Page(limit=wanted.size, offset=(max(1, math.ceil(count / wanted.size)) - 1) * wanted.size)
    count, found = await some(page)
    return await aside(len(found) * ROW_BYTES, _answer, wanted, count, found, write)


def _answer(wanted: Wanted, count: int, found: Sequence[T], write: Callable[[T], Any]) -> Response:
    # Row by row, for a whole page would hold up everybody until it is encoded.
    rows = ",".join(encode(write(item)) for item in found)
    return Response(f"{encode(envelope(wanted, count, [])).removesuffix(']}')}{rows}]}}", media_type=JSON)


def cut(wanted: Wanted, whole: Sequence[T], write: Callable[[T], Any]) -> dict[str, Any]:
    """The wanted page of a list that is all there."""
    count = len(whole)
    last = (max(1, math.ceil(count / wanted.size)) - 1) * wanted.size
    offset = last if wanted.number is None else wanted.page().offset
    return envelope(wanted, count, [write(item) for item in whole[offset : offset + wanted.size]])
