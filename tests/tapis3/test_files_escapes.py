"""No route leads out of a system's root: not by dots, however they are written, nor by anything else in a path."""

from collections.abc import Iterator
from typing import Any

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
    "a line break": "a%0ab",
    "an escape": "a%1bb",
    "no text": "a%ffb",
    "too long": "x" * 300,
    "a deep one": "/".join(["x" * 200] * 25),
}
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


@pytest.mark.parametrize("path", ["../x", "a/../../x", "a/..", "a\0b", "a\nb", "x" * 300])
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
