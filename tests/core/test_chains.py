"""Chains of starts: what comes back to itself is found before anything starts, whoever holds the rule."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from dragoman.core.chains import MOST_LINKS, Startable, start_fault
from dragoman.core.errors import NotFound
from dragoman.core.job import Job
from tests.drafts import stored_draft

Rules = Mapping[str, Sequence[str]]
"""By a job's alias, what it starts."""


def job(alias: str, starts: Sequence[str] = ()) -> Job:
    return stored_draft(door="field", alias=alias, notes={"starts": starts})


DOORS = {
    "field": Startable(
        fault=lambda one: "It has no end." if one.alias == "endless" else "", starts=lambda one: one.notes["starts"]
    )
}


def among(rules: Rules) -> Callable[[str], Job]:
    def find(reference: str) -> Job:
        alias = reference.removeprefix("field/")
        if alias not in rules:
            raise NotFound("There is none.")
        return job(alias, rules[alias])

    return find


@pytest.mark.parametrize(
    "rules",
    [
        {"a": []},
        {"a": ["b", "c"], "b": ["d"], "c": ["d", "field/d"], "d": []},
        {"a": ["gone"]},
        {"a": ["endless"], "endless": []},  # is told when it is to be started itself
    ],
)
def test_what_may_start(rules: Rules) -> None:
    assert "" == start_fault("a", among(rules), DOORS)


@pytest.mark.parametrize(
    ("rules", "chain"),
    [
        ({"a": ["a"]}, "field/a > field/a"),
        ({"a": ["field/a"]}, "field/a > field/a"),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, "field/a > field/b > field/c > field/a"),
        ({"a": ["x", "b"], "x": [], "b": ["c"], "c": ["b"]}, "field/b > field/c > field/b"),
    ],
)
def test_a_chain_that_comes_back(rules: Rules, chain: str) -> None:
    """The first job need not be part of it."""
    assert f"Jobs would start each other without end: {chain}." == start_fault("a", among(rules), DOORS)


def test_the_job_that_holds_the_rule_is_part_of_the_chain() -> None:
    """Its stored form may say less than the one that is to be submitted."""
    find = among({"a": ["b"], "b": ["me"], "me": []})
    assert "" == start_fault("a", find, DOORS)
    told = start_fault("a", find, DOORS, holder=job("me"))
    assert "field/me > field/a > field/b > field/me" in told
    assert "field/me > field/me" in start_fault("me", find, DOORS, holder=job("me"))


def test_what_the_door_says_comes_first() -> None:
    assert "It has no end." == start_fault("endless", among({"endless": ["endless"]}), DOORS)
    with pytest.raises(NotFound):
        start_fault("gone", among({}), DOORS)


def test_a_chain_ends_somewhere() -> None:
    """Nobody waits for thousands of jobs to be looked at."""
    long = {str(one): [str(one + 1)] for one in range(MOST_LINKS)} | {str(MOST_LINKS): []}
    assert "" == start_fault("1", among(long), DOORS)
    assert f"{MOST_LINKS} other jobs in turn" in start_fault("0", among(long), DOORS)
