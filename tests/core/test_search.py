"""The query grammar: what is written in its three forms means what a naive reference says it means."""

import fnmatch
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.core.patterns import Wild, fits, read_pattern
from dragoman.core.search import AnyOf, Kind, Op, holds
from dragoman.core.search_sql import read_sql
from dragoman.core.search_times import read_time
from dragoman.core.search_words import read_parameters, read_search

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {
    "name": Kind.TEXT,
    "nodeCount": Kind.NUMBER,
    "isOn": Kind.FLAG,
    "created": Kind.TIME,
    "tags": Kind.TEXTS,
    "notes": Kind.OBJECT,
}

texts = st.text(st.sampled_from("ab~,()!* \\'%_.é"), min_size=1, max_size=6).filter(lambda text: text.strip() == text)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001
things = st.fixed_dictionaries(
    {
        "name": st.none() | texts,
        "nodeCount": st.none() | st.integers(-5, 5),
        "isOn": st.none() | st.booleans(),
        "created": st.none() | times.map(lambda time: time.isoformat() + "Z"),
        "tags": st.none() | st.lists(texts, max_size=3),
    }
)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "name": texts,
    "nodeCount": st.integers(-5, 5),
    "isOn": st.booleans(),
    "created": times,
    "tags": texts,
}


def _positive(op: str) -> str:
    return op.removeprefix("n")


REFERENCE: Mapping[str, Callable[[Any, list[Any]], bool]] = {
    "eq": lambda value, given: value == given[0],
    "gt": lambda value, given: value > given[0],
    "gte": lambda value, given: value >= given[0],
    "lt": lambda value, given: value < given[0],
    "lte": lambda value, given: value <= given[0],
    "between": lambda value, given: given[0] <= value <= given[1],
    "in": lambda value, given: any(one in given for one in value) if isinstance(value, list) else value in given,
    "contains": lambda value, given: set(given) <= set(value),
}
"""Each comparison as a person would write it down; the other ones are these with an ``n`` in front."""


def reference(thing: Mapping[str, Any], name: str, op: str, given: list[Any]) -> bool:
    value = thing[name]
    if value is None:
        return False
    if name == "created":
        value = datetime.fromisoformat(value).replace(tzinfo=None)
    return REFERENCE[_positive(op)](value, given) is not op.startswith("n")


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, str, list[Any]]:
    """An attribute, a comparison that fits it, and values."""
    name = draw(st.sampled_from(sorted(VALUES)))
    ops = {
        "name": ["eq", "neq", "gt", "gte", "lt", "lte", "in", "nin", "between", "nbetween"],
        "isOn": ["eq", "neq"],
        "created": ["eq", "neq", "gt", "gte", "lt", "lte", "between", "nbetween"],
        "tags": ["contains", "ncontains", "in", "nin"],
    }
    op = draw(st.sampled_from(ops.get(name, ops["name"])))
    least, most = (2, 2) if "between" in op else (1, 3) if op in {"in", "nin", "contains", "ncontains"} else (1, 1)
    return name, op, draw(st.lists(VALUES[name], min_size=least, max_size=most))


def plain(value: Any) -> str:
    return value.isoformat() + "Z" if isinstance(value, datetime) else str(value)


def escaped(value: Any) -> str:
    return re.sub(r"([~,()])", r"\\\1", plain(value))


def written(op: str, values: list[Any]) -> str:
    return f"{op}.{','.join(escaped(one) for one in values)}"


def is_told_apart(values: list[Any]) -> bool:
    """Whether no backslash of a value can be taken for one of the grammar's own."""
    return not any(isinstance(one, str) and "\\" in one for one in values)


@given(things, st.lists(conditions().filter(lambda one: is_told_apart(one[2])), min_size=1, max_size=3))
def test_conditions_in_an_address_mean_what_they_say(
    thing: dict[str, Any], asked: list[tuple[str, str, list[Any]]]
) -> None:
    """``search=`` and ``attr.op=value`` say the same: all conditions hold; values are escaped by a backslash."""
    expected = all(reference(thing, name, op, values) for name, op, values in asked)
    text = "~".join(f"({name}.{written(op, values)})" for name, op, values in asked)
    assert expected == holds(read_search(text, KINDS), thing)
    pairs = [(f"{name}.{op}", written(op, values).partition(".")[2]) for name, op, values in asked]
    assert expected == holds(read_parameters(pairs, KINDS), thing)


