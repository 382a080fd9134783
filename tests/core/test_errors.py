"""What a problem says to the person who asked."""

import pytest

from dragoman.core import errors
from dragoman.core.errors import Invalid, Path, Problem

TOLD: dict[str, tuple[dict[Path, list[str]], str]] = {
    "one field": ({("name",): ["It is missing."]}, "name: It is missing."),
    "a place in a list": ({("steps", 0, "command"): ["It is empty."]}, "steps.0.command: It is empty."),
    "the whole request": ({(): ["It is no JSON."]}, "request: It is no JSON."),
    "two complaints": ({("name",): ["It is long.", "It is odd."]}, "name: It is long. It is odd."),
    "two fields": ({("b",): ["Bad."], ("a",): ["Bad too."]}, "b: Bad.; a: Bad too."),
}


@pytest.mark.parametrize(("fields", "text"), TOLD.values(), ids=TOLD)
def test_invalid_names_each_field_with_its_complaints(fields: dict[Path, list[str]], text: str) -> None:
    """In the order in which they were found, each with where it stands."""
    assert (text, text) == (Invalid(fields).message, str(Invalid(fields)))
    assert fields == Invalid(fields).fields


def test_invalid_keeps_what_it_was_given() -> None:
    """A complaint that is added to the caller's list afterwards is not told."""
    messages = ["First."]
    problem = Invalid({("a",): messages})
    messages.append("Second.")
    assert {("a",): ["First."]} == problem.fields


def test_one_field_is_quickly_said() -> None:
    """The short form for one complaint says the same."""
    assert Invalid({("a", 1): ["Bad."]}).fields == Invalid.field("a", 1, why="Bad.").fields


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("It is full.", hint="Make room."), "It is full. Make room."),
        (Problem("It is full."), "It is full."),
        (Invalid({("a",): ["Bad."]}, hint="See the docs."), "a: Bad. See the docs."),
    ],
)
def test_a_problem_says_what_is_wrong_and_then_what_to_do(problem: Problem, text: str) -> None:
    """The message stays by itself for those who show the hint elsewhere."""
    assert text == str(problem)
    assert (problem.message,) == problem.args
    assert text == f"{problem.message} {problem.hint}".rstrip()


def test_each_problem_has_a_word_of_its_own() -> None:
    """Doors and logs tell them apart by it; a special case of one keeps its word."""
    family = [one for one in Problem.__subclasses__() if one.__module__ == errors.__name__]
    assert len(family) == len({one.kind for one in family} - {Problem.kind})


def test_a_problem_can_be_kept_whatever_a_host_complains_of() -> None:
    """PostgreSQL takes no NUL, and UTF-8 no half characters: what a host has said is told without them."""
    problem = Problem("The host says: a\0b\udce9é.", hint="Ask it.")
    assert ("The host says: a\ufffdb?é.", "The host says: a\ufffdb?é. Ask it.") == (problem.message, str(problem))
