"""Files: listed, sent, fetched, made, renamed, copied, moved, deleted; from the home, or from the root."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service import Service, wait_until
from tests.shelf import on_the_web
from tests.tapis2.odd_names import reached
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import STORAGE, changed, upload

SYSTEM = "/files/v2/{}/system/fay.store/{}"


@pytest.fixture(scope="module")
def fay(service: Service) -> Person:
    """Somebody with a storage system, whose home is not its root."""
    person = newcomer(service, "fay")
    person.post("/systems/v2/", 201, json=changed(STORAGE, id="fay.store", storage={"homeDir": "/home/fay"}))
    person.put(SYSTEM.format("media", "/"), json={"action": "mkdir", "path": "home/fay"})
    return person


def at(kind: str, path: str = "") -> str:
    return SYSTEM.format(kind, path)


def names(person: Person, path: str = "", query: str = "") -> list[str]:
    return [one["name"] for one in person.get(f"{at('listings', path)}{query}")]


def put(person: Person, path: str, action: str, target: str, status: int = 200) -> Any:
    return person.put(f"{at('media', path)}?pretty=true", status, data={"action": action, "path": target})


def send(person: Person, path: str, name: str, data: bytes, **more: str) -> Any:
    return person.post(at("media", path), 202, files={"fileToUpload": (name, data)}, data=more)


def send_form(person: Person, status: int, *sent: tuple[str, str, str]) -> Any:
    """A form with these parts in this order: their names, the names of their files, what they hold."""
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="{file}"' if file else "")
        + f"\r\n\r\n{text}\r\n"
        for name, file, text in sent
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return person.post(at("media"), status, content=f"{body}--b--\r\n".encode(), headers=headers)


def test_an_upload_comes_back(fay: Person) -> None:
    found = send(fay, "", "a.txt", b"hello")
    assert ("a.txt", "/home/fay/a.txt", "fay.store", "STAGING_QUEUED") == tuple(
        found[key] for key in ("name", "path", "systemId", "status")
    )
    answer = fay.http.get(at("media", "a.txt"))
    assert (b"hello", "text/plain") == (answer.content, answer.headers["content-type"])
    assert 'attachment; filename="a.txt"' == answer.headers["content-disposition"]
    assert "5" == fay.http.head(at("media", "a.txt")).headers["content-length"]


def test_an_upload_may_have_another_name(fay: Person) -> None:
    """Whatever the order of the parts is."""
    send(fay, "", "x", b"1", fileName="named.txt")
    send_form(fay, 202, ("fileToUpload", "y", "2"), ("fileName", "", "late.txt"))
    send(fay, "", "z", b"3", fileName="more.txt&fileType=raw&notifications=http://127.0.0.1:9/x")
    assert {"named.txt", "late.txt", "more.txt"} <= set(names(fay))
    assert b"2" == fay.http.get(at("media", "late.txt")).content


def test_an_upload_under_another_name_leaves_the_file_of_its_own(fay: Person) -> None:
    """Also when the other name comes behind the file; one without another name replaces what is there."""
    send(fay, "", "own", b"old")
    send_form(fay, 202, ("fileToUpload", "own", "new"), ("fileName", "", "other"))
    assert [b"old", b"new"] == [fay.http.get(at("media", name)).content for name in ("own", "other")]
    send(fay, "", "own", b"newer")
    assert b"newer" == fay.http.get(at("media", "own")).content
    assert not [name for name in names(fay) if name.endswith(".part")]


@pytest.mark.parametrize(
    "behind", [("fileToUpload", "second", "2"), ("fileName", "", "a\0" * 40_000), ("fileName", "", "dir")]
)
@pytest.mark.parametrize("was_there", [False, True])
def test_nothing_is_kept_of_an_upload_that_is_refused(
    fay: Person, behind: tuple[str, str, str], was_there: bool
) -> None:
    """Whatever is wrong behind the file; what was there is still there."""
    fay.http.put(at("media"), data={"action": "mkdir", "path": "dir"})
    if was_there:
        send(fay, "", "kept", b"old")
    before = names(fay)
    send_form(fay, 400, ("fileToUpload", "kept" if was_there else "first", "1"), behind)
    assert (before, ["."]) == (names(fay), names(fay, "dir"))
    assert not was_there or b"old" == fay.http.get(at("media", "kept")).content


def test_a_listing_begins_with_the_directory_itself(fay: Person) -> None:
    put(fay, "", "mkdir", "listed/sub")
    for name in ("b.txt", "c.txt"):
        send(fay, "listed", name, b"x")
    assert [".", "b.txt", "c.txt", "sub"] == names(fay, "listed") == names(fay, "listed/")
    top, file, *_ = fay.get(at("listings", "listed"))
    assert ("/home/fay/listed", "dir", "folder", "text/directory") == tuple(
        top[key] for key in ("path", "type", "format", "mimeType")
    )
    assert ("/home/fay/listed/b.txt", "file", "raw", 1, "fay.store") == tuple(
        file[key] for key in ("path", "type", "format", "length", "system")
    )
    assert file["permissions"] in {"READ_WRITE", "ALL"}
    assert {"self", "system", "history"} == set(top["_links"])
    assert ["b.txt"] == names(fay, "listed/b.txt")
    link = file["_links"]["self"]["href"]
    assert b"x" == fay.http.get(link).content


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?limit=2", [".", "b.txt"]),
        ("?limit=2&offset=2", ["c.txt", "sub"]),
        ("?limit=100&offset=0", [".", "b.txt", "c.txt", "sub"]),
        ("?limit=1&offset=1", ["b.txt"]),
        ("?offset=4", []),
    ],
)
def test_a_listing_comes_in_pages(fay: Person, query: str, expected: list[str]) -> None:
    if "listed" not in names(fay):
        test_a_listing_begins_with_the_directory_itself(fay)
    assert expected == names(fay, "listed", query)


def test_paths_begin_at_the_home_or_at_the_root(fay: Person) -> None:
    """Two slashes behind the id mean the root; nothing leads out of it."""
    send(fay, "", "where.txt", b"home")
    for path in ("where.txt", "./where.txt", "/home/fay/where.txt", "%2E%2E/fay/where.txt", "%2Fhome/fay/where.txt"):
        assert b"home" == fay.http.get(at("media", path)).content, path
    assert "/" == fay.get(at("listings", "/"))[0]["path"]
    assert "/home" == fay.get(at("listings", "%2E%2E"))[0]["path"]
    assert "leads out" in fay.get(at("listings", "%2E%2E/%2E%2E/%2E%2E"), 400)
    assert "leads out" in fay.get(at("media", "%2F%2E%2E%2Fetc/passwd"), 400)


def test_a_default_storage_system_needs_no_name(fay: Person) -> None:
    fay.put("/systems/v2/fay.store", data={"action": "setDefault"})
    fay.post("/files/v2/media/", 202, files={"fileToUpload": ("default.txt", b"d")})
    assert b"d" == fay.http.get("/files/v2/media/default.txt").content
    assert "default.txt" in [one["name"] for one in fay.get("/files/v2/listings/")]
    assert "default.txt" in [one["name"] for one in fay.get("/files/v2/listings//home/fay")]
    fay.put("/systems/v2/fay.store", data={"action": "unsetDefault"})
    assert "default.txt" not in [one["name"] for one in fay.get("/files/v2/listings/")]


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [("bytes=0-3", 206, b"0123"), ("bytes=8-", 206, b"89"), ("bytes=-2", 206, b"89"), ("bytes=3-99", 206, b"3456789")],
)
def test_a_part_of_a_file(fay: Person, header: str, status: int, expected: bytes) -> None:
    send(fay, "", "digits", b"0123456789")
    answer = fay.http.get(at("media", "digits"), headers={"Range": header})
    assert (status, expected) == (answer.status_code, answer.content)
    assert answer.headers["content-range"].endswith("/10")


def test_a_part_that_is_not_there(fay: Person) -> None:
    send(fay, "", "digits", b"0123456789")
    assert "Lower bound out of range of file" == fay.get(at("media", "digits"), 416, headers={"Range": "bytes=10-"})


def test_what_is_not_there_is_told_so_that_clients_find_it(fay: Person) -> None:
    answer = fay.http.get(at("media", "no.txt"))
    assert answer.text.startswith('{"status":"error","message":"File/folder does not exist"')
    for kind in ("listings", "history"):
        assert fay.http.get(at(kind, "no.txt")).status_code in {200, 404}
    assert "File/folder does not exist" == fay.get(at("listings", "no.txt"), 404)
    assert "Directory downloads not supported" == fay.get(at("media", ""), 400)
    assert "File/folder does not exist" == fay.delete(at("media", "no.txt"), 404)


def test_directories_are_made_with_their_parents(fay: Person) -> None:
    assert "/home/fay/deep/er" == put(fay, "", "mkdir", "deep/er")["path"]
    assert put(fay, "", "mkdir", "deep/er", 400).startswith("Directory deep/er already exists")
    assert "/top" == put(fay, "/", "mkdir", "/top")["path"]


def test_files_are_renamed_copied_moved_and_deleted(fay: Person) -> None:
    put(fay, "", "mkdir", "w/d")
    send(fay, "w", "a", b"A")
    assert "/home/fay/w/b" == put(fay, "w/a", "rename", "b")["path"]
    assert put(fay, "w/b", "rename", "d", 400).endswith("already exists")
    assert "/home/fay/w/c" == put(fay, "w/b", "copy", "w/c")["path"]
    send(fay, "w", "b", b"B")
    put(fay, "w/b", "copy", "w/c")
    assert b"B" == fay.http.get(at("media", "w/c")).content
    assert "/home/fay/w/d/c" == put(fay, "w/c", "move", "/home/fay/w/d")["path"]
    assert [".", "b", "d"] == names(fay, "w")
    put(fay, "w/d", "copy", "agave://fay.store/w/e")
    put(fay, "w/d", "copy", "agave://fay.store//home/fay/w/e")
    assert [".", "c"] == names(fay, "w/e")
    assert fay.delete(at("media", "w/d")) is None
    assert [".", "b", "e"] == names(fay, "w")
    assert 204 == fay.http.delete(f"{at('media', 'w')}?naked=true").status_code


def test_odd_names_are_reached_by_their_links(service: Service, fay: Person, bob: Person) -> None:
    """And what is in a directory of such a name; but nobody makes one."""
    put(fay, "", "mkdir", "odd")
    (folder,) = service.data.rglob("home/fay/odd")
    reached(fay, "fay.store", "odd", folder)
    os.mkdir(os.fsencode(folder) + b"/\xff\n")
    assert "a.txt" == fay.post(at("media", "odd/%FF%0A"), 202, files={"fileToUpload": ("a.txt", b"x")})["name"]
    assert b"x" == fay.http.get(at("media", "odd/%FF%0A/a.txt")).content
    assert "b.txt" == fay.put(at("media", "odd/%FF%0A/a.txt"), data={"action": "rename", "path": "b.txt"})["name"]
    assert [b"b.txt"] == os.listdir(os.fsencode(folder) + b"/\xff\n")
    for action in ("mkdir", "rename"):
        assert "control characters" in put(fay, "odd", action, "a\nb", 400)
    fay.post(f"{at('pems', 'odd/%FF%0A')}", data={"username": bob.name, "permission": "READ"})
    assert bob.name in {one["username"] for one in fay.get(at("pems", "odd/%FF%0A"))}
    assert fay.get(at("media", "odd/%FF%00"), 400)


def test_actions_that_cannot_be(fay: Person) -> None:
    assert put(fay, "", "dance", "x", 400).startswith("Invalid action dance")
    assert fay.put(at("media"), 400, json={"action": "mkdir"}).startswith("No path specified")
    assert put(fay, "", "copy", "agave://other.system/x", 400).startswith("Between systems")


def test_a_history_tells_what_was_done(fay: Person) -> None:
    send(fay, "", "told", b"1")
    put(fay, "told", "rename", "told2")
    fay.delete(at("media", "told2"))
    assert ["UPLOAD", "RENAME"] == [one["status"] for one in fay.get(at("history", "told"))]
    assert ["RENAME", "DELETED"] == [one["status"] for one in fay.get(at("history", "told2"))]


def lent_by(person: Person) -> str:
    """The address of a file of the house's own system, as a postit tells it."""
    person.post("/files/v2/media/system/local.storage", 202, files={"fileToUpload": ("lent.txt", b"lent")})
    url = f"{str(person.http.base_url).rstrip('/')}/files/v2/media/system/local.storage/lent.txt"
    return str(person.post("/postits/v2/", 201, json={"url": url})["url"])


