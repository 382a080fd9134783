"""Transfers as this door takes and shows them; what is copied how is told by the engine's tests."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from dragoman.core.transfers import TransferState
from dragoman.dialects.tapis3.write_transfer import STATES
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio

TRANSFERS = "files/transfers"


def element(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"sourceURI": source, "destinationURI": target, **more}


async def post(house: House, elements: Any, user: str = "ann", **more: Any) -> httpx2.Response:
    return await house.ask(user, "POST", TRANSFERS, json={"elements": elements, **more})


async def ended(house: House, uuid: str, query: str = "?includeSummary=True") -> Any:
    async with asyncio.timeout(120):
        while True:
            task = told(await house.ask("ann", "GET", f"{TRANSFERS}/{uuid}{query}"))
            if task["status"] in {"COMPLETED", "FAILED", "FAILED_OPT", "CANCELLED"}:
                return task
            await asyncio.sleep(0.05)


def test_every_state_has_its_word() -> None:
    """One of those that clients know."""
    assert set(TransferState) == set(STATES)
    words = {"ACCEPTED", "STAGED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "FAILED", "FAILED_OPT", "PAUSED"}
    assert set(STATES.values()) <= words


async def test_a_transfer_from_asking_to_the_end(house: House) -> None:
    """A directory to another system: all fields of the answer, with and without the summary and the details."""
    house.put("vm", "out/b/f.txt", "hello")
    house.put("vm", "out/a b.txt", "x")
    asked = told(await post(house, [element("tapis://vm//out", "tapis://store/in")], tag="mine"))
    expected = {
        "tenantId": "solo",
        "username": "ann",
        "tag": "mine",
        "status": "ACCEPTED",
        "parentTasks": None,
        "estimatedTotalBytes": 0,
        "totalBytesTransferred": 0,
        "totalTransfers": 0,
        "completeTransfers": 0,
        "errorMessage": None,
        "startTime": None,
        "endTime": None,
    }
    own = {name: asked.pop(name) for name in ("id", "uuid", "created")}
    assert expected == asked
    task = await ended(house, own["uuid"])
    assert ("COMPLETED", 6, 6, 4, 4) == (
        task["status"],
        task["estimatedTotalBytes"],
        task["totalBytesTransferred"],
        task["totalTransfers"],
        task["completeTransfers"],
    )
    assert own == {name: task[name] for name in own}
    assert task["created"] <= task["startTime"] <= task["endTime"]
    assert b"hello" == house.at("store", "in/b/f.txt").read_bytes()
    plain = await ended(house, own["uuid"], "")
    assert (0, None) == (plain["totalTransfers"], plain["parentTasks"])
    details = told(await house.ask("ann", "GET", f"{TRANSFERS}/{own['uuid']}/details"))
    assert task == {**details, "parentTasks": None}
    (parent,) = details["parentTasks"]
    assert ("tapis://vm/out", "tapis://store/in", "COMPLETED", 6, 6, own["id"]) == (
        parent["sourceURI"],
        parent["destinationURI"],
        parent["status"],
        parent["totalBytes"],
        parent["bytesTransferred"],
        parent["taskId"],
    )
    children = {child["sourceURI"]: child for child in parent["children"]}
    assert {"tapis://vm/out", "tapis://vm/out/a b.txt", "tapis://vm/out/b", "tapis://vm/out/b/f.txt"} == set(children)
    child = children["tapis://vm/out/b/f.txt"]
    assert ("tapis://store/in/b/f.txt", 5, 0, False, parent["id"]) == (
        child["destinationURI"],
        child["totalBytes"],
        child["retries"],
        child["dir"],
        child["parentTaskId"],
    )
    assert children["tapis://vm/out/b"]["dir"]


async def test_a_file_from_the_web_and_one_that_is_not_needed(house: House) -> None:
    """The words of an optional failure."""
    house.web.pages["http://example.com/y.txt"] = b"page"
    elements = [
        element("http://example.com/y.txt", "tapis://vm/in/y.txt", transferType="TRANSFER"),
        element("tapis://vm/none", "tapis://vm/x", optional=True),
    ]
    asked = told(await post(house, elements))
    assert "COMPLETED" == (await ended(house, asked["uuid"]))["status"]
    details = told(await house.ask("ann", "GET", f"{TRANSFERS}/{asked['uuid']}/details"))
    assert ["COMPLETED", "FAILED_OPT"] == [parent["status"] for parent in details["parentTasks"]]
    assert ["http://example.com/y.txt", "tapis://vm/none"] == [one["sourceURI"] for one in details["parentTasks"]]
    assert [True, False] == [one["errorMessage"] is None for one in details["parentTasks"]]


async def test_a_transfer_that_fails_says_why(house: House) -> None:
    """And does not say that it is complete."""
    asked = told(await post(house, [element("tapis://vm/none", "tapis://store/x")]))
    task = await ended(house, asked["uuid"])
    assert ("FAILED", 0) == (task["status"], task["completeTransfers"])
    assert "vm/none" in task["errorMessage"]


async def test_a_transfer_is_cancelled(house: House) -> None:
    """Also one that has ended: nothing happens."""
    house.put("vm", "f", "x")
    asked = told(await post(house, [element("tapis://vm/f", "tapis://store/f")]))
    assert "COMPLETED" == (await ended(house, asked["uuid"]))["status"]
    assert None is told(await house.ask("ann", "DELETE", f"{TRANSFERS}/{asked['uuid']}"))
    assert "COMPLETED" == (await ended(house, asked["uuid"]))["status"]


async def test_recent_transfers(house: House) -> None:
    """One's own, newest first, by pages."""
    house.put("vm", "f", "x")
    for tag in "abc":
        told(await post(house, [element("tapis://vm/f", f"tapis://store/{tag}")], tag=tag))

    async def tags(user: str, query: str = "") -> list[str]:
        return [task["tag"] for task in told(await house.ask(user, "GET", f"{TRANSFERS}{query}"))]

    assert ["c", "b", "a"] == await tags("ann")
    assert ["b"] == await tags("ann", "?limit=1&offset=1")
    assert [] == await tags("bob")
    for bad in ("limit=0", "limit=1001", "offset=-1"):
        refused(await house.ask("ann", "GET", f"{TRANSFERS}?{bad}"), 400)


