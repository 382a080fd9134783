"""Files: the five ways clients upload, downloads whole and in part, lines, changes, deletion, search."""

import hashlib

import pytest

from tests.scenarios.rescale import Json, Rescale

BOUNDARY = "frontier"
DISPOSITION = 'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'


def form(*parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    """A multipart body of parts given as (headers, content), and its Content-Type."""
    pieces = [f"--{BOUNDARY}\r\n{headers}\r\n".encode() + content + b"\r\n" for headers, content in parts]
    body = b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def file_part(content: bytes = b"x", *, filename: str = "a.txt", more: str = "") -> tuple[str, bytes]:
    """The part "file", with more headers."""
    return DISPOSITION.format(name="file", filename=filename) + more, content


BODIES = {
    "curl": (form(file_part(more="Content-Type: application/octet-stream\r\n")), 1),
    "rescalepy": (form(file_part(more="Content-Type: {'type_id': 2}\r\n")), 2),
    "rescale-examples": (form(file_part(), (DISPOSITION.format(name="typeId", filename="typeId"), b"3")), 3),
    "a plain field": (form(('Content-Disposition: form-data; name="typeId"\r\n', b"4"), file_part()), 4),
    "a plain snake_case field": (form(file_part(), ('Content-Disposition: form-data; name="type_id"\r\n', b"7")), 7),
    "a field before a header": (
        form(
            file_part(more="Content-Type: {'type_id': 2}\r\n"),
            ('Content-Disposition: form-data; name="typeId"\r\n', b"4"),
        ),
        4,
    ),
    "the script of bosung": (form(file_part(filename="dir/a.txt", more="Content-Type: text/plain\r\n")), 1),
}


@pytest.mark.parametrize(("sent", "type_id"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_every_client_can_upload(api: Rescale, method: str, sent: tuple[bytes, dict[str, str]], type_id: int) -> None:
    """The type is found wherever a client puts it, the name is without its directories."""
    body, headers = sent
    answer = api.http.request(method, "files/contents/", content=body, headers=headers)
    assert 201 == answer.status_code
    file = answer.json()
    assert ("a.txt", "a.txt", type_id, 1) == tuple(
        file[key] for key in ("name", "relativePath", "typeId", "decryptedSize")
    )
    assert file == api.json(f"files/{file['id']}/")


def test_an_empty_file_is_a_file(api: Rescale) -> None:
    """Clients upload an empty archive when there is nothing else."""
    file = api.upload(b"", "empty.zip")
    assert (0, b"") == (file["decryptedSize"], api.content(file))
    assert hashlib.md5(b"").hexdigest() == file["md5"]


def test_a_large_file_comes_back_as_it_was(api: Rescale) -> None:
    """Bytes and digests agree across many chunks."""
    content = bytes(range(256)) * (40 << 12)
    file = api.upload(content, "large.bin")
    assert hashlib.sha512(content).hexdigest() == file["fileChecksums"][0]["fileHash"]
    assert content == api.content(file)


RANGES = [
    ("bytes=0-9", 206, b"0123456789", "bytes 0-9/26"),
    ("bytes=20-27", 206, b"klmnop", "bytes 20-25/26"),
    ("bytes=20-", 206, b"klmnop", "bytes 20-25/26"),
    ("bytes=-3", 206, b"nop", "bytes 23-25/26"),
    ("bytes=-100", 206, b"0123456789abcdefghijklmnop"[:26], "bytes 0-25/26"),
    ("bytes=26-", 416, b"", "bytes */26"),
    ("bytes=9-0", 200, b"0123456789abcdefghijklmnop", None),
    ("lines=0-9", 200, b"0123456789abcdefghijklmnop", None),
    ("bytes=x", 200, b"0123456789abcdefghijklmnop", None),
]


@pytest.mark.parametrize(("header", "status", "content", "told"), RANGES)
def test_a_part_can_be_fetched(api: Rescale, header: str, status: int, content: bytes, told: str | None) -> None:
    """An end beyond the file is the file's end; what makes no sense is no range."""
    file = api.upload(b"0123456789abcdefghijklmnop")
    answer = api.http.get(f"files/{file['id']}/contents/", headers={"Range": header})
    assert (status, content) == (answer.status_code, answer.content if status != 416 else b"")
    assert told == answer.headers.get("Content-Range")


def test_a_download_says_what_it_is(api: Rescale) -> None:
    """Progress bars divide by the length; the type keeps browsers from showing it."""
    file = api.upload(b"<script>alert(1)</script>", "page.html")
    answer = api.http.get(f"files/{file['id']}/contents/")
    assert ("25", "bytes") == (answer.headers["Content-Length"], answer.headers["Accept-Ranges"])
    assert "application/octet-stream" == answer.headers["Content-Type"].partition(";")[0]


def test_lines_are_for_text(api: Rescale) -> None:
    """Each line keeps its newline; a binary file is refused."""
    text = api.upload(b"one\ntwo\r\nthree")
    assert {"lines": ["one\n", "two\r\n", "three"]} == api.json(f"files/{text['id']}/lines/")
    binary = api.upload(b"\0\1\2\xff", "x.bin")
    assert (True, False) == (text["viewInBrowser"], binary["viewInBrowser"])
    answer = api.http.get(f"files/{binary['id']}/lines/")
    assert (400, ["detail"]) == (answer.status_code, list(answer.json()))


def test_a_file_can_be_renamed_and_retyped(api: Rescale) -> None:
    """A client sends the whole object back; only name and type change, the rest is ignored."""
    file = api.upload(b"x", "old.txt")
    sent = {**file, "name": "new.txt", "typeId": 4, "owner": "thief@example.com", "decryptedSize": 99, "id": "zzzzzz"}
    answer = api.http.patch(f"files/{file['id']}/", json=sent)
    expected = {**file, "name": "new.txt", "relativePath": "new.txt", "typeId": 4}
    got = answer.json()
    assert (200, {**expected, "path": got["path"]}) == (answer.status_code, got)
    assert got == api.json(f"files/{file['id']}/")


BAD_CHANGES: list[tuple[Json, str]] = [
    ({"typeId": 6}, "typeId"),
    ({"typeId": "x"}, "typeId"),
    ({"typeId": {}}, "typeId"),
    ({"name": ""}, "name"),
    ({"name": ["x"]}, "name"),
    ({"name": "a\0b"}, "name"),
]


@pytest.mark.parametrize(("change", "key"), BAD_CHANGES)
def test_a_wrong_change_is_refused(api: Rescale, change: Json, key: str) -> None:
    """400 under the key, and the file is as it was."""
    file = api.upload(b"x", "old.txt")
    answer = api.http.patch(f"files/{file['id']}/", json=change)
    assert (400, [key]) == (answer.status_code, list(answer.json()))
    assert file == api.json(f"files/{file['id']}/")


@pytest.mark.parametrize("name", ["../../up.txt", "/etc/up.txt", "a/../../up.txt", "..\\up.txt"])
def test_a_new_name_has_no_directories(api: Rescale, name: str) -> None:
    """A name leads nowhere: it is refused or cut to its last part."""
    file = api.upload(b"x", "old.txt")
    answer = api.http.patch(f"files/{file['id']}/", json={"name": name})
    assert answer.status_code in (200, 400)
    assert api.json(f"files/{file['id']}/")["name"] in ("old.txt", "up.txt")


@pytest.mark.slow
def test_files_are_searched_newest_first(newcomer: Rescale) -> None:
    """The old SDK takes the first hit; outputs are found too."""
    first, second = newcomer.upload(b"1", "Mesh one.dat"), newcomer.upload(b"2", "mesh two.dat")
    newcomer.run("touch remeshed.txt")
    assert ["remeshed.txt", second["name"], first["name"]] == [
        one["name"] for one in newcomer.results("files/", search="mesh")
    ]
    assert 4 == newcomer.json("files/")["count"]
    assert 0 == newcomer.json("files/", search="%")["count"]


def test_a_deleted_file_says_so(api: Rescale) -> None:
    """204 with nothing; what is known about it stays, its bytes go; deleting it again is no error of ours."""
    file = api.upload(b"x")
    answer = api.http.delete(f"files/{file['id']}/")
    assert (204, b"") == (answer.status_code, answer.content)
    assert {**file, "isDeleted": True} == api.json(f"files/{file['id']}/")
    assert 404 == api.http.get(f"files/{file['id']}/contents/").status_code
    assert api.http.delete(f"files/{file['id']}/").status_code in (204, 404)
