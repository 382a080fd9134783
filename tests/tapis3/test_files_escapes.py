"""No route leads out of a system's root: not by dots, however they are written, nor by anything else in a path."""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dragoman.dialects.tapis3.files import ROUTES
from tests.places.house import House
from tests.tapis3.envelopes import refused

pytestmark = pytest.mark.anyio

ESCAPES = {
    "up": "../secret",
    "up and down": "a/../../secret",
    "up at the end": "a/..",
    "encoded dots": "%2e%2e/secret",
    "encoded slashes": "a%2f..%2f..%2fsecret",
    "everything encoded": "%2e%2e%2fsecret",
    "behind many slashes": "//..//secret",
    "a null": "a%00b",
    "too long": "x" * 300,
    "a deep one": "/".join(["x" * 200] * 25),
}
ODD = ("a%0ab", "a%1bb", "a%ffb", "a/%ff%0a")
"""Names that may be on hosts, and that nobody is to make."""
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PUT", "files/ops"): {"json": {"operation": "COPY", "newPath": "b"}},
    ("POST", "files/ops"): {"files": {"file": ("f", b"x")}},
    ("POST", "files/utils/linux"): {"json": {"operation": "CHMOD", "argument": "700"}},
    ("POST", "files/utils/linux/facl"): {"json": {"operation": "REMOVE_ALL"}},
    ("POST", "files/permissions"): {"json": {"username": "bob", "permission": "READ"}},
    ("POST", "files/share"): {"json": {"users": ["bob"]}},
    ("POST", "files/unshare"): {"json": {"users": ["bob"]}},
}


def routes_with_paths() -> Iterator[tuple[str, str]]:
    """Method and beginning of every route that takes a path on a system."""
    for route in ROUTES:
        if route.path.endswith("{path:path}"):
            yield route.method, route.path.partition("/{")[0]


def test_all_routes_are_tried() -> None:
    """A new one too."""
    assert 19 == len(list(routes_with_paths()))
    assert set(BODIES) <= set(routes_with_paths())


@pytest.mark.parametrize(("method", "start"), list(routes_with_paths()))
async def test_a_path_does_not_lead_out(house: House, method: str, start: str) -> None:
    """It is refused before anybody looks, and nothing is done."""
    (house.root / "secret").write_text("secret")
    house.put("vm", "a/f", "x")
    more = BODIES.get((method, start), {"params": {"username": "bob"}})
    for kind, path in ESCAPES.items():
        house.hosts.asked.clear()
        refused(await house.ask("ann", method, f"{start}/vm/{path}", **more), 400)
        assert [] == house.hosts.asked, kind
    assert "secret" == (house.root / "secret").read_text()
    assert ["f"] == [entry.name for entry in house.at("vm", "a").iterdir()]


@pytest.mark.parametrize(("method", "start"), list(routes_with_paths()))
async def test_an_odd_name_is_one_that_is_not_there(house: House, method: str, start: str) -> None:
    """Nothing is made by it, and no answer is a fault of the service's."""
    house.put("vm", "a/f", "x")
    more = BODIES.get((method, start), {"params": {"username": "bob"}})
    for path in ODD:
        answer = await house.ask("ann", method, f"{start}/vm/{path}", **more)
        assert answer.status_code in {200, 400, 404}, answer.text
        assert not re.search(r"\\u[dD][89abAB]", answer.text)
    assert ["a"] == [entry.name for entry in house.at("vm").iterdir()]
    assert ["f"] == [entry.name for entry in house.at("vm", "a").iterdir()]


@pytest.mark.parametrize("name", [b"a\nb", b"\x1b[31m", b"\xff\xfe", "caf\u00e9".encode("latin-1"), b"%41?#"])
async def test_what_has_an_odd_name_is_reached_by_its_bytes(house: House, name: bytes) -> None:
    """Listed, fetched, shared, moved and deleted; where it is no text, its ``url`` tells the bytes."""
    house.put("vm", "out/plain", "x")
    with open(os.fsencode(house.at("vm", "out")) + b"/" + name, "wb") as file:
        file.write(b"odd")
    place, quoted = "files/ops/vm/out", quote(name)
    (row,) = [one for one in (await house.ask("ann", "GET", place)).json()["result"] if one["name"] != "plain"]
    is_text = "\ufffd" not in row["name"]
    assert row["name"] if is_text else row["url"].endswith(f"/{quoted}")
    assert b"odd" == (await house.ask("ann", "GET", f"files/content/vm/out/{quoted}")).content
    given = {"username": "bob", "permission": "READ"}
    assert 200 == (await house.ask("ann", "POST", f"files/permissions/vm/out/{quoted}", json=given)).status_code
    held = [(await house.ask("bob", "GET", f"files/permissions/vm/out/{one}")).json() for one in (quoted, "plain")]
    assert ["READ", None] == [one["result"]["permission"] for one in held]
    body = {"operation": "MOVE", "newPath": "out/even"}
    assert 200 == (await house.ask("ann", "PUT", f"{place}/{quoted}", json=body)).status_code
    assert ["even", "plain"] == sorted(entry.name for entry in house.at("vm", "out").iterdir())
    os.rename(house.at("vm", "out/even"), os.fsencode(house.at("vm", "out")) + b"/" + name)
    assert 200 == (await house.ask("ann", "DELETE", f"{place}/{quoted}")).status_code
    assert ["plain"] == [entry.name for entry in house.at("vm", "out").iterdir()]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a/..", "a\0b", "a\nb", "a\nb/", "x" * 300])
async def test_a_path_in_a_body_does_not_lead_out(house: House, path: str) -> None:
    """Neither a directory to make, nor a new place, nor an end of a transfer."""
    house.put("vm", "a", "x")
    refused(await house.ask("ann", "POST", "files/ops/vm", json={"path": path}), 400)
    for operation in ("MOVE", "COPY"):
        body = {"operation": operation, "newPath": path}
        refused(await house.ask("ann", "PUT", "files/ops/vm/a", json=body), 400)
    for source, target in ((path, "a"), ("a", path)):
        element = {"sourceURI": f"tapis://vm/{source}", "destinationURI": f"tapis://vm/{target}"}
        refused(await house.ask("ann", "POST", "files/transfers", json={"elements": [element]}), 400)
    assert ["a"] == [entry.name for entry in house.at("vm").iterdir()]
