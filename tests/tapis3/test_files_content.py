"""What is in files: whole, in parts, by pages, as archives."""

import io
import os
import random
import zipfile

import httpx2
import pytest

from dragoman.shells.local_login import LocalLogin
from tests.places.house import House
from tests.tapis3.envelopes import refused

pytestmark = pytest.mark.anyio

TEXT = b"0123456789"


async def get(house: House, path: str, user: str = "ann", **headers: str) -> httpx2.Response:
    return await house.ask(user, "GET", f"files/content/{path}", headers=headers)


async def test_a_file_comes_as_it_is(house: House) -> None:
    """Never as JSON, by its own name, and with its length."""
    house.put("vm", "w/data.json", TEXT)
    answer = await get(house, "vm//w/data.json")
    assert (200, TEXT) == (answer.status_code, answer.content)
    assert "application/octet-stream" == answer.headers["content-type"]
    assert 'attachment; filename="data.json"' == answer.headers["content-disposition"]
    assert ("max-age=3600", "10") == (answer.headers["cache-control"], answer.headers["content-length"])


async def test_an_empty_file_comes_empty(house: House) -> None:
    """It is no error."""
    house.put("vm", "f", b"")
    answer = await get(house, "vm/f")
    assert (200, b"", "0") == (answer.status_code, answer.content, answer.headers["content-length"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('a "b".txt', "attachment; filename=\"a _b_.txt\"; filename*=UTF-8''a%20%22b%22.txt"),
        ("ü.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"),
        ("a;b=c.txt", 'attachment; filename="a;b=c.txt"'),
    ],
)
async def test_a_file_keeps_its_exact_name(house: House, name: str, expected: str) -> None:
    """Whatever characters are in it."""
    house.put("vm", name, TEXT)
    request = httpx2.Request("GET", f"http://test/{name}")
    answer = await get(house, f"vm{request.url.raw_path.decode()}")
    assert (TEXT, expected) == (answer.content, answer.headers["content-disposition"])


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("0,2", 200, b"012", None),
        (" 3 , 3 ", 200, b"3", None),
        ("8,100", 200, b"89", None),
        ("50,60", 200, b"", None),
        ("bytes=0-2", 206, b"012", "bytes 0-2/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=50-60", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, TEXT, None),
        ("lines=1-2", 200, TEXT, None),
    ],
)
async def test_part_of_a_file(house: House, asked: str, status: int, content: bytes, told: str | None) -> None:
    """Both by the header of this service, which has a comma, and by that of HTTP."""
    house.put("vm", "f", TEXT)
    answer = await get(house, "vm/f", range=asked)
    assert (status, content, told) == (answer.status_code, answer.content, answer.headers.get("content-range"))
    if "," in asked:
        assert "text/plain" == answer.headers["content-type"]


@pytest.mark.parametrize("asked", ["2,1", "1", "a,b", "-1,2", "1,2,3", "0,9999999999999999999"])
async def test_a_range_without_sense_is_refused(house: House, asked: str) -> None:
    """HTTP's own is left alone when it makes none."""
    house.put("vm", "f", TEXT)
    assert "range" in refused(await get(house, "vm/f", range=asked), 400)


async def test_a_file_by_pages(house: House) -> None:
    """Of 1024 bytes, from the first on, to be shown."""
    content = random.Random(1).randbytes(2500)
    house.put("vm", "f", content)
    pages = [await get(house, "vm/f", more=str(number)) for number in (1, 2, 3, 4)]
    assert [content[:1024], content[1024:2048], content[2048:], b""] == [page.content for page in pages]
    assert {("text/plain", 'inline; filename="f"')} == {
        (page.headers["content-type"], page.headers["content-disposition"]) for page in pages
    }
    for bad in ("0", "-1", "x", "1.5"):
        assert "more" in refused(await get(house, "vm/f", more=bad), 400)


