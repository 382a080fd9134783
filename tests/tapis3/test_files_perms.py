"""Who else may reach a path: permissions and shares as this door grants, shows and takes them back."""

from typing import Any

import httpx2
import pytest

from dragoman.core.things import Verb
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio


async def post(house: House, user: str, path: str, body: Any = None) -> httpx2.Response:
    return await house.ask(user, "POST", f"files/{path}", json=body)


async def permission(house: House, path: str, query: str = "", user: str = "ann") -> Any:
    return told(await house.ask(user, "GET", f"files/permissions/vm/{path}{query}"))


async def test_a_permission_is_granted_shown_and_taken_back(house: House) -> None:
    """It counts for everything below; MODIFY is more than READ."""
    given = {"tenantId": "solo", "username": "bob", "systemId": "vm", "path": "/workdir", "permission": "READ"}
    answer = await post(house, "ann", "permissions/vm//workdir", {"username": "bob", "permission": "READ"})
    assert (given, {}) == (told(answer), answer.json()["metadata"])
    assert given == await permission(house, "workdir", "?username=bob")
    assert {**given, "path": "/workdir/a"} == await permission(house, "workdir/a/", user="bob")
    assert None is (await permission(house, "", "?username=bob"))["permission"]
    told(await post(house, "ann", "permissions/vm/workdir/a", {"username": "bob", "permission": "modify"}))
    assert "MODIFY" == (await permission(house, "workdir/a/b", "?username=bob"))["permission"]
    assert "READ" == (await permission(house, "workdir", "?username=bob"))["permission"]
    assert None is told(await house.ask("ann", "DELETE", "files/permissions/vm/workdir/a?username=bob"))
    assert "READ" == (await permission(house, "workdir/a/b", "?username=bob"))["permission"]
    told(await house.ask("ann", "DELETE", "files/permissions/vm//workdir?username=bob"))
    assert None is (await permission(house, "workdir/a/b", "?username=bob"))["permission"]


async def test_granting_twice_is_granting_once(house: House) -> None:
    """So taking it back once is enough."""
    for _ in range(2):
        told(await post(house, "ann", "permissions/vm/w", {"username": "bob", "permission": "READ"}))
    told(await house.ask("ann", "DELETE", "files/permissions/vm/w?username=bob"))
    assert None is (await permission(house, "w", "?username=bob"))["permission"]


async def test_somebody_unknown_has_no_permission(house: House) -> None:
    """And cannot be given one."""
    assert None is (await permission(house, "w", "?username=zoe"))["permission"]
    body = {"username": "zoe", "permission": "READ"}
    assert "zoe" in refused(await post(house, "ann", "permissions/vm/w", body), 400)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["username", "permission"]),
        ({"username": "bob", "permission": "EXECUTE"}, ["permission"]),
        ({"username": "", "permission": "READ"}, ["username"]),
        ({"username": 7, "permission": None}, ["username", "permission"]),
    ],
)
async def test_a_bad_permission_is_refused(house: House, body: Any, fields: list[str]) -> None:
    """With all that is wrong."""
    message = refused(await post(house, "ann", "permissions/vm/w", body), 400)
    assert all(f"{field}:" in message for field in fields), message


async def test_whose_permission_to_take_must_be_said(house: House) -> None:
    """Not everybody's."""
    assert "username" in refused(await house.ask("ann", "DELETE", "files/permissions/vm/w"), 400)


async def shares(house: House, path: str, user: str = "ann") -> Any:
    return told(await house.ask(user, "GET", f"files/share/vm/{path}"))


NOBODY: dict[str, Any] = {"isPublic": False, "isPublicPath": None, "userSet": [], "userShareInfoSet": []}


