"""What the guarded client asks, what it refuses, and how it gives up: against real servers on this host."""

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dragoman.core.errors import Broken, Denied, Invalid, NotFound, Problem, TooLarge, Unavailable
from dragoman.web.addresses import Address, Allowance
from dragoman.web.guard import Bounds, Guard
from dragoman.web.guard_network import CheckedNetwork

pytestmark = pytest.mark.anyio

OPEN = Bounds(allow=("127.0.0.1",), seconds=60.0)
BAD_TARGETS = [
    *(
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "0",
        "localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
    ),
    *(
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "100.64.0.1",
        "10.0.0.1",
        "[fe80::1]",
    ),
    *("[fe80::1%25lo]", "127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1", "localhost.", "ip6-localhost"),
]
BAD_URLS = [
    *("ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http:///x", "http://", "//x", "", "x"),
    *(
        "http://user:secret@example.org/",
        "http://user@example.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
    ),
    *("http://exa mple.org/", "http://[::1/", "http://a\nb/", "unix:///run/x", "https://example.org:x/"),
]


class Receiver:
    """A server that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []
        self.closed = asyncio.Event()
        self.answers: dict[str, bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]] = {}

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                self.requests.append(head + await reader.readexactly(sum(length)))
                answer = self.answers[head.split()[1].decode().partition("?")[0]]
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
        finally:
            writer.close()


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{key}: {headers[key]}" for key in headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@asynccontextmanager
async def guarded(bounds: Bounds = OPEN) -> AsyncIterator[Guard]:
    guard = Guard(bounds)
    try:
        yield guard
    finally:
        await guard.close()


async def body_of(guard: Guard, url: str) -> bytes:
    return b"".join([piece async for piece in await guard.fetch(url)])


# What is refused


@pytest.mark.parametrize("host", BAD_TARGETS)
async def test_our_own_network_is_never_asked(receiver: Receiver, host: str) -> None:
    """However this host or a private network is spelled, nothing is sent there."""
    async with guarded(Bounds(ports=range(65536))) as guard:
        for work in (
            guard.fetch(f"http://{host}:{receiver.port}/"),
            guard.post(f"http://{host}:{receiver.port}/", b"", {}),
        ):
            with pytest.raises((Invalid, Unavailable)):
                await work
    assert 0 == receiver.connections


@pytest.mark.parametrize("url", BAD_URLS)
async def test_what_is_no_address_is_refused(url: str) -> None:
    """Only http and https, a host, a port that can be, and no name or password are an address."""
    async with guarded() as guard:
        with pytest.raises(Invalid):
            await guard.fetch(url)
        with pytest.raises(Invalid):
            await guard.post(url, b"", {})


async def test_other_ports_of_the_public_are_refused() -> None:
    """On public addresses only 80, 443 and the listed ports are asked."""
    async with guarded() as guard:
        with pytest.raises(Invalid, match="Port 22"):
            await guard.fetch("http://192.0.32.8:22/")


async def test_an_allowance_opens_no_more_than_itself(receiver: Receiver) -> None:
    """With loopback allowed it is asked; other private networks are still refused."""
    receiver.answers["/"] = answer(200, b"hello")
    async with guarded() as guard:
        assert b"hello" == await body_of(guard, receiver.url())
        with pytest.raises(Invalid):
            await guard.fetch("http://10.0.0.1/")
        with pytest.raises(Invalid):
            await guard.fetch("http://127.0.0.2/")


async def test_a_host_is_looked_up_once(receiver: Receiver) -> None:
    """The connection goes to the address that was checked, whatever the name means a moment later."""
    looks = 0

    async def find(host: str, port: int) -> Sequence[Address]:
        nonlocal looks
        looks += 1
        return [IPv4Address("127.0.0.1" if looks == 1 else "10.0.0.1")]

    network = CheckedNetwork((80,), Allowance(["127.0.0.0/8"]), find)
    receiver.answers["/"] = answer(200, b"hello")
    async with httpcore2.AsyncConnectionPool(network_backend=network) as pool:
        url = f"http://rebound.example:{receiver.port}/"
        assert b"hello" == (await pool.request("GET", url)).content
        assert b"hello" == (await pool.request("GET", url)).content
        assert 1 == looks


async def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the service sends nobody's request elsewhere."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    receiver.answers["/"] = answer(200, b"hello")
    async with guarded() as guard:
        assert b"hello" == await body_of(guard, receiver.url())


# Redirects


async def test_redirects_are_followed(receiver: Receiver) -> None:
    """A chain of redirects, relative ones too, leads to the bytes."""
    receiver.answers |= {
        "/a": answer(302, Location="b/../c?x=1"),
        "/c": answer(307, Location=receiver.url("/d")),
        "/d": answer(200, b"there"),
    }
    async with guarded() as guard:
        assert b"there" == await body_of(guard, receiver.url("/a"))


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://[::1]/", "http://2130706433/", "file:///etc/passwd", "//0/"]
)
async def test_a_redirect_is_a_new_address(receiver: Receiver, target: str) -> None:
    """What may not be asked may not be asked by way of a redirect either."""
    receiver.answers["/"] = answer(302, Location=target)
    async with guarded() as guard:
        with pytest.raises(Invalid):
            await guard.fetch(receiver.url())


async def test_redirects_come_to_an_end(receiver: Receiver) -> None:
    """An address that leads to itself is broken."""
    receiver.answers["/"] = answer(302, Location="/")
    async with guarded() as guard:
        with pytest.raises(Broken, match="redirects"):
            await guard.fetch(receiver.url())
    assert len(receiver.requests) <= 6


# Answers


@pytest.mark.parametrize(
    ("status", "problem"),
    [(401, Denied), (403, Denied), (404, NotFound), (410, NotFound), (429, Unavailable), (503, Unavailable)]
    + [(400, Broken), (204, Broken), (206, Broken), (302, Broken)],
)
async def test_other_answers_are_problems(receiver: Receiver, status: int, problem: type[Problem]) -> None:
    """Each status is told as what it means; what follows the path in the address is not repeated."""
    receiver.answers["/x"] = answer(status)
    async with guarded() as guard:
        with pytest.raises(problem, match=f"/x answers with status {status}") as caught:
            await guard.fetch(receiver.url("/x?token=secret"))
    assert "secret" not in str(caught.value)


async def test_a_large_answer_comes_in_pieces(receiver: Receiver) -> None:
    """Bytes come as they are, also when their number is not told beforehand."""

    async def chunked(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            writer.write(b"%x\r\n%b\r\n" % (100_000, bytes(100_000)))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    receiver.answers["/"] = chunked
    async with guarded() as guard:
        pieces = [piece async for piece in await guard.fetch(receiver.url())]
    assert 5_000_000 == sum(map(len, pieces))
    assert max(map(len, pieces)) <= 1 << 17


async def test_compressed_answers_are_not_asked_for(receiver: Receiver) -> None:
    """What comes is what lies there: no small answer becomes a large one."""
    receiver.answers["/"] = answer(200)
    async with guarded() as guard:
        await body_of(guard, receiver.url())
    assert b"Accept-Encoding: identity\r\n" in receiver.requests[0]


async def test_too_many_bytes_are_too_large(receiver: Receiver) -> None:
    """An answer beyond the limit is given up, and its connection closed."""
    receiver.answers["/"] = answer(200, bytes(200_000))
    async with guarded(replace(OPEN, most_bytes=100_000)) as guard:
        with pytest.raises(TooLarge):
            await body_of(guard, receiver.url())
        await asyncio.wait_for(receiver.closed.wait(), 120)


async def test_a_half_answer_is_no_answer(receiver: Receiver) -> None:
    """When the server goes away in the middle, that is told."""

    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    receiver.answers["/"] = half
    async with guarded() as guard:
        with pytest.raises(Unavailable):
            await body_of(guard, receiver.url())


async def test_who_closes_early_frees_the_connection(receiver: Receiver) -> None:
    """A download that nobody wants any more is closed, read or not."""
    receiver.answers["/"] = answer(200, bytes(50_000_000))
    async with guarded() as guard:
        download = await guard.fetch(receiver.url())
        await download.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(receiver.closed.wait(), 120)


# Patience


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_a_silent_server_is_given_up(receiver: Receiver) -> None:
    """A server that does not answer in time is unavailable, to fetches and posts."""
    receiver.answers["/"] = silent
    async with guarded(replace(OPEN, seconds=0.2)) as guard:
        for work in (guard.fetch(receiver.url()), guard.post(receiver.url(), b"", {})):
            with pytest.raises(Unavailable, match="in time"):
                await work


async def test_a_slow_server_is_given_up(receiver: Receiver) -> None:
    """Bytes that drip for ever end with the time for a whole download."""
    receiver.answers["/"] = drip
    started = time.monotonic()
    async with guarded(replace(OPEN, most_seconds=0.5)) as guard:
        with pytest.raises(Unavailable, match="in time"):
            await body_of(guard, receiver.url())
    assert time.monotonic() - started < 60


async def test_nobody_there_is_unavailable() -> None:
    """A closed port and a name that does not exist are told as such."""
    async with guarded() as guard:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await guard.fetch("http://127.0.0.1:1/")
        with pytest.raises(Unavailable, match="looked up"):
            await guard.fetch("http://no-such-host.invalid/")


# Posting


async def test_posting(receiver: Receiver) -> None:
    """Body and headers arrive as they are, the status comes back, and one connection serves for all."""
    receiver.answers["/"] = answer(202, b"thank you")
    async with guarded() as guard:
        for _ in range(3):
            assert 202 == await guard.post(
                receiver.url(), b'{"a": 1}', {"Content-Type": "application/json", "X-Id": "7"}
            )
    assert 1 == receiver.connections
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    assert b'{"a": 1}' == body
    assert {b"Content-Type: application/json", b"X-Id: 7", b"Content-Length: 8"} <= set(head.split(b"\r\n"))


async def test_posts_are_not_redirected(receiver: Receiver) -> None:
    """A redirect is an answer as any other; nobody else gets the body."""
    receiver.answers |= {"/": answer(307, Location="/other"), "/other": answer(200)}
    async with guarded() as guard:
        assert 307 == await guard.post(receiver.url(), b"x", {})
    assert 1 == len(receiver.requests)


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"a b": "c"}, {"X\r\n": "c"}, {"X": "\u2603"}])
async def test_headers_smuggle_nothing(receiver: Receiver, headers: dict[str, str]) -> None:
    """What no header can be is refused before anything is sent."""
    async with guarded() as guard:
        with pytest.raises(Invalid):
            await guard.post(receiver.url(), b"x", headers)
    assert [] == receiver.requests


# TLS


def certificate(folder: Path) -> Path:
    """A certificate of localhost's own, with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    (folder / "tls.pem").write_bytes(pem)
    return folder / "tls.pem"


async def test_names_are_checked_by_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate must be the name's, although an address is connected to, and from somebody we trust."""
    made = Receiver()
    made.answers["/"] = answer(200, b"hello")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(tmp_path))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with guarded(replace(OPEN, allow=("localhost",))) as guard:
        with pytest.raises(Unavailable, match="certificate"):
            await guard.fetch(f"https://localhost:{port}/")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.pem"))
    async with guarded(replace(OPEN, allow=("localhost", "127.0.0.1"))) as guard:
        assert b"hello" == await body_of(guard, f"https://localhost:{port}/")
        with pytest.raises(Unavailable, match="certificate"):
            await guard.fetch(f"https://127.0.0.1:{port}/")
    server.close()
