"""Listening: the socket, the bound on heads, and the date."""

import socket
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
import pytest

from dragoman.core.errors import Conflict, Unavailable
from dragoman.server.heads import MOST
from dragoman.server.listen import bind
from tests.scenarios.raw import connected, exchange, head, status
from tests.server.hosts import loopbacks
from tests.service import Service, wait_until


@pytest.mark.parametrize("host", loopbacks())
def test_a_free_port_is_taken(host: str) -> None:
    """Port 0 stands for any, on either version of the protocol; whoever connects gets through."""
    with closing(bind(host, 0)) as sock:
        assert sock.getsockname()[1] > 0
        with closing(socket.create_connection(sock.getsockname()[:2], timeout=120)):
            pass


@pytest.mark.parametrize("host", loopbacks())
def test_a_busy_port_is_told(host: str) -> None:
    """The message names it and says what to do."""
    with closing(bind(host, 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(Conflict, match=rf"Cannot listen on {host}:{port}: .*in use.*another --port"):
            bind(host, port)
    bind(host, port).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "not a host"])
def test_an_address_that_is_not_this_hosts_is_told(host: str) -> None:
    """Somebody else's, or none at all: another port would not help."""
    with pytest.raises(Unavailable, match=f"Cannot listen on {host}:0: .*: --host"):
        bind(host, 0)


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/api/v2/jobs/"])
def test_each_answer_is_dated(service: Service, path: str) -> None:
    """Once, in the form that HTTP wants, and with the time of now."""
    asked = datetime.now(UTC)
    answer = exchange(service.url, head("GET", path)).partition(b"\r\n\r\n")[0].decode()
    (date,) = [line.partition(": ")[2] for line in answer.split("\r\n") if line.lower().startswith("date:")]
    assert date.endswith(" GMT")
    late = timedelta(seconds=10)  # it is made anew each second, when there is time for it
    assert asked - late < parsedate_to_datetime(date) <= datetime.now(UTC)


def test_the_date_goes_on(service: Service) -> None:
    """Also on a connection that is kept."""
    with httpx2.Client(base_url=service.url, trust_env=False, timeout=120) as http:
        first = http.get("/livez").headers["date"]
        wait_until(lambda: http.get("/livez").headers["date"] != first)


def test_a_head_of_reasonable_size_is_taken(service: Service) -> None:
    """A little less than the bound, again and again on one connection."""
    with httpx2.Client(base_url=service.url, trust_env=False, timeout=120) as http:
        for _ in range(3):
            assert 200 == http.get("/livez", headers={"X-Big": "x" * (MOST - 1000)}).status_code


def test_a_head_that_is_too_large_is_refused(service: Service) -> None:
    """431, then the connection is closed; the next one is served as ever."""
    start = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: "
    with connected(service.url) as sock:
        sock.sendall(start.ljust(MOST + 1, b"x"))
        answer = b""
        with suppress(ConnectionError):
            while got := sock.recv(1 << 16):
                answer += got
    assert 431 == status(answer)
    assert b"connection: close" in answer.lower()
    assert 200 == status(exchange(service.url, head("GET", "/livez")))
