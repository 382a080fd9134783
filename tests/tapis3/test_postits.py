"""Links that let whoever holds them fetch one path: made, followed, counted, changed, removed."""

import asyncio
import io
import zipfile
from typing import Any

import httpx2
import pytest

from dragoman.core.things import Verb
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio

POSTITS = "files/postits"


async def make(house: House, path: str, user: str = "ann", **body: Any) -> Any:
    return told(await house.ask(user, "POST", f"{POSTITS}/{path}", json=body))


async def follow(house: House, link: Any, query: str = "") -> httpx2.Response:
    """As somebody without a token does."""
    return await house.ask("", "GET", f"{POSTITS}/redeem/{link['id']}{query}")


async def test_a_link_is_made_and_followed_once(house: House) -> None:
    """Without a token, as the scenario S11 ends; all its fields are shown."""
    house.put("vm", "w/f.txt", "hello")
    link = await make(house, "vm//w/f.txt")
    assert link["postitId"] == link["id"]
    assert link["id"].endswith("-010")
    assert f"http://test/v3/files/postits/redeem/{link['id']}" == link["redeemUrl"]
    told_of = {name: link[name] for name in ("systemId", "path", "owner", "tenantId", "jwtUser", "jwtTenantId")}
    expected = {"systemId": "vm", "path": "/w/f.txt", "owner": "ann", "tenantId": "solo"}
    assert {**expected, "jwtUser": "ann", "jwtTenantId": "solo"} == told_of
    assert (1, 0) == (link["allowedUses"], link["timesUsed"])
    assert link["created"] == link["updated"] < link["expiration"]
    answer = await follow(house, link)
    assert (200, b"hello") == (answer.status_code, answer.content)
    assert "expired" in refused(await follow(house, link), 400)
    assert 1 == told(await house.ask("ann", "GET", f"{POSTITS}/{link['id']}"))["timesUsed"]


async def test_uses_are_counted_to_the_last_one(house: House) -> None:
    """Also when many come at once."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f", allowedUses=3)
    answers = await asyncio.gather(*(follow(house, link) for _ in range(8)))
    assert [200] * 3 + [400] * 5 == sorted(answer.status_code for answer in answers)
    assert 3 == told(await house.ask("ann", "GET", f"{POSTITS}/{link['id']}"))["timesUsed"]


async def test_a_link_without_limit(house: House) -> None:
    """Counts its uses all the same."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f", allowedUses=-1)
    for _ in range(3):
        assert 200 == (await follow(house, link)).status_code
    assert 3 == told(await house.ask("ann", "GET", f"{POSTITS}/{link['id']}"))["timesUsed"]


async def test_a_look_at_the_headers_is_no_use(house: House) -> None:
    """Mail programs look before people do."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    assert 200 == (await house.ask("", "HEAD", f"{POSTITS}/redeem/{link['id']}")).status_code
    assert b"hello" == (await follow(house, link)).content


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("f.txt", "text/plain"),
        ("f.html", "text/html"),
        ("f.png", "image/png"),
        ("f.json", "text/plain"),
        ("f", "application/octet-stream"),
    ],
)
async def test_a_file_is_shown_or_saved(house: House, name: str, shown: str) -> None:
    """Shown as what it is, but as nobody's page, and never as JSON; saved as bytes."""
    house.put("vm", name, "hello")
    link = await make(house, f"vm/{name}", allowedUses=2)
    answer = await follow(house, link)
    assert (shown, f'inline; filename="{name}"') == (
        answer.headers["content-type"], answer.headers["content-disposition"]
    )  # fmt: skip
    assert ("sandbox", "nosniff", "no-store") == (
        answer.headers["content-security-policy"],
        answer.headers["x-content-type-options"],
        answer.headers["cache-control"],
    )
    saved = await follow(house, link, "?download=True")
    assert ("application/octet-stream", f'attachment; filename="{name}"', b"hello") == (
        saved.headers["content-type"],
        saved.headers["content-disposition"],
        saved.content,
    )


async def test_a_directory_comes_as_an_archive(house: House) -> None:
    """A file too when asked; refusing the archive of a directory is no use."""
    house.put("vm", "d/a/f", "hello")
    link = await make(house, "vm/d", allowedUses=2)
    refused(await follow(house, link, "?zip=false"), 400)
    for link_, query, expected in (
        (link, "", ["a/", "a/f"]),
        (link, "?zip=true", ["a/", "a/f"]),
        (await make(house, "vm/d/a/f"), "?zip=true", ["f"]),
    ):
        answer = await follow(house, link_, query)
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert expected == archive.namelist()


async def test_a_link_to_the_root(house: House) -> None:
    """Is made where no path is named."""
    house.put("vm", "f", "hello")
    assert "/" == (await make(house, "vm"))["path"]


@pytest.mark.parametrize(
    "body",
    [
        {"allowedUses": 0},
        {"allowedUses": -2},
        {"allowedUses": "1"},
        {"allowedUses": 1 << 40},
        {"validSeconds": 0},
        {"validSeconds": -1},
        {"validSeconds": 1 << 31},
        {"validSeconds": 1.5},
    ],
)
async def test_a_bad_link_is_refused(house: House, body: Any) -> None:
    """By the name of what is wrong."""
    house.put("vm", "f", "hello")
    assert next(iter(body)) in refused(await house.ask("ann", "POST", f"{POSTITS}/vm/f", json=body), 400)


async def test_a_link_needs_something_that_its_maker_may_read(house: House) -> None:
    """What is missing is told."""
    house.put("vm", "f", "hello")
    refused(await house.ask("ann", "POST", f"{POSTITS}/vm/none", json={}), 404)
    refused(await house.ask("ann", "POST", f"{POSTITS}/none/f", json={}), 404)
    refused(await house.ask("bob", "POST", f"{POSTITS}/vm/f", json={}), 403)


