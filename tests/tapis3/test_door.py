"""The frame: paths are forgiven much, mistakes get an envelope, and nothing is a fault of ours."""

import json
from typing import Any

import pytest

from dragoman.core import errors
from dragoman.core.errors import Conflict, Invalid, Problem, Unavailable, Unsupported
from dragoman.dialects.tapis3.errors import STATUSES, Refused
from tests.tapis3.envelopes import refused
from tests.tapis3.frame import LIMIT, raising, result, route, send

pytestmark = pytest.mark.anyio

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Problem)]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v3/things/", {}),
        ("/v3//things", {}),
        ("/v3/things/a", {"thing": "a"}),
        ("/v3/things//a//", {"thing": "a"}),
        ("/v3/%74hings/%61", {"thing": "a"}),
        ("/v3/things/a%2Fb", {"thing": "a/b"}),
        ("/v3/things/a%252Fb", {"thing": "a%2Fb"}),
        ("/v3/things/a+b%20c;d", {"thing": "a+b c;d"}),
        ("/v3/things/%C3%A9", {"thing": "é"}),
        ("/v3/things/{thing}", {"thing": "{thing}"}),
        ("/v3/ops/vm", {"thing": "vm", "path": ""}),
        ("/v3/ops/vm//", {"thing": "vm", "path": ""}),
        ("/v3/ops/vm//a/b%20c/", {"thing": "vm", "path": "a/b c"}),
        ("/v3/ops/vm/a%2Fb/c", {"thing": "vm", "path": "a/b/c"}),
        ("/v3/ops/vm/a%0Ab", {"thing": "vm", "path": "a\nb"}),
        ("/v3/ops/vm/%2E%2E", {"thing": "vm", "path": ".."}),
    ],
)
async def test_a_path_is_read_once_and_forgivingly(path: str, params: dict[str, str]) -> None:
    """Slashes too many do not count; an encoded slash is data; what is encoded twice is decoded once."""
    assert params == await result("GET", path)


@pytest.mark.parametrize("path", ["/v3", "/v3/other", "/v3/things/a/b", "/v3/%2Fthings", "/v3/things%2Fa"])
async def test_what_is_not_there_gets_an_envelope(path: str) -> None:
    """Also for a method that no path has."""
    for method in ("GET", "POST", "BREW"):
        refused(await send(method, path), 404)


async def test_a_wrong_method_is_told() -> None:
    """With those that there are; and one path may be served by several routes."""
    answer = await send("PUT", "/v3/things/a")
    assert "PUT" in refused(answer, 405)
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))
    assert {"thing": "vm"} == await result("POST", "/v3/ops/vm")
    assert {"thing": "vm", "path": ""} == await result("GET", "/v3/ops/vm")


async def test_head_is_a_get() -> None:
    """Whoever asks for the head alone is told the same."""
    got, headed = await send("GET", "/v3/things"), await send("HEAD", "/v3/things")
    assert (got.status_code, got.headers) == (headed.status_code, headed.headers)


async def test_a_route_needs_a_token_unless_it_is_open() -> None:
    """That is said before anything else is looked at."""
    answer = await send("GET", "/v3/closed?pretty=perhaps")
    assert "X-Tapis-Token" in refused(answer, 401)
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", ["", False, 7]),
        ("?word=a%20b+c&yes=True&n=-3", ["a b c", True, -3]),
        ("?yes=true", ["", True, 7]),
        ("?yes=1&n=0", ["", True, 0]),
        ("?yes=FALSE&n=", ["", False, 7]),
        ("?yes=0&other=1&other=2", ["", False, 7]),
    ],
)
async def test_a_query_is_read_as_clients_write_it(query: str, read: list[Any]) -> None:
    """Yes and no in Python's way too; what nobody asks for is not looked at."""
    assert read == await result("GET", f"/v3/things/asked{query}")


@pytest.mark.parametrize(
    "query", ["word=a&word=b", "yes=perhaps", "n=x", "n=1.5", "n=" + "9" * 19, "word=%00", "n=%D9%A1", "pretty=x"]
)
async def test_a_wrong_query_is_told(query: str) -> None:
    """By the name of the parameter."""
    assert query.partition("=")[0] in refused(await send("GET", f"/v3/things/asked?{query}"), 400)


@pytest.mark.parametrize("thing", ["%00", "%FF", "a%C3"])
async def test_a_path_that_is_no_text_is_told(thing: str) -> None:
    """Nothing is named like that."""
    assert "thing" in refused(await send("GET", f"/v3/things/{thing}"), 400)


@pytest.mark.parametrize("body", [b"", b" \n", b"{}"])
async def test_no_body_is_an_empty_object(body: bytes) -> None:
    """Without a Content-Type too."""
    assert {} == await result("POST", "/v3/things/asked", content=body)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain", ""])
async def test_a_body_is_json_whatever_it_is_called(kind: str) -> None:
    """As curl -d sends it, for one."""
    body = {"a": [1, {"b": "é😀"}]}
    headers = {"Content-Type": kind} if kind else {}
    assert body == await result("POST", "/v3/things/asked", content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0000"}',
        b'{"a":["\\ud800"]}',
        b'{"\\u0000":1}',
        b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"a":' + b"[" * 4000,
        b'{"a":"\x00"}',
    ],
)
async def test_what_is_no_json_object_is_told(body: bytes) -> None:
    """Bad input is never a fault of ours."""
    refused(await send("POST", "/v3/things/asked", content=body), 400)


async def test_a_body_has_a_limit() -> None:
    """It is the one in the settings."""
    body = b'{"a":"' + b"x" * LIMIT + b'"}'
    refused(await send("POST", "/v3/things/asked", content=body), 413)


async def test_pretty_is_for_people() -> None:
    """The same JSON on many lines."""
    plain, pretty = await send("GET", "/v3/things/a"), await send("GET", "/v3/things/a?pretty=true")
    assert plain.json() == pretty.json()
    assert (1, True) == (len(plain.text.splitlines()), len(pretty.text.splitlines()) > 5)


def test_every_kind_of_problem_has_an_answer() -> None:
    """The table is whole."""
    assert {kind.kind for kind in KINDS if kind is not Problem} == set(STATUSES)


@pytest.mark.parametrize(
    ("problem", "status", "message"),
    [
        (Invalid({("a", 0): ["One."], ("b",): ["Two."]}), 400, "a.0: One.; b: Two."),
        (Unsupported("Globus systems."), 400, "Not supported here: Globus systems."),
        (Unsupported("Globus is not supported here."), 400, "Globus is not supported here."),
        (Conflict("It is there.", hint="Choose another."), 409, "It is there. Choose another."),
        (Unavailable("The host is silent."), 503, "The host is silent."),
        (Refused(418, "No."), 418, "No."),
    ],
)
async def test_a_problem_becomes_an_answer(problem: Problem, status: int, message: str) -> None:
    """With everything that was found wrong."""
    assert message == refused(await send("GET", "/v3/x", (route("GET", "x", raising(problem)),)), status)


async def test_a_refusal_may_have_a_result() -> None:
    """As a create that finds the name taken tells the address of what has it."""
    refusal = Refused(409, "There.", result={"url": "x"})
    answer = await send("GET", "/v3/x", (route("GET", "x", raising(refusal)),))
    assert {"url": "x"} == answer.json()["result"]


async def test_a_fault_of_ours_tells_no_secret() -> None:
    """It is in the log alone."""
    assert "secret" not in refused(await send("GET", "/v3/things/broken"), 500)