@pytest.mark.parametrize("field", ["urlToIngest", "url"])
def test_files_are_fetched_from_the_web(fay: Person, field: str, tmp_path: Path) -> None:
    """In the background, and only from where this service may ask."""
    (tmp_path / "big.txt").write_bytes(b"from the web")
    with on_the_web(tmp_path) as web:
        words = {field: f"{web}/big.txt", "notifications": "", "fileName": "", "fileType": ""}
        found = fay.post(f"{at('media')}?pretty=true", 202, data=words)
        assert ("big.txt", "STAGING_QUEUED") == (found["name"], found["status"])
        wait_until(lambda: "big.txt" in names(fay))
        wait_until(lambda: b"from the web" == fay.http.get(at("media", "big.txt")).content)
    fay.delete(at("media", "big.txt"))


def test_files_are_fetched_from_other_systems(fay: Person) -> None:
    send(fay, "", "source.txt", b"s")
    fay.post(
        "/files/v2/media/system/local.storage/",
        202,
        json={"urlToIngest": "agave://fay.store/source.txt", "fileName": "copy.txt"},
    )
    wait_until(lambda: b"s" == fay.http.get("/files/v2/media/system/local.storage/copy.txt").content)


def test_files_of_any_name_are_fetched_from_other_systems(service: Service, fay: Person) -> None:
    """By the bytes that their addresses tell; a name that is no text is not made, but written as it was asked for."""
    put(fay, "", "mkdir", "from here")
    (folder,) = service.data.rglob("home/fay/from here")
    local = "/files/v2/media/system/local.storage"
    for told, name, made in (
        ("%25%20%3F.txt", b"% ?.txt", "%25%20%3F.txt"),
        ("%FF%0A.txt", b"\xff\n.txt", "%25FF%250A.txt"),
    ):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
        fay.post(f"{local}/", 202, json={"urlToIngest": f"agave://fay.store/from%20here/{told}"})
        wait_until(partial(holds, fay, f"{local}/{made}", name))