async def test_a_path_is_shared_and_no_longer(house: House) -> None:
    """With people; what lies below says by which path."""
    house.put("vm", "w/a/f", "hello")
    told(await post(house, "ann", "share/vm//w", {"users": ["bob", "eve", "bob"]}))
    told(await post(house, "ann", "share/vm/w/a", {"users": ["eve"]}))
    below = [{"username": "eve", "path": "/w/a"}, {"username": "bob", "path": "/w"}, {"username": "eve", "path": "/w"}]
    assert {**NOBODY, "userSet": ["eve", "bob"], "userShareInfoSet": below} == await shares(house, "w/a", "bob")
    assert b"hello" == (await house.ask("bob", "GET", "files/content/vm/w/a/f")).content
    refused(await house.ask("bob", "DELETE", "files/ops/vm/w/a/f"), 403)
    told(await post(house, "ann", "unshare/vm/w", {"users": ["bob"]}))
    refused(await house.ask("bob", "GET", "files/content/vm/w/a/f"), 403)
    assert b"hello" == (await house.ask("eve", "GET", "files/content/vm/w/a/f")).content
    told(await post(house, "ann", "unshare_all/vm/w?recurse=True"))
    assert NOBODY == await shares(house, "w/a")


async def test_whom_a_path_is_shared_with_may_leave(house: House) -> None:
    """Only by themselves, and only what was shared with them by name on this path."""
    house.put("vm", "w/f", "hello")
    told(await post(house, "ann", "share/vm/w", {"users": ["bob", "eve"]}))
    for users in (["eve"], ["bob", "eve"]):
        refused(await post(house, "bob", "unshare/vm/w", {"users": users}), 403)
    refused(await post(house, "bob", "unshare/vm/w/f", {"users": ["bob"]}), 403)
    told(await post(house, "bob", "unshare/vm/w", {"users": ["bob"]}))
    assert ["eve"] == (await shares(house, "w"))["userSet"]
    refused(await house.ask("bob", "GET", "files/content/vm/w/f"), 403)
    refused(await post(house, "bob", "unshare/vm/w", {"users": ["bob"]}), 403)


async def test_what_one_was_granted_on_a_path_can_be_given_up(house: House) -> None:
    """By whoever has it; what others have is none of their business."""
    for user in ("bob", "eve"):
        told(await post(house, "ann", "permissions/vm/w", {"username": user, "permission": "READ"}))
    refused(await house.ask("bob", "DELETE", "files/permissions/vm/w?username=eve"), 403)
    told(await house.ask("bob", "DELETE", "files/permissions/vm/w?username=bob"))
    found = {
        user: told(await house.ask("ann", "GET", f"files/permissions/vm/w?username={user}"))["permission"]
        for user in ("bob", "eve")
    }
    assert {"bob": None, "eve": "READ"} == found


async def test_a_path_is_shared_with_everybody_and_no_longer(house: House) -> None:
    """That is, with everybody who has an account."""
    house.put("vm", "w/f", "hello")
    for _ in range(2):
        assert None is told(await post(house, "ann", "share_public/vm/w"))
    assert {**NOBODY, "isPublic": True, "isPublicPath": "/w"} == await shares(house, "w/f", "eve")
    assert b"hello" == (await house.ask("eve", "GET", "files/content/vm/w/f")).content
    refused(await house.ask("", "GET", "files/content/vm/w/f"), 401)
    told(await post(house, "ann", "unshare_public/vm/w"))
    refused(await house.ask("eve", "GET", "files/content/vm/w/f"), 403)
    assert NOBODY == await shares(house, "w")


async def test_ending_all_shares_of_a_path_leaves_those_below(house: House) -> None:
    """Unless they are to go too."""
    for path in ("w", "w/a", "ww"):
        told(await post(house, "ann", f"share/vm/{path}", {"users": ["bob"]}))
    told(await post(house, "ann", "share_public/vm/w"))
    told(await post(house, "ann", "unshare_all/vm/w"))
    found = {path: (await shares(house, path))["userSet"] for path in ("w", "w/a", "ww")}
    assert {"w": [], "w/a": ["bob"], "ww": ["bob"]} == found
    told(await post(house, "ann", "unshare_all/vm/w?recurse=true"))
    assert [] == (await shares(house, "w/a"))["userSet"]
    assert ["bob"] == (await shares(house, "ww"))["userSet"]


