"""The front: each path goes to the door that it belongs to, and what belongs to none is answered here."""

import json
from typing import Any

import httpx2
import pytest

from dragoman import __version__
from dragoman.core.errors import Conflict
from dragoman.server.front import App, Front
from dragoman.web.door import Claim, Door
from tests.service import Service

pytestmark = pytest.mark.anyio


def answered(name: str) -> App:
    """Answers with a name, the prefix and the path."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        body = json.dumps([name, scope["root_path"], scope["path"]]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


def door(name: str, *prefixes: str) -> Door:
    """A door that answers so."""
    return Door(name=name, prefixes=prefixes, app=answered(name))


async def ask(front: Front, path: str, method: str = "GET") -> tuple[int, Any]:
    """Status and body of a request."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "", "headers": []}
    await front(scope, None, send)
    start, body = sent
    return start["status"], json.loads(body["body"])


DOORS = (door("one", "/v2", "/v3"), door("two", "/other/v2"))


@pytest.mark.parametrize(
    ("path", "name", "prefix"),
    [
        ("/v2", "one", "/v2"),
        ("/v2/", "one", "/v2"),
        ("/v2/jobs/x/", "one", "/v2"),
        ("/v3/jobs", "one", "/v3"),
        ("/other/v2/x", "two", "/other/v2"),
        ("/v2//", "one", "/v2"),
        ("/v2/livez", "one", "/v2"),
    ],
)
async def test_a_path_goes_to_its_door(path: str, name: str, prefix: str) -> None:
    """Whole, with the prefix that matched beside it."""
    assert (200, [name, prefix, path]) == await ask(Front(DOORS, lambda: True), path)


@pytest.mark.parametrize("path", ["//v3/jobs", "////v3/jobs"])
async def test_slashes_before_a_path_do_not_count(path: str) -> None:
    """Clients that were given an address with a slash at its end send two."""
    assert (200, ["one", "/v3", "/v3/jobs"]) == await ask(Front(DOORS, lambda: True), path)


@pytest.mark.parametrize("path", ["/", "", "/v", "/v20", "/v2x/jobs", "/V2", "/other", "/x/v2", "/livez/"])
async def test_any_other_path_is_told_which_doors_there_are(path: str) -> None:
    """404 that names the path, and every door with its prefixes."""
    status, body = await ask(Front(DOORS, lambda: True), path)
    assert (404, {"one": ["/v2", "/v3"], "two": ["/other/v2"]}) == (status, body["doors"])
    assert f"No door answers at {path}." == body["detail"]


def test_two_doors_cannot_want_the_same_prefix() -> None:
    """The start is refused, and both are named."""
    with pytest.raises(Conflict, match="The doors one and two both want /a"):
        Front([door("one", "/x", "/a"), door("two", "/y", "/a")], lambda: True)


@pytest.mark.parametrize("order", [1, -1])
async def test_the_longest_prefix_counts(order: int) -> None:
    """A door may have a part of what would be another one's, whichever comes first."""
    front = Front([door("outer", "/a"), door("inner", "/a/b", "/a/c/d")][::order], lambda: True)
    for path, name in (("/a", "outer"), ("/a/x", "outer"), ("/a/b", "inner"), ("/a/b/x", "inner"), ("/a/bx", "outer")):
        assert name == (await ask(front, path))[1][0]
    assert ["outer", "/a", "/a/c/x"] == (await ask(front, "/a/c/x"))[1]


def claiming(name: str, prefix: str, *claims: Claim) -> Door:
    """A door that claims single paths too."""
    return Door(name=name, prefixes=(prefix,), claims=claims, app=answered(name))


GET = Claim(path="/token", methods=frozenset({"GET"}))
POST = Claim(path="/token", methods=frozenset({"POST"}))
CLAIMS = (claiming("one", "/v2", Claim(path="/"), GET), claiming("two", "/v3", POST))


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/", "one"),
        ("POST", "/", "one"),
        ("GET", "/token", "one"),
        ("POST", "/token/", "two"),
        ("PUT", "/token", "one"),
        ("GET", "/v3/token", "two"),
    ],
)
async def test_doors_share_a_path_by_method(method: str, path: str, name: str) -> None:
    """A method that none of them wants is answered by the first."""
    status, (door_name, *_) = await ask(Front(CLAIMS, lambda: True), path, method)
    assert (200, name) == (status, door_name)


@pytest.mark.parametrize("methods", [frozenset[str](), frozenset({"GET", "PUT"})])
def test_two_doors_cannot_claim_the_same_path_by_the_same_method(methods: frozenset[str]) -> None:
    """The start is refused; so it is where a claim lies below another door's prefix."""
    for path in ("/token", "/v2/token"):
        second = claiming("two", "/v3", Claim(path=path, methods=methods))
        with pytest.raises(Conflict, match=f"The doors one and two both want {path}"):
            Front([claiming("one", "/v2", GET), second], lambda: True)


def test_doors_may_have_names_that_begin_alike() -> None:
    """A prefix ends where a part of a path ends."""
    Front([door("one", "/a", "/a/b/c"), door("two", "/ab", "/a-b"), door("three", "/b/a")], lambda: True)


async def test_it_is_ready_as_long_as_the_engine_works() -> None:
    """503 when it does not, while the process is alive all the same."""
    assert (200, {"status": "ready"}) == await ask(Front(DOORS, lambda: True), "/readyz")
    assert (503, {"status": "not ready"}) == await ask(Front(DOORS, lambda: False), "/readyz")
    assert (200, {"status": "alive", "version": __version__}) == await ask(Front(DOORS, lambda: False), "/livez")


def test_a_real_service_is_alive_and_ready(service: Service) -> None:
    """Nobody needs a key to ask."""
    with httpx2.Client(base_url=service.url, trust_env=False, timeout=120) as http:
        alive, ready, none = (http.get(path) for path in ("/livez", "/readyz", "/nothing/here"))
        assert b"" == http.head("/livez").content
    assert (200, {"status": "alive", "version": __version__}) == (alive.status_code, alive.json())
    assert (200, {"status": "ready"}) == (ready.status_code, ready.json())
    assert (404, "No door answers at /nothing/here.") == (none.status_code, none.json()["detail"])
    assert "/api/v2" in none.json()["doors"]["rescale"]
    assert {"application/json"} == {answer.headers["content-type"] for answer in (alive, ready, none)}
