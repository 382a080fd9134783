"""Files on systems as this door shows them: listings, uploads, directories, moves, copies, deletions."""

import os
from typing import Any

import httpx2
import pytest

from dragoman.dialects.tapis3.write_file import moment
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio

TREE = ("b/c/f.txt", "B2.TXT", "a.txt", "d e/ü.bin")


def plant(house: House, *paths: str) -> None:
    for path in paths or TREE:
        house.put("vm", path, path)


async def listed(house: House, path: str, user: str = "ann") -> Any:
    return told(await house.ask(user, "GET", f"files/ops/{path}"))


async def names(house: House, path: str) -> list[str]:
    return [entry["path"] for entry in await listed(house, path)]


async def post(house: House, path: str, content: bytes = b"hello", field: str = "file", user: str = "ann") -> Any:
    return await house.ask(user, "POST", f"files/ops/{path}", files={field: ("up.txt", content)})


async def test_a_listing_tells_of_each_entry(house: House) -> None:
    """All fields of a FileInfo; owner and group are numbers as text, and the path has no slash in front."""
    file = house.put("vm", "w/f.txt", "hello", mode=0o640)
    os.utime(file, (1, 1_600_000_000.5))
    expected = {
        "mimeType": "text/plain",
        "type": "file",
        "owner": str(os.getuid()),
        "group": str(os.getgid()),
        "nativePermissions": "rw-r-----",
        "url": "tapis://vm/w/f.txt",
        "lastModified": "2020-09-13T12:26:40.500000Z",
        "name": "f.txt",
        "path": "w/f.txt",
        "size": 5,
    }
    answer = await house.ask("ann", "GET", "files/ops/vm//w")
    assert ([expected], {}) == (told(answer), answer.json()["metadata"])
    assert [expected] == await listed(house, "vm/w/f.txt")


async def test_every_kind_has_its_word(house: House) -> None:
    """Links are shown, not followed."""
    house.put("vm", "dir/f")
    os.mkfifo(house.at("vm", "pipe"))
    house.at("vm", "link").symlink_to("dir")
    found = {entry["name"]: (entry["type"], entry["mimeType"]) for entry in await listed(house, "vm")}
    assert {"dir": ("dir", None), "pipe": ("other", None), "link": ("symbolic_link", None)} == found
    assert ["link/f"] == await names(house, "vm/link")


async def test_entries_come_by_name_in_any_letter_case(house: House) -> None:
    """The root is what no path, a slash and many slashes mean."""
    plant(house)
    assert ["a.txt", "b", "B2.TXT", "d e"] == await names(house, "vm")
    for root in ("vm/", "vm//", "vm///.//"):
        assert await names(house, "vm") == await names(house, root)


async def test_a_listing_goes_down_when_asked(house: House) -> None:
    """Each directory before what it holds; links are not followed."""
    plant(house)
    house.at("vm", "b/up").symlink_to("..")
    everything = ["a.txt", "b", "b/c", "b/c/f.txt", "b/up", "B2.TXT", "d e", "d e/ü.bin"]
    assert everything == await names(house, "vm?recurse=True")
    assert ["b/c", "b/c/f.txt", "b/up"] == await names(house, "vm/b?recurse=true")


async def test_a_listing_goes_down_twenty_levels(house: House) -> None:
    """Not further."""
    house.put("vm", "/".join("x" * 25) + "/f")
    assert 20 == len(await names(house, "vm?recurse=true"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=1&offset=1", ["b"]),
        ("limit=2&offset=3", ["d e"]),
        ("offset=9", []),
        ("pattern=*.txt", ["a.txt"]),
        ("pattern=*.txt&recurse=1", ["a.txt", "b/c/f.txt"]),
        ("pattern=*.txt&recurse=1&limit=1&offset=1", ["b/c/f.txt"]),
        ("pattern=%3F", ["b"]),
        ("pattern=regex:%5BTX%5D%2B", ["B2.TXT"]),
        ("pattern=regex:%5Eb", ["b"]),
        ("pattern=regex:t%24", ["a.txt"]),
        ("pattern=regex:%5EB2%5C.TXT%24", ["B2.TXT"]),
        ("pattern=regex:2%7Ca", ["a.txt", "B2.TXT"]),
        ("pattern=none*", []),
    ],
)
async def test_a_listing_is_cut_and_chosen(house: House, query: str, expected: list[str]) -> None:
    """First by the pattern, which means names and not paths, then by limit and offset."""
    plant(house)
    assert expected == await names(house, f"vm?{query}")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("limit=1&limit=2", "limit"),
        ("recurse=maybe", "recurse"),
        ("pattern=regex:(", "pattern"),
        ("pattern=%5Ba", "pattern"),
        (f"pattern={'x' * 1001}", "pattern"),
    ],
)
async def test_a_bad_listing_is_refused(house: House, query: str, field: str) -> None:
    """By the name of what is wrong."""
    assert field in refused(await house.ask("ann", "GET", f"files/ops/vm?{query}"), 400)