def holds(person: Person, path: str, content: bytes) -> bool:
    return content == person.http.get(path).content


@pytest.mark.parametrize("url", ["ftp://host/file", "sftp://u:p@host/f", "nothing", "agave://", "agave://no.system/x"])
def test_addresses_that_cannot_be_fetched(fay: Person, url: str) -> None:
    assert fay.http.post(at("media"), data={"urlToIngest": url}).status_code in {400, 404}


def test_uploads_that_cannot_be(fay: Person) -> None:
    send(fay, "", "plain", b"x")
    assert "is a file" in fay.post(at("media", "plain"), 400, files={"fileToUpload": ("y", b"y")})
    assert fay.post(at("media", "nowhere"), 404, files={"fileToUpload": ("y", b"y")})
    assert fay.post(at("media"), 400, files={"other": ("y", b"y")})
    assert fay.post(at("media"), 400, data={})


def test_files_of_others_are_theirs(fay: Person, bob: Person) -> None:
    for method, path in (("get", "listings"), ("get", "media"), ("delete", "media"), ("get", "pems")):
        assert 403 == getattr(bob.http, method)(at(path, "a.txt")).status_code


@pytest.mark.parametrize("action", ["copy", "move"])
def test_a_file_does_not_go_onto_itself(fay: Person, action: str) -> None:
    send(fay, "", "same.txt", b"same")
    said = fay.put(at("media", "same.txt"), 400, json={"action": action, "path": "same.txt"})
    assert said.endswith("cannot go onto itself: name another path.")
    assert b"same" == fay.http.get(at("media", "same.txt")).content


