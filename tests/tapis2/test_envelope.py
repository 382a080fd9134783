"""What is around every answer, and how it is printed."""

import json
import re

import pytest

from dragoman.dialects.tapis2.envelope import projected, text
from dragoman.dialects.tapis2.refused import TABLE
from dragoman.dialects.tapis2.slashes import one_form
from tests.tapis2.people import Person, told

PRETTY = """\
{
  "a" : [ {
    "b" : [ 1, "2" ],
    "c" : { }
  }, {
    "d" : [ ]
  } ],
  "e" : null
}"""


def test_pretty_answers_are_printed_as_people_know_them() -> None:
    value = {"a": [{"b": [1, "2"], "c": {}}, {"d": []}], "e": None}
    assert PRETTY == text(value, pretty=True)
    assert '{"a":[{"b":[1,"2"],"c":{}},{"d":[]}],"e":null}' == text(value, pretty=False)


def test_fields_are_picked_by_dotted_names() -> None:
    thing = {"id": 1, "name": "x", "_links": {"self": {"href": "h"}, "owner": {"href": "o"}}, "queues": [{"name": "q"}]}
    assert {"id": 1, "_links": {"self": {"href": "h"}}} == projected(thing, ["id", "_links.self.href", "no.such"])
    assert [{"queues": [{"name": "q"}]}] == projected([thing], ["queues.name"])


@pytest.mark.parametrize(
    ("sent", "form"),
    [
        ("/jobs/v2", "/jobs/v2/"),
        ("//jobs//v2//x//outputs/listings//sub", "/jobs/v2/x/outputs/listings/sub/"),
        ("/files/v2/media/system/S/a//b", "/files/v2/media/system/S/a/b/"),
        ("/files/v2/media/system/S//a/b/", "/files/v2/media/system/S/%2Fa/b/"),
        ("/files/v2/listings/system/S//", "/files/v2/listings/system/S/%2F/"),
        ("/files/v2/listings/system/S/", "/files/v2/listings/system/S/"),
        ("/files/v2/listings//a", "/files/v2/listings/%2Fa/"),
        ("/files/v2/listings", "/files/v2/listings/"),
    ],
)
def test_paths_come_in_one_form(sent: str, form: str) -> None:
    """A slash at the beginning of the path of a file means the root of its system."""
    assert form == one_form(sent.encode())


def test_a_naked_answer_is_the_result_alone(joe: Person) -> None:
    answer = joe.http.get("/profiles/v2/me?naked=true&filter=username")
    assert '{"username":"joe"}' == answer.text
    assert '{\n  "username" : "joe"\n}' == joe.http.get("/profiles/v2/me?naked=true&filter=username&pretty=true").text


def test_an_envelope_has_its_keys_in_order(joe: Person) -> None:
    answer = joe.http.get("/profiles/v2/me?filter=username")
    assert ["status", "message", "version", "result"] == list(answer.json())
    assert ["status", "message", "version"] == list(joe.http.get("/profiles/v2/no").json())


def test_refusals_are_pretty_on_demand(joe: Person) -> None:
    """Compact where nobody asks: clients look for the compact words in what they have downloaded."""
    compact, pretty = joe.http.get("/profiles/v2/no"), joe.http.get("/profiles/v2/no?pretty=true")
    assert '{"status":"error","message":' in compact.text
    assert pretty.text.startswith('{\n  "status" : "error",')
    assert json.loads(pretty.text) == compact.json()


def test_what_is_not_here_is_refused_in_the_envelope(joe: Person) -> None:
    """Never in the words of the framework."""
    assert joe.get("/jobs/v2/a/b/c/d/e", 404)
    assert joe.put("/profiles/v2", 405)
    assert "GET" in joe.http.put("/profiles/v2").headers["allow"]
    assert joe.get("/profiles/v2?limit=x", 400).startswith("Invalid limit value.")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[1])
def test_what_is_not_offered_says_what_to_do_instead(joe: Person, row: tuple[tuple[str, ...], str, str]) -> None:
    methods, path, instead = row
    for method in methods:
        answer = joe.http.request(method, "/" + re.sub(r"\{.*?\}", "x", path))
        assert f"This is not offered here. {instead}" == told(answer, 400)
