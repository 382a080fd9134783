"""Requests that no well-behaved client sends: odd methods, paths and headers. The service answers or hangs up."""

import socket
from collections.abc import Iterator

import pytest

from tests.scenarios.processes import peak_memory
from tests.scenarios.raw import connected, exchange, head, status
from tests.scenarios.rescale import Rescale
from tests.service import Account, Service


@pytest.fixture(autouse=True)
def still_alive(api: Rescale) -> Iterator[None]:
    """Whatever a test here does, the next request is answered."""
    yield
    assert 200 == api.http.get("users/me/").status_code


@pytest.mark.parametrize("path", ["jobs/", "files/", "users/me/"])
def test_head_is_get_without_its_body(api: Rescale, path: str) -> None:
    """The same headers."""
    get, asked = api.http.get(path), api.http.head(path)
    assert (200, b"") == (asked.status_code, asked.content)
    assert get.headers["Content-Length"] == asked.headers["Content-Length"]


def test_head_tells_the_size_of_a_file(api: Rescale) -> None:
    """Downloads are planned by it."""
    file = api.upload(b"0123456789")
    asked = api.http.head(f"files/{file['id']}/contents/")
    assert (200, "10", b"") == (asked.status_code, asked.headers["Content-Length"], asked.content)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "DELETE", "PROPFIND", "get", "X" * 30, "GÉT"])
def test_other_methods_are_refused(service: Service, demouser: Account, method: str) -> None:
    """405, or 400 for what is no method."""
    answer = exchange(service.url, head(method, "/api/v2/jobs/", demouser.token))
    assert status(answer) in (400, 405)


ESCAPES = [
    "/api/v2/../../x",
    "/api/v2/..%2f..%2fx",
    "/api/v2/%2e%2e/%2e%2e/x",
    "/api/v2/jobs/%2e%2e/%2e%2e/livez",
    "/api/v2/files/..%2f..%2fetc%2fpasswd/contents/",
    "/api/v2/jobs/%00/",
    "/api/v2/jobs/%ff%fe/",
    "/api/v2/jobs/a%0d%0aX:y/",
    "/api/v2/jobs/%F0%9F%92%A9/statuses/",
    "/api/v2/jobs/" + "x" * 5000 + "/",
    "/api/v2//jobs/",
    "/api/v2/jobs/zzzzzz/runs/-1/",
    "/api/v2/jobs/zzzzzz/runs/99999999999999999999/",
    "/api/v2/jobs/zzzzzz/runs/\u0661/",
    "/api/v2/nix/",
    "/api/v2x/jobs/",
]


@pytest.mark.parametrize("path", ESCAPES, ids=[path[:40] for path in ESCAPES])
def test_a_path_stays_in_its_door(service: Service, demouser: Account, path: str) -> None:
    """404 from the same door, or 400 for what is no path: never another page, never a file."""
    answer = exchange(service.url, head("GET", path.encode().decode("latin-1"), demouser.token))
    assert status(answer) in (400, 404, 414)
    assert b"root:" not in answer
    assert b"alive" not in answer


HEADERS = {
    "one of 100 kB": {"X_Big": "x" * 100_000},
    "a thousand": {f"X_{number}": "y" * 50 for number in range(1000)},
    "an endless key": {"Authorization": "Token " + "0" * 60_000},
    "a length that is no number": {"Content_Length": "many"},
    "a negative length": {"Content_Length": "-1"},
    "two kinds of length": {"Content_Length": "5", "Transfer_Encoding": "chunked"},
    "an unknown coding": {"Transfer_Encoding": "gzip"},
    "a strange host": {"Host": "evil.example/<script>"},
    "an empty host": {"Host": ""},
    "a strange scheme": {"X_Forwarded_Proto": "javascript"},
    "a wish to continue": {"Expect": "100-continue"},
    "a wish to upgrade": {"Connection": "Upgrade", "Upgrade": "websocket"},
    "an odd range": {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(5000))},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_odd_headers_harm_nobody(service: Service, demouser: Account, headers: dict[str, str]) -> None:
    """An answer that is no error of ours, or a closed connection."""
    sent = head("GET", "/api/v2/jobs/?page_size=1", demouser.token, **headers)
    with connected(service.url, deadline=3) as sock:
        try:
            sock.sendall(sent)
            answer = sock.recv(1 << 16)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert status(answer) < 500
    assert b"<script>" not in answer
    assert b"javascript:" not in answer


NONSENSE = {
    "nothing": pytest.param(b"", marks=pytest.mark.slow),
    "noise": bytes(range(256)) * 40,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "an endless line": b"GET /" + b"x" * 300_000,
    "an old protocol": b"GET /api/v2/jobs/\r\n\r\n",
    "a future protocol": b"GET /api/v2/jobs/ HTTP/9.9\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a header without a colon": b"GET /api/v2/jobs/ HTTP/1.1\r\nHost x\r\n\r\n",
    "a folded header": b"GET /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\n y\r\nConnection: close\r\n\r\n",
    "a zero byte": b"GET /api/v2/\0jobs/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a wrong chunk": b"POST /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "half a request": b"POST /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
}


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_harms_nobody(service: Service, sent: bytes) -> None:
    """It is refused, or the connection is closed, and nothing is printed that looks like a fault of ours."""
    with connected(service.url, deadline=2) as sock:
        try:
            sock.sendall(sent)
            answer = sock.recv(1 << 16)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert status(answer) < 500
    assert "Traceback" not in service.told()


ENDLESS = {
    "address": (b"GET /", b"x" * (1 << 20)),
    "header": (b"GET / HTTP/1.1\r\nX: ", b"x" * (1 << 20)),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * (1 << 17)),
    "chunk": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * (1 << 20)),
    "trailer": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * (1 << 20)),
}


def pour(sock: socket.socket, more: bytes) -> None:
    """Send a hundred times the same."""
    for _ in range(100):
        sock.sendall(more)


@pytest.mark.parametrize(("start", "more"), ENDLESS.values(), ids=ENDLESS)
def test_what_never_becomes_a_request_is_cut_off(service: Service, start: bytes, more: bytes) -> None:
    """After a few megabytes at most the connection is closed; memory is not used up, nor anybody's time."""
    with connected(service.url) as sock:
        sock.sendall(start)
        with pytest.raises(ConnectionError):
            pour(sock, more)
    assert peak_memory(service.pid) < 300 << 20


def test_many_idle_connections_harm_nobody(service: Service, api: Rescale) -> None:
    """Two hundred connections that say nothing leave room for one that does."""
    idle = [connected(service.url) for _ in range(200)]
    try:
        assert 200 == api.http.get("jobs/").status_code
    finally:
        for sock in idle:
            sock.close()