@pytest.mark.parametrize("path", ["", "/", "%2f", "//", "%2e", "sub/%2e%2e"])
def test_the_home_of_a_system_is_not_deleted(fay: Person, path: str) -> None:
    """As a variable that is not set would have it."""
    send(fay, "", "kept.txt", b"kept")
    assert "cannot be deleted" in fay.delete(f"/files/v2/media/system/fay.store/{path}", 400)
    assert b"kept" == fay.http.get(at("media", "kept.txt")).content


def test_a_postit_lets_whoever_holds_it_fetch_a_file_once(fay: Person, nobody: httpx2.Client) -> None:
    send(fay, "", "lent.txt", b"lent")
    url = str(fay.http.base_url.join("/files/v2/media/system/fay.store/lent.txt"))
    made = fay.post("/postits/v2/", 201, json={"url": url, "maxUses": 1, "lifetime": 600})
    assert ("fay", 1, "ACTIVE", "GET") == tuple(made[key] for key in ("creator", "remainingUses", "status", "method"))
    alias = made["postit"]
    assert alias in {one["postit"] for one in fay.get("/postits/v2/")}
    assert b"lent" == nobody.get(f"/postits/v2/{alias}").content
    assert 400 == nobody.get(f"/postits/v2/{alias}").status_code
    assert ["NO_USES"] == [one["status"] for one in fay.get("/postits/v2/?status=ALL") if one["postit"] == alias]
    again = fay.post(f"/postits/v2/update/{alias}", data={"maxUses": "5"})
    assert (5, 4) == (again["numberUsed"] + again["remainingUses"], again["remainingUses"])
    assert "/files/v2/media/system/local.storage//" in lent_by(fay)
    assert fay.delete(f"/postits/v2/{alias}") is None
    assert 404 == nobody.get(f"/postits/v2/{alias}").status_code


