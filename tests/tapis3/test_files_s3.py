"""An object store as a system: no directories, everything below a path is listed; all else as on any system."""

import asyncio
import io
import zipfile
from typing import Any

import pytest

from tests.places.bucket import Bucket
from tests.places.house import House
from tests.tapis3.envelopes import refused, told

pytestmark = pytest.mark.anyio


@pytest.fixture
def bucket(house: House) -> Bucket:
    """The one behind the system ``bucket``, whose root is the prefix /top."""
    store = Bucket()
    house.hosts.instead["bucket"] = store
    return store


async def names(house: House, path: str) -> list[str]:
    return [entry["path"] for entry in told(await house.ask("ann", "GET", f"files/ops/bucket{path}"))]


async def test_a_working_day(house: House, bucket: Bucket) -> None:
    """Uploads, listings, contents, copies, deletions."""
    assert [] == await names(house, "")
    for path in ("a/b/c/f.txt", "a/g.txt", "h"):
        told(await house.ask("ann", "POST", f"files/ops/bucket/{path}", files={"file": ("f", path.encode())}))
    assert {"/top/a/b/c/f.txt", "/top/a/g.txt", "/top/h"} == set(bucket.objects)
    assert ["a/b/c/f.txt", "a/g.txt", "h"] == await names(house, "") == await names(house, "?recurse=true")
    assert ["a/b/c/f.txt"] == await names(house, "/a/b")
    assert ["a/g.txt"] == await names(house, "/a/g.txt")
    assert ["a/g.txt"] == await names(house, "?pattern=g*") == await names(house, "?offset=1&limit=1")
    refused(await house.ask("ann", "GET", "files/ops/bucket/none"), 404)
    told(await house.ask("ann", "POST", "files/ops/bucket", json={"path": "empty"}))
    assert b"h" == (await house.ask("ann", "GET", "files/content/bucket/h")).content
    assert b"g.t" == (await house.ask("ann", "GET", "files/content/bucket/a/g.txt", headers={"range": "2,4"})).content
    archive = (await house.ask("ann", "GET", "files/content/bucket/a?zip=true")).content
    assert ["b/c/f.txt", "g.txt"] == zipfile.ZipFile(io.BytesIO(archive)).namelist()
    body = {"operation": "COPY", "newPath": "x"}
    told(await house.ask("ann", "PUT", "files/ops/bucket/a/b", json=body))
    told(await house.ask("ann", "PUT", "files/ops/bucket/h", json={"operation": "MOVE", "newPath": "x"}))
    assert ["a/b/c/f.txt", "a/g.txt", "x/c/f.txt", "x/h"] == await names(house, "")
    told(await house.ask("ann", "DELETE", "files/ops/bucket/a"))
    told(await house.ask("ann", "DELETE", "files/ops/bucket/"))
    assert {} == bucket.objects
    refused(await house.ask("ann", "DELETE", "files/ops/bucket/a"), 404)


async def test_it_has_no_modes(house: House, bucket: Bucket) -> None:
    """And no access lists."""
    bucket.objects["/top/f"] = b"x"
    body: dict[str, Any] = {"operation": "CHMOD", "argument": "700"}
    refused(await house.ask("ann", "POST", "files/utils/linux/bucket/f", json=body), 400)
    refused(await house.ask("ann", "GET", "files/utils/linux/facl/bucket/f"), 400)


async def test_directories_go_in_and_come_out(house: House, bucket: Bucket) -> None:
    """By transfers, from and to a host with files."""
    house.put("vm", "out/b/f.txt", "hello")
    house.put("vm", "out/run.sh", "x", mode=0o755)

    async def carry(source: str, target: str) -> str:
        body = {"elements": [{"sourceURI": f"tapis://{source}", "destinationURI": f"tapis://{target}"}]}
        uuid = told(await house.ask("ann", "POST", "files/transfers", json=body))["uuid"]
        async with asyncio.timeout(120):
            while True:
                task = told(await house.ask("ann", "GET", f"files/transfers/{uuid}"))
                if task["status"] in {"COMPLETED", "FAILED"}:
                    return str(task["status"])
                await asyncio.sleep(0.05)

    assert "COMPLETED" == await carry("vm/out", "bucket/in")
    assert {"/top/in/b/f.txt": b"hello", "/top/in/run.sh": b"x"} == bucket.objects
    assert "COMPLETED" == await carry("bucket/in", "store/back")
    assert b"hello" == house.at("store", "back/b/f.txt").read_bytes()
