"""The scenario S11, and rows 13 to 24 of the proof, with the published client."""

import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tapipy.errors import BadRequestError, ForbiddenError, InvalidInputError, NotFoundError  # type: ignore[import-untyped]

from tests.places.app import Served, serving
from tests.service import PASSWORD, wait_until
from tests.tapis3.people import tapis

pytestmark = [pytest.mark.slow, pytest.mark.client]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A house with ann's systems."""
    with serving(tmp_path_factory.mktemp("house")) as house:
        yield house


def client(served: Served, name: str) -> Any:
    logged_in = tapis(served.url, username=name, password=PASSWORD)
    logged_in.get_tokens()
    return logged_in


@pytest.fixture(scope="module")
def ann(served: Served) -> Any:
    """Who owns the systems."""
    return client(served, "ann")


def paths(found: Any) -> list[str]:
    return [one.path for one in found]


def upload(ann: Any, path: str, content: bytes) -> None:
    file = io.BytesIO(content)
    file.name = "up.txt"
    ann.files.insert(systemId="vm", path=path, file=file)


def test_a_working_day(served: Served, ann: Any) -> None:
    """Directories, an upload, listings, copies and moves, and the end of all."""
    ann.files.mkdir(systemId="vm", path="a/b/c")
    upload(ann, "a/b/c/f.txt", b"hello")
    (found,) = ann.files.listFiles(systemId="vm", path="a/b/c")
    assert (5, "a/b/c/f.txt", "tapis://vm/a/b/c/f.txt") == (found.size, found.path, found.url)
    assert found.owner.isdigit()
    assert ["a/b", "a/b/c", "a/b/c/f.txt"] == paths(ann.files.listFiles(systemId="vm", path="a", recurse=True))
    upload(ann, "/a/g.dat", b"x")
    everything = {"systemId": "vm", "path": "/a", "recurse": True}
    assert ["a/b/c"] == paths(ann.files.listFiles(**everything, limit=1, offset=1))
    assert ["a/b/c/f.txt"] == paths(ann.files.listFiles(**everything, pattern="*.txt"))
    assert [True, False] == [
        ann.files.getStatInfo(systemId="vm", path=path).dir for path in ("a/b", "a/b/c/f.txt")
    ]  # fmt: skip
    ann.files.moveCopy(systemId="vm", path="a/b/c/f.txt", operation="COPY", newPath="a/b")
    ann.files.moveCopy(systemId="vm", path="a/g.dat", operation="MOVE", newPath="new/h.dat")
    assert ["a/b/c", "a/b/f.txt"] == paths(ann.files.listFiles(systemId="vm", path="a/b"))
    assert ["new/h.dat"] == paths(ann.files.listFiles(systemId="vm", path="new"))
    ann.files.delete(systemId="vm", path="new")
    assert ["a"] == paths(ann.files.listFiles(systemId="vm", path="/"))
    served.at("vm", "a b/c").mkdir(parents=True)
    assert [] == ann.files.listFiles(systemId="vm", path="/a b/c", limit=2, offset=1, recurse=True)


def test_contents(ann: Any) -> None:
    """Bytes, an archive by paths below, a range; a directory is none of them."""
    upload(ann, "con/b/f.json", b'{"a": 1}')
    assert b'{"a": 1}' == ann.files.getContents(systemId="vm", path="/con/b/f.json")
    with pytest.raises(BadRequestError, match="zip=true"):
        ann.files.getContents(systemId="vm", path="con")
    archive = zipfile.ZipFile(io.BytesIO(ann.files.getContents(systemId="vm", path="con", zip=True)))
    assert ["b/", "b/f.json"] == archive.namelist()
    part = ann.files.getContents(systemId="vm", path="con/b/f.json", _tapis_headers={"range": "0,2"})
    assert b'{"a' == part