@pytest.mark.parametrize("rest", ["", "/details"])
async def test_transfers_are_their_makers(house: House, rest: str) -> None:
    """Those of others are told apart from those that are not there, and from what is no id."""
    house.put("vm", "f", "x")
    asked = told(await post(house, [element("tapis://vm/f", "tapis://store/f")]))
    refused(await house.ask("bob", "GET", f"{TRANSFERS}/{asked['uuid']}{rest}"), 403)
    refused(await house.ask("bob", "DELETE", f"{TRANSFERS}/{asked['uuid']}"), 403)
    refused(await house.ask("", "GET", f"{TRANSFERS}/{asked['uuid']}{rest}"), 401)
    refused(await house.ask("ann", "GET", f"{TRANSFERS}/{uuid4()}{rest}"), 404)
    refused(await house.ask("ann", "GET", f"{TRANSFERS}/nonsense{rest}"), 400)
    refused(await house.ask("ann", "GET", f"{TRANSFERS}/{asked['uuid']}{rest}?impersonationId=bob"), 403)


GOOD = element("tapis://vm/f", "tapis://store/f")


@pytest.mark.parametrize(
    ("elements", "fields"),
    [
        ([], ["elements"]),
        (None, ["elements"]),
        ({}, ["elements"]),
        ([GOOD, 7], ["elements.1"]),
        ([{}], ["elements.0.sourceURI", "elements.0.destinationURI"]),
        ([element("vm/f", "tapis://store/f")], ["elements.0.sourceURI"]),
        ([element("ftp://vm/f", "https://store/f")], ["elements.0.sourceURI", "elements.0.destinationURI"]),
        ([element("file:///etc/passwd", "tapis://store/f")], ["elements.0.sourceURI"]),
        ([element("tapis://vm/../f", "tapis://store/f")], ["elements.0.sourceURI"]),
        ([{**GOOD, "optional": "yes"}], ["elements.0.optional"]),
        ([{**GOOD, "transferType": "SERVICE_MOVE_FILE_OR_DIRECTORY"}], ["elements.0.transferType"]),
        ([{**GOOD, "sourceUri": "x"}], ["elements.0.sourceUri"]),
        ([GOOD, element("tapis://none/f", "tapis://off/f")], ["elements.1.source", "elements.1.target"]),
        ([element("tapis://grid/f", "tapis://store/f")], ["elements.0.source"]),
    ],
)
async def test_a_bad_transfer_is_refused(house: House, elements: Any, fields: list[str]) -> None:
    """With all that is wrong in it; nothing is begun."""
    message = refused(await post(house, elements), 400)
    assert all(f"{field}:" in message for field in fields), message
    assert [] == told(await house.ask("ann", "GET", TRANSFERS))


async def test_a_transfer_needs_both_ends(house: House) -> None:
    """To read here, and to write there."""
    house.put("vm", "f", "x")
    refused(await post(house, [GOOD], user="bob"), 403)
    told(await house.ask("ann", "POST", "files/share/vm/f", json={"users": ["bob"]}))
    assert "change" in refused(await post(house, [GOOD], user="bob"), 403)