SIGNS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def as_sql(name: str, op: str, values: list[Any]) -> str:
    literals = [
        str(one) if isinstance(one, bool | int) else "'" + plain(one).replace("'", "''") + "'" for one in values
    ]
    negated = "NOT " if op.startswith("n") else ""
    if op in SIGNS:
        return f"{name}{SIGNS[op]}{literals[0]}"
    if "between" in op:
        return f"{name} {negated}between {literals[0]} AND {literals[1]}"
    return f"{name} {negated}IN ({', '.join(literals)})"


@given(things, st.lists(st.lists(conditions().filter(lambda one: "contains" not in one[1]), min_size=1), min_size=1))
def test_sql_means_what_it_says(thing: dict[str, Any], asked: list[list[tuple[str, str, list[Any]]]]) -> None:
    """AND binds closer than OR; the fragments are one text."""
    expected = any(all(reference(thing, *one) for one in group) for group in asked)
    words = " OR ".join(" AND ".join(as_sql(*one) for one in group) for group in asked)
    assert expected == holds(read_sql([words], KINDS), thing)
    grouped = " or ".join(f"({' and '.join(f'({as_sql(*one)})' for one in group)})" for group in asked)
    assert expected == holds(read_sql(grouped.split(" or "), KINDS), thing) if len(asked) == 1 else True
    assert expected == holds(read_sql([grouped], KINDS), thing)


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=12))
def test_a_pattern_fits_what_a_shell_would_match(pattern: str, text: str) -> None:
    """``*`` is any run, ``!`` one character; the whole text must fit."""
    assert fnmatch.fnmatchcase(text, pattern) == fits(read_pattern(pattern, {"*": Wild.RUN, "?": Wild.ONE}), text)


def test_like_in_both_forms() -> None:
    """Addresses use ``*`` and ``!``, SQL uses ``%`` and ``_``; a backslash takes the next character as it is."""
    thing = {"name": "a*c_d"}
    for text in ("(name.like.a*)", "name.like.a!c!d", r"(name.like.a\*c_d)", "(name.nlike.a%)", r"name.nlike.a\!*"):
        assert holds(read_search(text, KINDS), thing), text
    for text in ("name LIKE 'a%'", r"name like 'a*c\_d'", "name NOT LIKE 'a_'", "name nlike 'a\\%'"):
        assert holds(read_sql([text], KINDS), thing), text


