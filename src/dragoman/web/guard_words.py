"""The words of the guarded client: addresses read, requests made, failures told. Sends nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpcore2
import httpx2

from dragoman.core.errors import Broken, Denied, Invalid, NotFound, Problem, Unavailable
from dragoman.web.addresses import literal

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_USUAL = ((b"User-Agent", b"dragoman"), (b"Accept", b"*/*"), (b"Accept-Encoding", b"identity"))


def parsed(url: str) -> httpx2.URL:
    """The address in its parts. Raises Invalid."""
    try:
        place = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, UnicodeError) as error:
        raise Invalid.field("url", why=f"It is no address on the web: {error}.") from error
    if place.scheme not in _PORTS or not place.host:
        raise Invalid.field("url", why="It is no http or https address.")
    if place.userinfo:
        raise Invalid.field("url", why="It holds a user name or a password.")
    if place.port is not None and not 0 < place.port < 65536:
        raise Invalid.field("url", why=f"There is no port {place.port}.")
    literal(place.raw_host.decode("ascii"))
    return place


def usual_port(place: httpx2.URL) -> int:
    """The port that an address without one means."""
    return _PORTS[place.scheme]


def redirected(answer: httpcore2.Response, place: httpx2.URL) -> httpx2.URL:
    """Where an answer leads that has no content. Raises the Problem that it is when it leads nowhere."""
    target = next((value for name, value in answer.headers if name.lower() == b"location"), None)
    if answer.status not in _REDIRECTS or target is None:
        raise refusal(answer.status, place)
    try:
        return parsed(str(place.join(target.decode("latin-1"))))
    except httpx2.InvalidURL as error:
        raise Broken(f"{shown(place)} leads to what is no address.") from error


def refusal(status: int, place: httpx2.URL) -> Problem:
    """The Problem that an answer without the wanted bytes means."""
    words = f"{shown(place)} answers with status {status}."
    if status in (401, 403):
        return Denied(words)
    if status in (404, 410):
        return NotFound(words)
    return Unavailable(words) if status in (408, 425, 429) or status >= 500 else Broken(words)


def request(
    method: str, place: httpx2.URL, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> httpcore2.Request:
    """The request as it is sent; ``headers`` go before the usual ones. Raises Invalid."""
    try:
        named = [(name.encode("ascii"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    except UnicodeEncodeError as error:
        raise Invalid.field("headers", why="They hold characters that no header can have.") from error
    given = {name.lower() for name, _ in named}
    named += [(name, value) for name, value in _USUAL if name.lower() not in given]
    if method == "POST":
        named.append((b"Content-Length", str(len(body)).encode()))
    target = httpcore2.URL(
        scheme=place.raw_scheme, host=place.raw_host, port=place.port or usual_port(place), target=place.raw_path
    )
    return httpcore2.Request(method, target, headers=[(b"Host", place.netloc), *named], content=body)


@contextmanager
def told(place: httpx2.URL) -> Iterator[None]:
    """Raise the Problem for whatever keeps an address from answering."""
    try:
        yield
    except httpcore2.LocalProtocolError as error:
        raise Invalid.field("headers", why=f"They cannot be sent: {error}.") from error
    except (TimeoutError, httpcore2.TimeoutException) as error:
        raise Unavailable(f"{shown(place)} did not answer in time.") from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise Unavailable(f"{shown(place)} cannot be reached: {error}.") from error


def shown(place: httpx2.URL) -> str:
    """The address as it may stand in a message: what follows the path may be secret."""
    return str(place.copy_with(query=None, fragment=None))
