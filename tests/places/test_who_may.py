"""Who may read and change which paths: the owner of the system, and whom they let."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from dragoman.core.errors import Denied, Problem
from dragoman.core.things import Page, Verb
from dragoman.dialects.tapis3.door import DOOR
from tests.places.house import House

pytestmark = pytest.mark.anyio

PAGE = Page(limit=10)

SYSTEM, PATH = "system", "path"
READ, CHANGE, RUN, SHARE = Verb.READ, Verb.CHANGE, Verb.RUN, Verb.SHARE

Given = list[tuple[str, Verb, str | None, str]]
"""(kind, verb, user or everybody, path) of what was granted."""

CASES: list[tuple[str, Given, str]] = [
    ("nothing", [], ""),
    ("read on the system alone", [(SYSTEM, READ, "bob", "")], ""),
    ("change on the system alone", [(SYSTEM, CHANGE, "bob", "")], ""),
    ("run on the system alone", [(SYSTEM, RUN, "bob", "")], ""),
    ("the system shared", [(SYSTEM, SHARE, "bob", "")], "read change"),
    ("the system shared with everybody", [(SYSTEM, SHARE, None, "")], "read change"),
    ("the system shared with eve", [(SYSTEM, SHARE, "eve", "")], ""),
    ("the path shared", [(PATH, SHARE, "bob", "/a/b")], "read"),
    ("a path above shared", [(PATH, SHARE, "bob", "/a")], "read"),
    ("the root shared with everybody", [(PATH, SHARE, None, "/")], "read"),
    ("a path below shared", [(PATH, SHARE, "bob", "/a/b/c")], ""),
    ("a path of a similar name shared", [(PATH, SHARE, "bob", "/a/bb")], ""),
    ("read on the path without the system", [(PATH, READ, "bob", "/a/b")], ""),
    ("read on the path and the system", [(PATH, READ, "bob", "/a/b"), (SYSTEM, READ, "bob", "")], "read"),
    ("change on a path above", [(PATH, CHANGE, "bob", "/a"), (SYSTEM, READ, "bob", "")], "read change"),
    ("change on the path, run on the system", [(PATH, CHANGE, "bob", "/a"), (SYSTEM, RUN, "bob", "")], ""),
    ("change on both", [(PATH, CHANGE, "bob", "/a"), (SYSTEM, CHANGE, "bob", "")], "read change"),
    ("change on a path below", [(PATH, CHANGE, "bob", "/a/b/c"), (SYSTEM, READ, "bob", "")], ""),
    ("what eve has", [(PATH, CHANGE, "eve", "/a"), (SYSTEM, READ, "eve", "")], ""),
]  # fmt: skip


async def allowed(house: House, user: str, system: str, path: str) -> str:
    """What somebody may do with a path, by trying."""
    who, places = house.people[user], house.desk.places
    verbs: dict[str, Callable[[], Awaitable[object]]] = {
        "read": lambda: places.list(who, DOOR, system, path, page=PAGE),
        "change": lambda: places.make_directory(who, DOOR, system, path),
    }
    can = []
    for name, verb in verbs.items():
        with suppress(Denied):
            await verb()
            can.append(name)
    return " ".join(can)


@pytest.mark.parametrize(("given", "may"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_others_may_what_they_were_let(house: House, given: Given, may: str) -> None:
    """By a share of the system, a share of a path, or a permission on a path with one to read the system."""
    house.at("vm", "/a/b").mkdir(parents=True)
    for kind, verb, user, path in given:
        await house.allow(kind, "vm", verb, user, path)
    assert may == await allowed(house, "bob", "vm", "/a/b")
    assert "read change" == await allowed(house, "ann", "vm", "/a/b")


async def test_where_all_log_in_alike_a_share_lets_only_read(house: House) -> None:
    """The host cannot tell them apart, so it would let everybody do everything."""
    await house.allow(SYSTEM, "alike", SHARE, "bob")
    assert "read" == await allowed(house, "bob", "alike", "/")
    await house.allow(PATH, "alike", CHANGE, "bob", "/")
    assert "read change" == await allowed(house, "bob", "alike", "/")


async def test_an_admin_reads_no_files_unasked(house: House) -> None:
    """An admin may grant, but is not let in by being one."""
    assert "" == await allowed(house, "root", "vm", "/")


async def test_the_host_has_the_last_word(house: House) -> None:
    """Whatever is granted here, the login is the caller's own."""
    await house.allow(SYSTEM, "vm", SHARE, "bob")
    house.hosts.refused.add(("vm", "bob"))
    assert "" == await allowed(house, "bob", "vm", "/")
    assert [("vm", "bob")] * 2 == house.hosts.asked


async def test_a_host_is_not_asked_for_those_who_may_not(house: House) -> None:
    """Rights come first."""
    assert "" == await allowed(house, "bob", "vm", "/")
    assert [] == house.hosts.asked


GRANTS: dict[str, Callable[[House, str], Awaitable[object]]] = {
    "give": lambda house, user: house.desk.path_grants.give(
        house.people[user], DOOR, "vm", "/a", user="bob", verb=READ
    ),
    "take": lambda house, user: house.desk.path_grants.take(house.people[user], DOOR, "vm", "/a", user="bob"),
    "share": lambda house, user: house.desk.path_grants.share(house.people[user], DOOR, "vm", "/a", ["bob"]),
    "share with all": lambda house, user: house.desk.path_grants.share(house.people[user], DOOR, "vm", "/a", None),
    "unshare": lambda house, user: house.desk.path_grants.unshare(house.people[user], DOOR, "vm", "/a", ["bob"]),
    "unshare all": lambda house, user: house.desk.path_grants.unshare_all(
        house.people[user], DOOR, "vm", "/a", below=True
    ),
    "look at eve's": lambda house, user: house.desk.path_grants.of(house.people[user], DOOR, "vm", "/a", user="eve"),
}


@pytest.mark.parametrize("verb", GRANTS)
async def test_only_the_owner_and_admins_grant(house: House, verb: str) -> None:
    """Not those who may change the path."""
    await house.allow(SYSTEM, "vm", SHARE, "bob")
    await house.allow(PATH, "vm", CHANGE, "bob", "/")
    with pytest.raises(Problem, match="Only the owner"):
        await GRANTS[verb](house, "bob")
    await GRANTS[verb](house, "ann")
    await GRANTS[verb](house, "root")


@pytest.mark.parametrize(("system", "kind"), [("none", "not_found"), ("off", "invalid")])
async def test_a_system_that_is_not_there_or_switched_off(house: House, system: str, kind: str) -> None:
    """Nobody reaches its files."""
    with pytest.raises(Problem) as raised:
        await house.desk.places.list(house.people["ann"], DOOR, system, "/", page=PAGE)
    assert kind == raised.value.kind


async def test_a_door_reaches_only_the_systems_it_shows(house: House) -> None:
    """The others do not exist there."""
    with pytest.raises(Problem) as raised:
        await house.desk.places.list(house.people["ann"], "another", "vm", "/", page=PAGE)
    assert "not_found" == raised.value.kind
