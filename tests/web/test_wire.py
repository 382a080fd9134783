"""Uploads and downloads over a real connection: memory stays small, and a lost connection leaves nothing behind."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import pytest

from tests.web.conftest import Served

REQUEST = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999999\r\n\r\n"
)
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
END = b"\r\n--b--\r\n"
MEGABYTE = bytes(range(256)) * 4096


def eventually(claim: Callable[[], bool], *, seconds: float = 120) -> bool:
    """Whether the claim comes true in time."""
    end = time.monotonic() + seconds
    while not (is_so := claim()) and time.monotonic() < end:
        time.sleep(0.01)
    return is_so


def upload(served: Served, megabytes: int) -> dict[str, object]:
    def body() -> Iterator[bytes]:
        yield HEAD
        for _ in range(megabytes):
            yield MEGABYTE
        yield END

    length = len(HEAD) + megabytes * len(MEGABYTE) + len(END)
    connection = HTTPConnection("127.0.0.1", served.port, timeout=120)
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(length)}
    connection.request("POST", "/", body=body(), headers=headers)
    answer: dict[str, object] = json.load(connection.getresponse())
    connection.close()
    return answer


@pytest.mark.slow
def test_upload_takes_constant_memory(served: Served) -> None:
    """300 MB pass through the service without making it larger than a few blocks."""
    upload(served, 1)
    answer = upload(served, 300)
    assert 300 << 20 == answer["size"]
    assert isinstance(answer["grown"], int)
    assert answer["grown"] < 16 << 10


def test_cut_off_upload_leaves_nothing(served: Served) -> None:
    """When the client goes away in the middle of a file, the bytes received so far are removed."""
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(REQUEST + HEAD + MEGABYTE * 4)
        assert eventually(lambda: served.open_blobs() == 1)
    assert eventually(lambda: served.open_blobs() == 0)
    assert [] == [path for path in served.directory.rglob("*") if path.is_file()]


def test_cut_off_download_closes_the_file(served: Served) -> None:
    """When the client goes away in the middle of a download, the service stops reading and closes the file."""
    key = upload(served, 64)["key"]
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(f"GET /{key} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 OK")
        assert served.open_blobs() == 1
    assert eventually(lambda: served.open_blobs() == 0)
