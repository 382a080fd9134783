"""Where the data are not public, one reads those of nodes whose files one may read."""

import base64
import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.beehive.field import Node, add_node, listening, query
from tests.scenarios.rescale import Rescale
from tests.service import Account, Service, hears, running_service, wait_until

WANTED = {"start": "2026-01-01", "filter": {"name": "private.*|upload"}}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose data are private."""
    settings = {"DRAGOMAN_FIELD_READING": "private", "DRAGOMAN_MEASUREMENTS_TRAILING_COMMA": "refuse"}
    with running_service(tmp_path_factory.mktemp("private"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def people(closed: Service) -> dict[str, Account]:
    """Two people, one for each node."""
    return {name: closed.account(name) for name in ("theone", "other")}


@pytest.fixture(scope="module")
def nodes(closed: Service, people: dict[str, Account]) -> dict[str, Node]:
    """A node for each of them, and what it measured."""
    made = {name: add_node(closed, f"V{place}23", allow=name) for place, name in enumerate(people)}
    for name, node in made.items():
        node.measure(name, name="private.who")
        assert 201 == node.upload("1795164459047831960-a.txt", name.encode()).status
    return made


def sage(account: Account) -> str:
    return f"Sage {account.token}"


def test_each_finds_only_their_own(closed: Service, people: dict[str, Account], nodes: dict[str, Node]) -> None:
    """With the token in any of the usual forms."""
    for name, account in people.items():
        basic = base64.b64encode(f"{name}:{account.token}".encode()).decode()
        for header in (sage(account), f"Token {account.token}", f"bearer {account.token}", f"Basic {basic}"):
            found = query(closed, WANTED, Authorization=header)
            assert {nodes[name].vsn} == {record["meta"]["vsn"] for record in found.records}
            assert name in found.values


def test_nobody_finds_anything(closed: Service, people: dict[str, Account], nodes: dict[str, Node]) -> None:
    """Without a token, with a wrong one, with a node's, or under another name."""
    false = base64.b64encode(f"other:{people['theone'].token}".encode()).decode()
    node = nodes["theone"].token
    for header in ("", "Sage", f"Sage {'0' * 40}", f"Sage {node}", "Digest x", "Basic !", f"Basic {false}"):
        found = query(closed, WANTED, **({"Authorization": header} if header else {}))
        assert (401, "Basic") == (found.status, found.headers["www-authenticate"])
        answer = httpx2.get(
            f"{closed.url}/api/v0/stream", headers={"Authorization": header}, trust_env=False, timeout=120
        )
        assert 401 == answer.status_code


def test_uploads_are_for_those_who_may(closed: Service, people: dict[str, Account], nodes: dict[str, Node]) -> None:
    """For others they do not exist."""
    url = f"{closed.url}/api/v1/data/sage/sage-none-latest/{nodes['theone'].name}/1795164459047831960-a.txt"

    def get(method: str = "GET", **headers: str) -> httpx2.Response:
        return httpx2.request(method, url, headers=headers, trust_env=False, timeout=120)

    assert (200, b"theone") == ((got := get(Authorization=sage(people["theone"]))).status_code, got.content)
    assert (404, {"error": "not found"}) == ((got := get(Authorization=sage(people["other"]))).status_code, got.json())
    nobody = get()
    assert (401, '{\n  "error": "not authorized"\n}', "Basic") == (
        nobody.status_code,
        nobody.text,
        nobody.headers["www-authenticate"],
    )
    assert 401 == get("HEAD").status_code


def test_listeners_hear_only_their_own(closed: Service, people: dict[str, Account], nodes: dict[str, Node]) -> None:
    """Another node's measurements pass them by."""
    with listening(closed, authorization=sage(people["other"]), name="private.live") as heard:
        nodes["theone"].measure(1, name="private.live")
        nodes["other"].measure(2, name="private.live")
        assert 2 == next(heard)["value"]


def test_an_administrator_finds_everything(closed: Service, nodes: dict[str, Node]) -> None:
    """Both nodes'."""
    words = ("account", "add", "root", "--email", "root@example.com", "--password", "secret words", "--admin")
    token = json.loads(closed.command(*words, "--output", "json").stdout)["token"]
    found = query(closed, WANTED, Authorization=f"Sage {token}")
    assert {node.vsn for node in nodes.values()} == {record["meta"]["vsn"] for record in found.records}


def test_a_comma_too_many_is_refused_where_that_is_set(closed: Service, people: dict[str, Account]) -> None:
    """As the real service does."""
    found = query(closed, '{"start":"-5m",}', Authorization=sage(people["theone"]))
    why = "error: failed to parse query: invalid character '}' looking for beginning of object key string\n"
    assert (400, why) == (found.status, found.text)


def test_triggers_see_what_their_owners_may_read(
    closed: Service, people: dict[str, Account], nodes: dict[str, Node]
) -> None:
    """A trigger of each on the same name: each node's measurement counts for one of them alone."""
    for name, account in people.items():
        with closed.client(account.token) as http:
            stored = Rescale(http).create("true")
        closed.command("trigger", "add", name, stored, "--name", "private.rain", "--rate", "1/h")
    nodes["theone"].measure(1, 2, name="private.rain")
    told = json.loads(closed.command("trigger", "list", "--output", "json").stdout)
    assert {"theone": (1, 1), "other": (0, 0)} == {one["owner"]: (one["started"], one["skipped"]) for one in told}


def test_a_token_that_is_taken_back_hears_no_more(closed: Service, nodes: dict[str, Node]) -> None:
    """Though it listens already, and something is measured all the time."""
    reader = closed.account("reader")
    closed.command("node", "allow", nodes["theone"].vsn, reader.name)
    with listening(closed, authorization=sage(reader), name="private.late") as heard:
        node = nodes["theone"]
        node.measure(0, name="private.late")
        assert 0 == next(heard)["value"]
        closed.command("token", "remove", reader.name, "--label", "first")
        wait_until(lambda: node.send(node.record(1, name="private.late")).status == 200 and not hears(heard))
