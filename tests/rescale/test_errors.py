"""Problems become the answers that the published service gives."""

import json
from typing import Any

import pytest
from starlette.responses import Response

from dragoman.core import errors
from dragoman.core.errors import Invalid, NotFound, Problem, Unauthenticated
from dragoman.dialects.rescale.auth import read_key
from dragoman.dialects.rescale.errors import ANSWERS, Refused, answer_problem, nest

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Problem)]


def body_of(answer: Response) -> Any:
    """The JSON of an answer."""
    return json.loads(bytes(answer.body))


def test_every_kind_of_problem_has_an_answer() -> None:
    """The table is whole."""
    assert {kind.kind for kind in KINDS if kind is not Problem} == set(ANSWERS)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "Authentication credentials were not provided."),
        ("Basic abc", "Authentication credentials were not provided."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
    ],
)
def test_a_header_without_a_key_is_told_what_it_lacks(header: str, told: str) -> None:
    """The words are those of the published framework."""
    with pytest.raises(Unauthenticated) as caught:
        read_key(header)
    answer = answer_problem(caught.value)
    assert (401, "Token") == (answer.status_code, answer.headers["www-authenticate"])
    assert {"detail": told} == body_of(answer)


@pytest.mark.parametrize("header", ["Token k1", "token k1", "BEARER k1", "Bearer  k1"])
def test_both_schemes_are_known_in_any_case(header: str) -> None:
    """Older clients say Token, newer ones Bearer."""
    assert "k1" == read_key(header)


def test_what_is_not_there_is_not_found_and_no_more() -> None:
    """The answer never tells what a thing would have been."""
    answer = answer_problem(NotFound("No job of this account is called QTVia."))
    assert (404, {"detail": "Not found."}) == (answer.status_code, body_of(answer))


def test_a_refusal_carries_its_own_status_and_headers() -> None:
    """A wrong method is told with the methods that there are."""
    answer = answer_problem(Refused(405, 'Method "POST" not allowed.', {"Allow": "GET, HEAD"}))
    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["allow"])
    assert {"detail": 'Method "POST" not allowed.'} == body_of(answer)


def test_complaints_nest_like_the_request() -> None:
    """Lists are as long as the request's, with {} where nothing is wrong."""
    problem = Invalid({("jobanalyses", 1, "inputFiles", 0, "id"): ["No."], ("name",): ["Bad."]})
    asked: Any = {"jobanalyses": [{}, {"inputFiles": [{}, {}]}, {}]}
    expected = {"jobanalyses": [{}, {"inputFiles": [{"id": ["No."]}, {}]}, {}], "name": ["Bad."]}
    assert expected == body_of(answer_problem(problem, asked))


def test_complaints_about_a_whole_have_a_key_of_their_own() -> None:
    """They stand beside the complaints about its fields."""
    assert {"nonFieldErrors": ["No."]} == body_of(answer_problem(Invalid({(): ["No."]})))
    assert {"a": {"nonFieldErrors": ["No."], "b": ["Bad."]}} == nest({("a",): ["No."], ("a", "b"): ["Bad."]}, None)
    assert [{}, {"nonFieldErrors": ["No."]}] == nest({(1,): ["No."]}, None)