@pytest.mark.parametrize("words", [{"maxUses": "000000000001" + "9" * 30}, {"lifetime": "0"}, {"lifetime": "9" * 5000}])
def test_uses_and_lifetimes_have_bounds(fay: Person, words: dict[str, str]) -> None:
    url = str(fay.http.base_url.join("/files/v2/media/system/fay.store/lent.txt"))
    assert "This must be a whole number from 1" in fay.post("/postits/v2/", 400, json={"url": url, **words})


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://example.org/files/v2/media/a", "{base}jobs/v2/", "http://[::1", "{base}files/v2/media/%ff"),
        *("{base}files/v2/media/%00", "{base}files/v2/media/%2e%2e/%2e%2e/etc/passwd", "//", "{base}"),
    ],
)
def test_postits_are_for_files_of_this_service(fay: Person, url: str) -> None:
    assert fay.post("/postits/v2/", 400, data={"url": url.replace("{base}", str(fay.http.base_url.join("/")))})


def test_a_description_needs_a_file(fay: Person) -> None:
    assert upload(fay, "/systems/v2/", "{", 400)


def test_a_directory_does_not_go_into_itself(fay: Person) -> None:
    """What is wrong is told by the name under which it was sent."""
    fay.put(at("media"), data={"action": "mkdir", "path": "outer/inner"})
    for action in ("move", "copy"):
        told = fay.put(at("media", "outer"), 400, data={"action": action, "path": "outer/inner/outer"})
        assert told.startswith("Invalid path value.")
