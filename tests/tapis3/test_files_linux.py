"""What Linux hosts tell and change of files: stat, modes, owners, groups, access lists."""

import os
import shutil
from typing import Any

import pytest

from dragoman.dialects.tapis3.write_file import write_access_list
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio

UTILS = "files/utils/linux"


async def native(house: House, path: str, body: Any, query: str = "", user: str = "ann") -> Any:
    return await house.ask(user, "POST", f"{UTILS}/vm/{path}{query}", json=body)


async def test_stat_tells_of_files_directories_and_links(house: House) -> None:
    """A link itself, unless it is to be followed."""
    file = house.put("vm", "d/f", "hello", mode=0o751)
    os.utime(file, (1_600_000_000, 1_500_000_000.25))
    house.at("vm", "d/link").symlink_to("f")
    expected = {
        "absolutePath": str(file),
        "uid": os.getuid(),
        "gid": os.getgid(),
        "size": 5,
        "perms": "rwxr-x--x",
        "accessTime": "2020-09-13T12:26:40.000000Z",
        "modifyTime": "2017-07-14T02:40:00.250000Z",
        "dir": False,
        "link": False,
    }
    assert expected == told(await house.ask("ann", "GET", f"{UTILS}/vm//d/f"))
    link = told(await house.ask("ann", "GET", f"{UTILS}/vm/d/link"))
    assert (True, False) == (link["link"], link["dir"])
    followed = told(await house.ask("ann", "GET", f"{UTILS}/vm/d/link?followLinks=True"))
    assert {**expected, "absolutePath": str(house.at("vm", "d/link"))} == followed
    root = told(await house.ask("ann", "GET", f"{UTILS}/vm/"))
    assert (True, str(house.at("vm"))) == (root["dir"], root["absolutePath"])
    refused(await house.ask("ann", "GET", f"{UTILS}/vm/none"), 404)


async def test_modes_are_changed_by_the_host(house: House) -> None:
    """In octal; down a directory when asked."""
    file = house.put("vm", "d/-R x", "hello")
    ran = told(await native(house, "d", {"operation": "CHMOD", "argument": "700"}))
    assert (0, "", "") == (ran["exitCode"], ran["stdOut"], ran["stdErr"])
    assert f"chmod -- 700 {house.at('vm', 'd')}" == ran["command"]
    assert (0o700, 0o644) == (house.at("vm", "d").stat().st_mode & 0o777, file.stat().st_mode & 0o777)
    told(await native(house, "d", {"operation": "CHMOD", "argument": "0750"}, "?recursive=True"))
    assert 0o750 == file.stat().st_mode & 0o777


async def test_a_command_that_fails_is_an_answer(house: House) -> None:
    """With what it said."""
    house.put("vm", "f")
    ran = told(await native(house, "f", {"operation": "CHOWN", "argument": "nobody-of-that-name"}))
    assert ran["exitCode"] != 0
    assert "nobody-of-that-name" in ran["stdErr"]


async def test_owners_and_groups_are_changed_by_the_host(house: House) -> None:
    """By name or number, if the host lets."""
    file = house.put("vm", "f")
    me = {"CHOWN": os.getuid(), "CHGRP": os.getgid()}
    for operation, number in me.items():
        ran = told(await native(house, "f", {"operation": operation, "argument": str(number)}))
        assert (0, f"{operation.lower()} -- {number} {file}") == (ran["exitCode"], ran["command"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"operation": "CHMOD", "argument": "888"}, "argument"),
        ({"operation": "CHMOD", "argument": "1777"}, "argument"),
        ({"operation": "CHMOD", "argument": "u+x"}, "argument"),
        ({"operation": "CHOWN", "argument": "-R"}, "argument"),
        ({"operation": "CHOWN", "argument": "a b"}, "argument"),
        ({"operation": "CHGRP", "argument": "$(id)"}, "argument"),
        ({"operation": "CHMOD", "argument": 700}, "argument"),
        ({"operation": "RM", "argument": "x"}, "operation"),
        ({}, "operation"),
    ],
)
async def test_what_is_no_such_command_is_refused(house: House, body: Any, field: str) -> None:
    """Before the host is asked."""
    house.put("vm", "f")
    house.hosts.asked.clear()
    assert field in refused(await native(house, "f", body), 400)
    assert [] == house.hosts.asked


async def test_a_path_that_is_not_there_has_no_mode(house: House) -> None:
    """The host is not made to complain."""
    refused(await native(house, "none", {"operation": "CHMOD", "argument": "700"}), 404)


async def test_only_linux_has_modes(house: House) -> None:
    """Others are told so."""
    body = {"operation": "CHMOD", "argument": "700"}
    assert "Linux" in refused(await house.ask("ann", "POST", f"{UTILS}/grid/f", json=body), 400)


ACCESS_LIST = "user::rwx\nuser:bob:r-x\t#effective:r--\ngroup::r-x\nmask::r-x\nother::---\ndefault:user:bob:rw-\n\n"


def test_access_lists_are_read() -> None:
    """What getfacl prints, with defaults and remarks."""
    read = write_access_list(ACCESS_LIST)
    assert 6 == len(read)
    assert {"defaultAcl": False, "type": "user", "principal": "bob", "permissions": "r-x"} == read[1]
    assert {"defaultAcl": True, "type": "user", "principal": "bob", "permissions": "rw-"} == read[5]


async def test_a_host_without_access_lists_says_so(house: House) -> None:
    """Where the programs are missing; where they are not, they are used."""
    house.put("vm", "f", mode=0o640)
    answer = await house.ask("ann", "GET", f"{UTILS}/facl/vm/f")
    if shutil.which("getfacl") is None:
        assert "no access lists" in refused(answer, 400)
    else:
        assert ["user", "group", "other"] == [entry["type"] for entry in told(answer)]


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ({"operation": "ADD", "aclString": "user:bob:rwx"}, "-m user:bob:rwx"),
        ({"operation": "REMOVE", "recursionMethod": "PHYSICAL", "aclString": "user:bob"}, "-R -P -x user:bob"),
        ({"operation": "REMOVE_ALL", "recursionMethod": "LOGICAL", "aclString": ""}, "-R -L -b"),
        ({"operation": "REMOVE_DEFAULT"}, "-k"),
    ],
)
async def test_access_lists_are_changed_by_the_host(house: House, body: Any, options: str) -> None:
    """By setfacl, whose answer is told, also when the host has none."""
    file = house.put("vm", "f")
    ran = told(await house.ask("ann", "POST", f"{UTILS}/facl/vm/f", json=body))
    assert f"setfacl {options} -- {file}" == ran["command"]
    if shutil.which("setfacl") is None:
        assert 127 == ran["exitCode"]


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "ADD"},
        {"operation": "ADD", "aclString": "user:bob:rwx; rm"},
        {"operation": "SET", "aclString": "user:bob:rwx"},
        {"operation": "ADD", "aclString": "user:bob:rwx", "recursionMethod": "DEEP"},
    ],
)
async def test_what_is_no_access_list_is_refused(house: House, body: Any) -> None:
    """Before the host is asked."""
    refused(await house.ask("ann", "POST", f"{UTILS}/facl/vm/f", json=body), 400)
