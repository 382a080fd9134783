"""Rules of the service's own address in answers."""

import pytest
from starlette.requests import Request

from dragoman.web.origin import origin


def asked(*headers: tuple[str, str], server: tuple[str, int | None] | None = ("127.0.0.1", 8080)) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "scheme": "http", "server": server, "headers": raw})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("host", "jobs.example.org")], "http://jobs.example.org"),
        ([("host", "localhost:8080")], "http://localhost:8080"),
        ([("host", "[::1]:8080")], "http://[::1]:8080"),
        ([("host", "a.org"), ("x-forwarded-proto", "https")], "https://a.org"),
        ([("host", "a.org"), ("x-forwarded-proto", "HTTPS, http")], "https://a.org"),
        ([("host", "a.org"), ("x-forwarded-proto", "javascript")], "http://a.org"),
        ([("host", "a.org"), ("x-forwarded-host", "evil.org"), ("forwarded", "host=evil.org")], "http://a.org"),
        ([("host", 'a.org/"><script>')], "http://127.0.0.1:8080"),
        ([("host", "user@evil.org")], "http://127.0.0.1:8080"),
        ([("host", "")], "http://127.0.0.1:8080"),
        ([], "http://127.0.0.1:8080"),
    ],
)
def test_origin_is_what_the_asker_used(headers: list[tuple[str, str]], expected: str) -> None:
    """Scheme and host are the request's own; a host of odd characters gives way to the server's address."""
    assert expected == origin(asked(*headers))


@pytest.mark.parametrize(
    ("server", "expected"),
    [(("::1", 80), "http://[::1]:80"), (("/run/dragoman.sock", None), "http://localhost"), (None, "http://localhost")],
)
def test_origin_without_a_host(server: tuple[str, int | None] | None, expected: str) -> None:
    """Without a Host header, IPv6 addresses are bracketed, and a socket that has no address is localhost."""
    assert expected == origin(asked(server=server))
