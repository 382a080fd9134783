"""Lists come in pages, as Django REST framework makes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.things import Page
from dragoman.dialects.rescale.errors import Refused
from dragoman.dialects.rescale.pages import ask, cut, read_wanted

URL = "https://platform.example.com/api/v2/jobs/QTVia/files/"
LETTERS = list("abcdefghijklmnopqrstuvwxyz")


def test_first_page_has_ten_and_names_the_next() -> None:
    """Ten results, an absolute address for the next page, null before the first."""
    page = cut(read_wanted(URL, ""), LETTERS, str.upper)
    assert (26, f"{URL}?page=2", None) == (page["count"], page["next"], page["previous"])
    assert [letter.upper() for letter in LETTERS[:10]] == page["results"]


def test_neighbours_keep_what_else_was_asked() -> None:
    """The other parameters stay; the first page is named without a number."""
    page = cut(read_wanted(URL, "search=a%20b&page=2&page_size=5"), LETTERS, str)
    assert f"{URL}?page=3&page_size=5&search=a+b" == page["next"]
    assert f"{URL}?page_size=5&search=a+b" == page["previous"]


def test_last_page_is_known_by_its_name() -> None:
    """page=last is the page with the last results."""
    page = cut(read_wanted(URL, "page=last"), LETTERS, str)
    assert (LETTERS[20:], None, f"{URL}?page=2") == (page["results"], page["next"], page["previous"])


@pytest.mark.parametrize("page", ["0", "-1", "4", "x", "1.5", "99999999999999999999"])
def test_a_page_that_is_not_there_is_not_found(page: str) -> None:
    """Past the end and senseless alike: 404 Invalid page."""
    with pytest.raises(Refused, match=r"^Invalid page\.$") as caught:
        cut(read_wanted(URL, f"page={page}"), LETTERS, str)
    assert 404 == caught.value.status


@pytest.mark.parametrize(("size", "expected"), [("0", 10), ("x", 10), ("-5", 10), ("3", 3), ("1000000", 10_000)])
def test_sizes_are_capped_and_senseless_ones_ignored(size: str, expected: int) -> None:
    """Clients ask for all at once; more than a limit is cut silently."""
    assert expected == read_wanted(URL, f"page_size={size}").size


def test_an_empty_list_has_one_page() -> None:
    """No results are no fault."""
    assert {"count": 0, "next": None, "previous": None, "results": []} == cut(read_wanted(URL, ""), [], str)


@pytest.mark.anyio
@given(count=st.integers(0, 60), size=st.integers(1, 20), last=st.booleans())
async def test_a_list_asked_for_in_parts_is_the_list_cut(count: int, size: int, last: bool) -> None:
    """Asking the desk for one page gives the same as cutting it out of the whole."""
    whole = list(range(count))

    async def some(page: Page) -> tuple[int, list[int]]:
        return count, whole[page.offset : page.offset + page.limit]

    wanted = read_wanted(URL, f"page_size={size}{'&page=last' if last else ''}")
    assert cut(wanted, whole, str) == json.loads(bytes((await ask(wanted, some, str)).body))