def test_a_pattern_of_many_runs_is_quick() -> None:
    """No text makes a comparison take time that explodes."""
    assert not fits(read_pattern("*a" * 40 + "b", {"*": Wild.RUN}), "a" * 20_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", "2024-01-01T00:00:00.000000Z"),
        ("2024-05", "2024-05-01T00:00:00.000000Z"),
        ("2020-04Z", "2020-04-01T00:00:00.000000Z"),
        ("2020-04-29-06:00", "2020-04-29T06:00:00.000000Z"),
        ("2020-04-29T20-06:00", "2020-04-30T02:00:00.000000Z"),
        ("2020-04-29T20:15-06:00", "2020-04-30T02:15:00.000000Z"),
        ("2020-04-29T20:15:52.126Z", "2020-04-29T20:15:52.126000Z"),
        ("2020-04-29T20:15:52:123456-06:00", "2020-04-30T02:15:52.123456Z"),
        ("2020-04-29 20:15:52.123456789", "2020-04-29T20:15:52.123456Z"),
        ("2020-06:00", "2020-01-01T06:00:00.000000Z"),
    ],
)
def test_a_time_may_be_written_from_the_year_on(text: str, expected: str) -> None:
    """What is left out is the start of its period; the zone is UTC when none is given."""
    assert (datetime.fromisoformat(expected) - EPOCH) // timedelta(microseconds=1) == read_time(text, where="x")


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_a_time_in_a_zone_is_the_same_instant(when: datetime, minutes: int) -> None:
    """Any zone will do."""
    there = when.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (there - EPOCH) // timedelta(microseconds=1)
    assert expected == read_time(there.isoformat(timespec="microseconds"), where="x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing.eq.a", 'There is no attribute "nothing"'),
        ("(name.eq.a)~name.eq.b", "stands in parentheses"),
        ("(name.eq.a", "attr.op.value"),
        ("name.eq", "attr.op.value"),
        ("name.eq.", "attr.op.value"),
        ("1name.eq.a", "attr.op.value"),
        ("name.is.a", 'There is no comparison "is"'),
        ("name.eq.a,b", "before each of"),
        ("name.eq.a(b", "before each of"),
        ("name.in.a,,b", "is empty"),
        ("name.between.a", "exactly two values"),
        ("nodeCount.like.1", "like does not fit nodeCount, a number"),
        ("nodeCount.eq.x", "is not a number"),
        ("nodeCount.eq.nan", "is not a number"),
        ("nodeCount.eq." + "9" * 5000, "is not a number"),
        ("isOn.eq.maybe", "neither true nor false"),
        ("isOn.gt.true", "gt does not fit isOn"),
        ("created.in.2024", "in does not fit created"),
        ("created.gt.2024-13", "is no time"),
        ("created.gt.0000", "is no time"),
        ("created.gt.yesterday", "is no time"),
        ("tags.eq.a", "eq does not fit tags"),
        ("notes.eq.a", "it can only be selected"),
    ],
)
def test_what_is_wrong_in_an_address_is_told(text: str, told: str) -> None:
    """The message says what is wrong and what would be right."""
    with pytest.raises(Invalid) as caught:
        read_search(text, KINDS)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the name of an attribute, not the end"),
        ("name", "= <> <"),
        ("name =", "a text in single quotes"),
        ("name = name", "a text in single quotes"),
        ("'a' = name", "the name of an attribute"),
        ("name = 'a", "This cannot be read: 'a"),
        ("name = 'a' nodeCount = 1", "AND, OR or the end"),
        ("(name = 'a'", "should stand )"),
        ("name IS NULL", "= <> <"),
        ("NOT name = 'a'", 'There is no attribute "NOT"'),
        ("name NOT = 'a'", "LIKE, BETWEEN or IN"),
        ("name IN 'a'", "should stand ("),
        ("nodeCount BETWEEN 1 OR 2", "should stand AND"),
        ("nodeCount = 1 + 2", "This cannot be read: + 2"),
        ("(" * 60 + "name = 'a'" + ")" * 60, "nested 50 deep"),
        ("nodeCount LIKE '1'", "like does not fit"),
    ],
)
def test_what_is_wrong_in_sql_is_told(text: str, told: str) -> None:
    """The message says what was expected where."""
    with pytest.raises(Invalid) as caught:
        read_sql([text], KINDS)
    assert told in str(caught.value)


def test_names_may_be_in_snake_case_and_comparisons_in_any_case() -> None:
    """Both spellings mean the same attribute."""
    assert holds(read_search("(node_count.EQ.2)~(is_on.Eq.TRUE)", KINDS), {"nodeCount": 2, "isOn": True})
    assert holds(read_sql(["node_count = 2 and is_on = true"], KINDS), {"nodeCount": 2, "isOn": True})


def test_nothing_is_asked_when_nothing_is_written() -> None:
    """Empty conditions say nothing."""
    for text in ("", "  ", "()", "()~()"):
        assert holds(read_search(text, KINDS), {}), text


def test_the_kind_may_be_told_by_the_value() -> None:
    """An attribute that may hold anything is compared as what it holds; where that makes no sense, nothing holds."""
    query = read_sql(["a.b >= '5' OR a.c = 'x' OR a.d = true OR a.e IN ('y')"], dict.fromkeys(_names(), Kind.ANY))
    assert isinstance(query, AnyOf)
    found: list[dict[str, Any]] = [
        {"a.b": 10},
        {"a.b": 4},
        {"a.b": "6"},
        {"a.c": "x"},
        {"a.c": 5},
        {"a.d": True},
        {"a.e": ["x", "y"]},
        {},
    ]
    assert [True, False, True, True, False, True, True, False] == [holds(query, one) for one in found]


def _names() -> list[str]:
    return ["a.b", "a.c", "a.d", "a.e"]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing that is written makes it fail in another way."""
    for read in (read_search, lambda words, kinds: read_sql([words], kinds)):
        try:
            holds(read(text, KINDS), {"name": "a", "nodeCount": 1, "created": 5, "tags": []})
        except Invalid:
            continue


def test_every_comparison_has_its_opposite() -> None:
    """A comparison and its opposite never hold together, and one does unless the value is missing."""
    for op in (Op.EQ, Op.IN, Op.LIKE, Op.BETWEEN):
        value = "b,c" if op is Op.BETWEEN else "b"
        both = [read_search(f"name.{word}.{value}", KINDS) for word in (op, f"n{op}")]
        assert [True, False] == sorted((holds(one, {"name": "b"}) for one in both), reverse=True), op
        assert [False, False] == [holds(one, {"name": None}) for one in both], op