async def test_what_is_no_file_is_refused(house: House) -> None:
    """A directory, a pipe; what is missing is not there."""
    house.put("vm", "d/f")
    os.mkfifo(house.at("vm", "pipe"))
    for path in ("vm", "vm//", "vm/d", "vm/pipe", "vm/pipe?zip=true"):
        refused(await get(house, path), 400)
    for path in ("vm/none", "vm/d/none?zip=true", "vm/d/f/x"):
        refused(await get(house, path), 404)


async def archived(house: House, path: str) -> tuple[httpx2.Response, dict[str, bytes]]:
    answer = await get(house, f"{path}?zip=True")
    assert (200, "application/octet-stream") == (answer.status_code, answer.headers["content-type"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return answer, {name: archive.read(name) for name in archive.namelist()}


async def test_a_directory_as_an_archive(house: House) -> None:
    """With everything in it by its path below; links to files are the files, others are left out."""
    big = random.Random(2).randbytes(3_000_000)
    house.put("vm", "out.d/b/big", big)
    house.put("vm", "out.d/a b.txt", TEXT)
    house.put("vm", "out.d/ü", b"")
    house.at("vm", "out.d/empty").mkdir()
    os.mkfifo(house.at("vm", "out.d/pipe"))
    house.at("vm", "out.d/link").symlink_to("a b.txt")
    house.at("vm", "out.d/up").symlink_to("..")
    house.at("vm", "out.d/nowhere").symlink_to("none")
    answer, found = await archived(house, "vm/out.d")
    assert {"b/": b"", "b/big": big, "a b.txt": TEXT, "ü": b"", "empty/": b"", "link": TEXT} == found
    assert 'attachment; filename="out.zip"' == answer.headers["content-disposition"]
    assert "content-length" not in answer.headers


async def test_a_file_as_an_archive(house: House) -> None:
    """It has that one file."""
    house.put("vm", "w/data.tar.gz", TEXT)
    answer, found = await archived(house, "vm/w/data.tar.gz")
    assert {"data.tar.gz": TEXT} == found
    assert 'attachment; filename="data.tar.zip"' == answer.headers["content-disposition"]


async def test_the_root_as_an_archive(house: House) -> None:
    """By a name that says so; the root of a whole host is too much."""
    house.put("vm", "f", TEXT)
    answer, found = await archived(house, "vm/")
    assert {"f": TEXT} == found
    assert 'attachment; filename="systemRoot.zip"' == answer.headers["content-disposition"]


async def test_names_that_are_no_text_are_in_the_archive(house: House) -> None:
    """Nearly by their names."""
    with open(os.fsencode(house.at("vm")) + b"/\xff", "wb") as file:
        file.write(TEXT)
    assert {"\ufffd": TEXT} == (await archived(house, "vm"))[1]


async def test_a_head_reads_nothing(house: House) -> None:
    """It tells what would come."""
    house.put("vm", "f", TEXT)
    for path in ("f", "f?zip=true"):
        answer = await house.ask("ann", "HEAD", f"files/content/vm/{path}")
        assert (200, b"") == (answer.status_code, answer.content)


async def test_what_stands_in_the_way_of_the_first_byte_is_an_answer(house: House) -> None:
    """Not a connection that is cut."""
    house.put("vm", "f", TEXT)

    class Vanishing(LocalLogin):
        async def facts(self, path: str, *, follow: bool = True):  # type: ignore[no-untyped-def]
            found = await super().facts(path, follow=follow)
            os.unlink(path)
            return found

    house.hosts.instead["vm"] = Vanishing("/", lambda argv: argv)
    refused(await get(house, "vm/f"), 404)


async def test_a_file_that_shrinks_is_not_taken_for_whole(house: House) -> None:
    """The connection is cut."""
    file = house.put("vm", "f", bytes(5_000_000))

    class Shrinking(LocalLogin):
        async def read(self, path: str, *, offset: int = 0, length: int | None = None):  # type: ignore[no-untyped-def]
            async for piece in super().read(path, offset=offset, length=length):
                yield piece
                os.truncate(file, 1_500_000)

    house.hosts.instead["vm"] = Shrinking("/", lambda argv: argv)
    answer = await get(house, "vm/f")
    assert len(answer.content) < 5_000_000 == int(answer.headers["content-length"])