async def test_all_that_is_wrong_is_told_at_once(house: House) -> None:
    """Limit and offset."""
    message = refused(await house.ask("ann", "GET", "files/ops/vm?limit=0&offset=-1"), 400)
    assert {"limit", "offset"} <= set(message.replace(":", "").split())


async def test_names_that_are_no_text_are_shown_nearly(house: House) -> None:
    """And do not break the listing."""
    with open(os.fsencode(house.at("vm")) + b"/\xff\xfe.dat", "wb"):
        pass
    assert ["\ufffd\ufffd.dat"] == await names(house, "vm")


async def test_times_out_of_any_calendar_are_shown() -> None:
    """As near as can be."""
    assert "9999-12-31T23:59:59.000000Z" == moment(1e15)
    assert "1000-01-01T00:00:00.000000Z" == moment(-1e15)


async def test_an_upload_makes_its_directories_and_replaces(house: House) -> None:
    """Under the name in the path, whatever the form says."""
    answer = await post(house, "vm//a/b/c/f.txt")
    assert (None, {}) == (told(answer), answer.json()["metadata"])
    assert b"hello" == house.at("vm", "a/b/c/f.txt").read_bytes()
    told(await post(house, "vm/a/b/c/f.txt", b""))
    assert b"" == house.at("vm", "a/b/c/f.txt").read_bytes()
    assert ["f.txt"] == os.listdir(house.at("vm", "a/b/c"))


async def test_an_upload_needs_a_file_and_a_name(house: House) -> None:
    """Nothing is left behind by one that is refused."""
    house.put("vm", "d/f", "old")
    assert "directory" in refused(await post(house, "vm/d"), 400)
    assert "directory" in refused(await post(house, "vm//"), 400)
    assert "file:" in refused(await post(house, "vm/d/new", field="upload"), 400)
    assert "multipart" in refused(await house.ask("ann", "POST", "files/ops/vm/d/new", json={}), 400)
    twice = [("file", ("a", b"1")), ("file", ("b", b"2"))]
    assert "one file" in refused(await house.ask("ann", "POST", "files/ops/vm/d/new", files=twice), 400)
    assert ["f"] == os.listdir(house.at("vm", "d"))
    assert b"old" == house.at("vm", "d/f").read_bytes()


async def test_a_form_that_is_cut_off_leaves_nothing(house: House) -> None:
    """Neither a new file nor half of an old one; also when it is cut behind the file."""
    house.put("vm", "f", "old")
    part = b'--X\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nnew'
    for body in (part, part + b"\r\n--X\r\nContent-Disposition: form-data; name=x\r\n\r\n"):
        headers = {"content-type": "multipart/form-data; boundary=X"}
        refused(await house.ask("ann", "POST", "files/ops/vm/f", content=body, headers=headers), 400)
        refused(await house.ask("ann", "POST", "files/ops/vm/g", content=body, headers=headers), 400)
    assert ["f"] == os.listdir(house.at("vm"))
    assert b"old" == house.at("vm", "f").read_bytes()


async def test_directories_are_made(house: House) -> None:
    """With those above; one that is there is no error, a file in the way is."""
    house.put("vm", "f", "x")

    async def mkdir(path: Any) -> httpx2.Response:
        return await house.ask("ann", "POST", "files/ops/vm", json={"path": path})

    assert None is told(await mkdir("a/b/c"))
    assert house.at("vm", "a/b/c").is_dir()
    told(await mkdir("/a/b/"))
    refused(await mkdir("f"), 400)
    refused(await mkdir("f/g"), 400)
    for bad in ("", "../x", None, 7, ["a"]):
        assert "path" in refused(await mkdir(bad), 400)
    assert "path" in refused(await house.ask("ann", "POST", "files/ops/vm"), 400)