def test_the_client_has_another_way_to_upload(
    served: Served, ann: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Row 18."""
    source = tmp_path_factory.mktemp("up") / "f.bin"
    source.write_bytes(bytes(range(256)))
    ann.upload(source_file_path=str(source), system_id="vm", dest_file_path="w/up2.bin")
    assert bytes(range(256)) == served.at("vm", "w/up2.bin").read_bytes()


def test_what_is_wrong_is_told_by_its_class(ann: Any) -> None:
    """As client code expects it; an empty path never leaves the client."""
    with pytest.raises(InvalidInputError):
        ann.files.listFiles(systemId="vm", path="")
    with pytest.raises(NotFoundError):
        ann.files.listFiles(systemId="vm", path="none")
    with pytest.raises(BadRequestError):
        ann.files.mkdir(systemId="vm", path="a/%2e%2e/../x")
    with pytest.raises(BadRequestError):
        ann.files.moveCopy(systemId="vm", path="none", operation="RENAME", newPath="x")


def test_permissions_and_shares(served: Served, ann: Any) -> None:
    """Row 23, and that a share opens what was closed."""
    bob = client(served, "bob")
    upload(ann, "workdir/f.txt", b"hello")
    given = ann.files.grantPermissions(systemId="vm", path="/workdir", username="bob", permission="READ")
    assert ("solo", "bob", "vm", "/workdir", "READ") == (
        given.tenantId, given.username, given.systemId, given.path, given.permission
    )  # fmt: skip
    with pytest.raises(ForbiddenError):
        bob.files.getContents(systemId="vm", path="workdir/f.txt")
    ann.files.sharePath(systemId="vm", path="workdir", users=["bob"])
    assert b"hello" == bob.files.getContents(systemId="vm", path="workdir/f.txt")
    assert ["bob"] == ann.files.getShareInfo(systemId="vm", path="workdir").userSet
    with pytest.raises(ForbiddenError):
        bob.files.delete(systemId="vm", path="workdir/f.txt")


def test_a_transfer(served: Served, ann: Any) -> None:
    """From one system to another, and the end of one that goes on for long."""
    upload(ann, "trans/b/f.txt", b"hello")
    elements = [{"sourceURI": "tapis://vm/trans", "destinationURI": "tapis://store/in"}]
    task = ann.files.createTransferTask(tag="t", elements=elements)

    def completed() -> Any:
        found = ann.files.getTransferTask(transferTaskId=task.uuid, includeSummary=True)
        return found if found.status == "COMPLETED" else None

    found = wait_until(completed)
    assert found.completeTransfers == found.totalTransfers == 3
    assert b"hello" == served.at("store", "in/b/f.txt").read_bytes()
    assert task.uuid == ann.files.getRecentTransferTasks()[0].uuid
    details = ann.files.getTransferTaskDetails(transferTaskId=task.uuid)
    assert ["COMPLETED"] * 3 == [child.status for child in details.parentTasks[0].children]
    with served.at("vm", "huge").open("wb") as huge:
        huge.truncate(1 << 40)
    task = ann.files.createTransferTask(
        elements=[{"sourceURI": "tapis://vm/huge", "destinationURI": "tapis://store/huge"}]
    )
    ann.files.cancelTransferTask(transferTaskId=task.uuid)
    wait_until(lambda: ann.files.getTransferTask(transferTaskId=task.uuid).status == "CANCELLED")
    assert not served.at("store", "huge").exists()
    wait_until(lambda: [] == [path for path in served.at("store").iterdir() if path.name.endswith(".part")])


def test_a_postit(ann: Any) -> None:
    """Redeemed once without a token, and by the client itself."""
    upload(ann, "post.json", b'{"self": 1}')
    link = ann.files.createPostIt(systemId="vm", path="post.json", allowedUses=2)
    assert b'{"self": 1}' == httpx2.get(link.redeemUrl, trust_env=False, timeout=120).content
    assert b'{"self": 1}' == ann.files.redeemPostIt(postitId=link.postitId)
    assert 400 == httpx2.get(link.redeemUrl, trust_env=False, timeout=120).status_code
    assert link.id in [one.id for one in ann.files.listPostIts()]
    assert 5 == ann.files.updatePostIt(postitId=link.postitId, allowedUses=5).allowedUses
    assert 1 == ann.files.deletePostIt(postitId=link.postitId).changes


GIB = 1 << 30


@pytest.mark.timeout(1800)
def test_two_gigabytes_go_through_in_little_memory(served: Served, ann: Any) -> None:
    """Up and down, plain and as an archive, and from system to system."""
    size, piece = 2 * GIB, bytes(range(256)) * 4096
    token = ann.access_token.access_token
    headers = {"X-Tapis-Token": token, "content-type": "multipart/form-data; boundary=X"}
    http = httpx2.Client(base_url=f"{served.url}/v3/files", trust_env=False, timeout=120)

    def form() -> Iterator[bytes]:
        yield b'--X\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
        for _ in range(size // len(piece)):
            yield piece
        yield b"\r\n--X--\r\n"

    before, began = served.peak_memory(), time.monotonic()
    assert 200 == http.post("/ops/vm/big", content=form(), headers=headers).status_code
    assert size == served.at("vm", "big").stat().st_size
    told = {"upload": time.monotonic() - began}
    for name, query in (("download", ""), ("archive", "?zip=true")):
        began, got = time.monotonic(), 0
        with http.stream("GET", f"/content/vm/big{query}", headers=headers) as answer:
            assert 200 == answer.status_code
            for chunk in answer.iter_bytes():
                got += len(chunk)
        assert got == size if name == "download" else 0 < got < size
        told[name] = time.monotonic() - began
    began = time.monotonic()
    elements = [{"sourceURI": "tapis://vm/big", "destinationURI": "tapis://store/big"}]
    task = ann.files.createTransferTask(elements=elements)
    wait_until(lambda: ann.files.getTransferTask(transferTaskId=task.uuid).status == "COMPLETED", 600)
    told["transfer"] = time.monotonic() - began
    print({name: f"{size / seconds / 1e6:.0f} MB/s" for name, seconds in told.items()})
    assert served.peak_memory() - before < 100_000_000, told
