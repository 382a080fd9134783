"""Order, limit, skip, startAfter and select of lists."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.core.listing import Listing, arrange, read_listing, read_select
from dragoman.core.search import Kind

KINDS = {"id": Kind.TEXT, "size": Kind.NUMBER, "created": Kind.TIME, "notes": Kind.OBJECT}


def listing(order: str = "", **asked: Any) -> Listing:
    return read_listing(**{"limit": 100, "skip": 0, "start_after": "", **asked}, order=order, kinds=KINDS)


def ids(things: list[Any]) -> str:
    return "".join(thing["id"] for thing in things)


THINGS: list[dict[str, Any]] = [
    {"id": "a", "size": 3},
    {"id": "b", "size": 1},
    {"id": "c"},
    {"id": "d", "size": 3},
    {"id": "e", "size": 2},
]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", "abcde"),
        ("size", "beadc"),
        ("size(desc)", "cadeb"),
        ("size(DESC),id(desc)", "cdaeb"),
        ("id(desc)", "edcba"),
    ],
)
def test_lists_are_sorted_by_several_attributes(order: str, expected: str) -> None:
    """Ascending unless said otherwise; equal ones keep their order; missing values are last, or first downwards."""
    assert expected == ids(arrange(THINGS, listing(order), KINDS))


@given(st.integers(-2, 7), st.integers(0, 7))
def test_a_limit_of_nothing_is_none(limit: int, skip: int) -> None:
    """``limit`` counts after ``skip``; 0 and less mean all."""
    expected = "abcde"[skip:] if limit <= 0 else "abcde"[skip:][:limit]
    assert expected == ids(arrange(THINGS, listing(limit=limit, skip=skip), KINDS))


def test_a_list_may_go_on_after_a_value() -> None:
    """The value itself is left out, and so is what has none."""
    assert "ad" == ids(arrange(THINGS, listing("size", start_after="2"), KINDS))
    assert "b" == ids(arrange(THINGS, listing("size(desc),id", start_after="2"), KINDS))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"order": "size(up)"}, "attr(asc)"),
        ({"order": "size,,id"}, "attr(asc)"),
        ({"order": "nothing"}, 'no attribute "nothing"'),
        ({"order": "notes"}, "has no order"),
        ({"skip": -1}, "negative"),
        ({"start_after": "1"}, "needs orderBy"),
        ({"order": "size", "start_after": "1", "skip": 1}, "either skip or startAfter"),
        ({"order": "size", "start_after": "x"}, "is not a number"),
    ],
)
def test_what_is_wrong_is_told(asked: dict[str, Any], told: str) -> None:
    """The message names the parameter."""
    with pytest.raises(Invalid) as caught:
        listing(**asked)
    assert told in str(caught.value)


def test_attributes_are_chosen_by_name_or_by_group() -> None:
    """What is always there need not be named; unknown names are refused."""
    choose = {"summary": ["id", "size"], "always": ["id"]}
    assert ["id", "created"] == read_select("created", KINDS, **choose)
    assert ["id", "size", "notes"] == read_select("summaryAttributes,notes", KINDS, **choose)
    assert list(KINDS) == read_select("allAttributes", KINDS, **choose)
    with pytest.raises(Invalid):
        read_select("created,nope", KINDS, **choose)