@pytest.mark.parametrize("body", [{}, {"users": []}, {"users": "bob"}, {"users": [""]}, {"users": ["bob", "zoe"]}])
async def test_a_bad_share_is_refused(house: House, body: Any) -> None:
    """And nothing of it is done."""
    assert "users" in refused(await post(house, "ann", "share/vm/w", body), 400)
    assert NOBODY == await shares(house, "w")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "permissions/vm/w", {"username": "eve", "permission": "READ"}),
        ("DELETE", "permissions/vm/w?username=eve", None),
        ("GET", "permissions/vm/w?username=eve", None),
        ("POST", "share/vm/w", {"users": ["eve"]}),
        ("POST", "unshare/vm/w", {"users": ["eve"]}),
        ("POST", "share_public/vm/w", None),
        ("POST", "unshare_public/vm/w", None),
        ("POST", "unshare_all/vm/w", None),
    ],
)
async def test_only_the_owner_shares(house: House, method: str, path: str, body: Any) -> None:
    """Not somebody who may change everything."""
    await house.allow("system", "vm", Verb.SHARE, "bob")
    refused(await house.ask("bob", method, f"files/{path}", json=body), 403)
    told(await house.ask("ann", method, f"files/{path}", json=body))
    refused(await house.ask("ann", method, f"files/{path.replace('vm', 'none')}", json=body), 404)
    refused(await house.ask("ann", method, f"files/{path.replace('vm', 'off')}", json=body), 400)


async def test_who_may_not_read_a_path_does_not_see_its_shares(house: House) -> None:
    """It would tell who else works with ann."""
    told(await post(house, "ann", "share/vm/w", {"users": ["eve"]}))
    refused(await house.ask("bob", "GET", "files/share/vm/w"), 403)


async def test_s6_share_an_output_file(house: House) -> None:
    """The scenario S6, from its second step: READ on the system and on a path of it, and nothing else."""
    house.put("vm", "workdir/jobs/U/output/tapisjob.out", "scores")
    house.put("vm", "secret", "x")
    await house.allow("system", "vm", Verb.READ, "bob")
    output = "vm//workdir/jobs/U/output/tapisjob.out"
    refused(await house.ask("bob", "GET", f"files/content/{output}"), 403)
    told(await post(house, "ann", "permissions/vm//workdir", {"username": "bob", "permission": "READ"}))
    assert b"scores" == (await house.ask("bob", "GET", f"files/content/{output}")).content
    for path in ("secret", "", "workdirs"):
        refused(await house.ask("bob", "GET", f"files/ops/vm/{path}"), 403)
    refused(await house.ask("bob", "DELETE", f"files/ops/{output}"), 403)
    body = {"operation": "MOVE", "newPath": "workdir/x"}
    refused(await house.ask("bob", "PUT", f"files/ops/{output}", json=body), 403)
    refused(await house.ask("bob", "PUT", f"files/ops/{output}", json={**body, "operation": "COPY"}), 403)
    refused(await house.ask("bob", "POST", f"files/ops/{output}", files={"file": ("f", b"mine")}), 403)
    assert b"scores" == house.at("vm", "workdir/jobs/U/output/tapisjob.out").read_bytes()


async def test_copying_needs_both_ends(house: House) -> None:
    """Reading here does not mean writing there."""
    house.put("vm", "a/f", "x")
    await house.allow("system", "vm", Verb.READ, "bob")
    await house.allow("path", "vm", Verb.READ, "bob", "/a")
    await house.allow("path", "vm", Verb.CHANGE, "bob", "/b")

    async def copy(path: str, new_path: str) -> httpx2.Response:
        body = {"operation": "COPY", "newPath": new_path}
        return await house.ask("bob", "PUT", f"files/ops/vm/{path}", json=body)

    told(await copy("a/f", "b/f"))
    refused(await copy("b/f", "a/g"), 403)
    refused(await copy("c", "b/g"), 403)