async def test_a_link_does_what_its_maker_may(house: House) -> None:
    """When it is followed, not when it was made."""
    house.put("vm", "f", "hello")
    await house.allow("path", "vm", Verb.SHARE, "bob", "/f")
    link = await make(house, "vm/f", user="bob")
    told(await house.ask("ann", "POST", "files/unshare/vm/f", json={"users": ["bob"]}))
    refused(await follow(house, link), 403)
    told(await house.ask("ann", "POST", "files/share/vm/f", json={"users": ["bob"]}))
    assert b"hello" == (await follow(house, link)).content


async def test_what_was_not_sent_does_not_count(house: House) -> None:
    """A file that is missing now may be there tomorrow."""
    file = house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    file.unlink()
    refused(await follow(house, link), 404)
    house.put("vm", "f", "hello again")
    assert b"hello again" == (await follow(house, link)).content


async def test_a_link_is_changed(house: House) -> None:
    """By PATCH, or by POST; only what is named."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    await follow(house, link)
    path = f"{POSTITS}/{link['id']}"
    changed = told(await house.ask("ann", "PATCH", path, json={"allowedUses": 2}))
    assert (2, 1, link["expiration"]) == (changed["allowedUses"], changed["timesUsed"], changed["expiration"])
    assert changed["updated"] > link["updated"]
    assert b"hello" == (await follow(house, link)).content
    changed = told(await house.ask("ann", "POST", path, json={"unlimited": True, "validSeconds": 60}))
    assert (-1, True) == (changed["allowedUses"], changed["expiration"] < link["expiration"])
    assert b"hello" == (await follow(house, link)).content
    changed = told(await house.ask("ann", "PATCH", path, json={"expiration": "2020-01-01T00:00:00Z"}))
    assert "2020-01-01T00:00:00.000000Z" == changed["expiration"]
    refused(await follow(house, link), 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"allowedUses": 0},
        {"expiration": "soon"},
        {"expiration": "2030-01-01", "validSeconds": 5},
        {"unlimited": True, "allowedUses": 5},
        {"unlimited": "yes"},
    ],
)
async def test_a_bad_change_is_refused(house: House, body: Any) -> None:
    """And changes nothing."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    refused(await house.ask("ann", "PATCH", f"{POSTITS}/{link['id']}", json=body), 400)
    assert link == told(await house.ask("ann", "GET", f"{POSTITS}/{link['id']}"))


async def test_a_link_is_removed(house: House) -> None:
    """And leads nowhere from then on."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    assert {"changes": 1} == told(await house.ask("ann", "DELETE", f"{POSTITS}/{link['id']}"))
    for method in ("GET", "DELETE"):
        refused(await house.ask("ann", method, f"{POSTITS}/{link['id']}"), 404)
    refused(await follow(house, link), 404)


async def test_links_are_their_makers(house: House) -> None:
    """Others may follow them, not see them; an admin may."""
    house.put("vm", "f", "hello")
    link = await make(house, "vm/f")
    path = f"{POSTITS}/{link['id']}"
    for method, body in (("GET", None), ("PATCH", {"allowedUses": 9}), ("POST", {"allowedUses": 9}), ("DELETE", None)):
        refused(await house.ask("bob", method, path, json=body), 403)
        refused(await house.ask("", method, path, json=body), 401)
    assert link == told(await house.ask("root", "GET", path))


@pytest.mark.parametrize("alias", ["none", "00000000-0000-0000-0000-000000000000-010", "00000000-0000-007"])
async def test_a_link_that_was_never_made(house: House, alias: str) -> None:
    """Leads nowhere."""
    refused(await house.ask("ann", "GET", f"{POSTITS}/{alias}"), 404)
    refused(await house.ask("", "GET", f"{POSTITS}/redeem/{alias}"), 404)


async def test_links_are_listed(house: House) -> None:
    """One's own; an admin's ALL has everybody's; in the grammar of all lists."""
    for name in ("c", "a", "b"):
        house.put("vm", name, "x")
        await make(house, f"vm/{name}", allowedUses=ord(name))
    await house.allow("path", "vm", Verb.SHARE, "bob", "/")
    await make(house, "vm/a", user="bob")

    async def paths(user: str, query: str = "") -> list[str]:
        return [link["path"] for link in told(await house.ask(user, "GET", f"{POSTITS}{query}"))]

    assert ["/c", "/a", "/b"] == await paths("ann") == await paths("ann", "?listType=ALL")
    assert ["/a"] == await paths("bob")
    assert [] == await paths("root")
    assert 4 == len(await paths("root", "?listType=all"))
    assert ["/b", "/a"] == await paths("ann", "?orderBy=path(desc)&skip=1")
    assert ["/a"] == await paths("ann", "?orderBy=allowedUses&limit=1")
    assert ["/b", "/c"] == await paths("ann", "?orderBy=path&startAfter=/a")
    answer = await house.ask("ann", "GET", f"{POSTITS}?select=path&limit=2&orderBy=path")
    assert [{"id", "postitId", "path"}] * 2 == [set(link) for link in told(answer)]
    expected = {"recordCount": 2, "recordLimit": 2, "recordsSkipped": 0, "orderBy": "path", "startAfter": None}
    assert {**expected, "totalCount": -1} == answer.json()["metadata"]
    for bad in ("listType=FOO", "orderBy=nope", "select=nope", "skip=-1", "startAfter=x", "limit=1&limit=2"):
        refused(await house.ask("ann", "GET", f"{POSTITS}?{bad}"), 400)