async def change(house: House, operation: str, path: str, new_path: Any, user: str = "ann") -> httpx2.Response:
    body = {"operation": operation, "newPath": new_path}
    return await house.ask(user, "PUT", f"files/ops/vm/{path}", json=body)


async def test_files_move_and_are_copied(house: House) -> None:
    """To a new name, with the directories above it; or into a directory that is there."""
    plant(house)
    told(await change(house, "COPY", "a.txt", "new/dir/copy.txt"))
    told(await change(house, "COPY", "b", "d e"))
    told(await change(house, "MOVE", "B2.TXT", "d e"))
    told(await change(house, "move", "a.txt", "/moved.txt"))
    everything = [
        *("b", "b/c", "b/c/f.txt", "d e", "d e/b", "d e/b/c", "d e/b/c/f.txt", "d e/B2.TXT", "d e/ü.bin"),
        *("moved.txt", "new", "new/dir", "new/dir/copy.txt"),
    ]
    assert everything == await names(house, "vm?recurse=true")
    assert b"a.txt" == house.at("vm", "new/dir/copy.txt").read_bytes()


@pytest.mark.parametrize(
    ("operation", "path", "new_path", "status"),
    [
        ("COPY", "none", "x", 404),
        ("MOVE", "none", "x", 404),
        ("MOVE", "a.txt", "a.txt", 404),
        ("COPY", "a.txt", "/./a.txt", 404),
        ("MOVE", "a.txt", "/", 400),
        ("MOVE", "b", "b/c/in", 400),
        ("COPY", "b", "b", 404),
        ("COPY", "b", "b/new", 400),
        ("COPY", "", "x", 400),
        ("MOVE", "b", "a.txt/in", 400),
        ("RENAME", "a.txt", "x", 400),
        ("COPY", "a.txt", "../x", 400),
        ("COPY", "a.txt", "", 400),
        ("COPY", "a.txt", None, 400),
    ],
)
async def test_what_cannot_be_moved_stays(
    house: House, operation: str, path: str, new_path: str | None, status: int
) -> None:
    """And the answer says why."""
    plant(house)
    before = await names(house, "vm?recurse=true")
    refused(await change(house, operation, path, new_path), status)
    assert before == await names(house, "vm?recurse=true")


async def test_deletion_takes_everything_with_it(house: House) -> None:
    """Of the root only what it holds; what is missing is told."""
    plant(house)
    house.at("vm", "link").symlink_to("b")
    assert None is told(await house.ask("ann", "DELETE", "files/ops/vm/link"))
    assert "b" in await names(house, "vm")
    told(await house.ask("ann", "DELETE", "files/ops/vm/b"))
    assert ["a.txt", "B2.TXT", "d e"] == await names(house, "vm")
    refused(await house.ask("ann", "DELETE", "files/ops/vm/b"), 404)
    told(await house.ask("ann", "DELETE", "files/ops/vm//"))
    assert [] == await names(house, "vm")
    assert house.at("vm").is_dir()


async def test_what_is_not_there_is_told(house: House) -> None:
    """A path, a system; and a system that is switched off."""
    refused(await house.ask("ann", "GET", "files/ops/vm/none"), 404)
    refused(await house.ask("ann", "GET", "files/ops/none/a"), 404)
    assert "disabled" in refused(await house.ask("ann", "GET", "files/ops/off"), 400)
    refused(await house.ask("", "GET", "files/ops/vm"), 401)


async def test_nobody_acts_for_somebody_else(house: House) -> None:
    """That is for services, of which there are none."""
    told(await house.ask("ann", "GET", "files/ops/vm?impersonationId=ann"))
    refused(await house.ask("ann", "GET", "files/ops/vm?impersonationId=bob"), 403)
    refused(await house.ask("ann", "GET", "files/ops/vm?sharedCtx=ann"), 403)


async def test_a_host_that_falls_silent_is_told(house: House) -> None:
    """As something that may be tried again."""
    house.hosts.refused.add(("vm", "ann"))
    refused(await house.ask("ann", "GET", "files/ops/vm"), 403)
