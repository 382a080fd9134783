"""The HTTP client for addresses that people give us: it never asks our own network for them.

A host is looked up once, every address it has is checked, and the connection goes to one that was checked. Redirects
are walked by us, each as a new address. Proxies, cookies and passwords are not used.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass

import httpcore2
import httpx2

from dragoman.core.errors import Broken, TooLarge
from dragoman.web.addresses import Allowance, check_addresses, literal
from dragoman.web.guard_network import CheckedNetwork
from dragoman.web.guard_words import parsed, redirected, request, shown, told, usual_port

MOST_REDIRECTS = 5
MOST_ANSWER = 1 << 16
"""So much of the answer to a post is read, so that the connection can serve again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may be asked, for how long, and for how much."""

    allow: Sequence[str] = ()
    """Hosts, addresses and networks that may be asked although they are not public; on any port."""
    ports: Collection[int] = (80, 443)
    seconds: float = 30.0
    """How long a server may take to answer, and then to send the next bytes."""
    most_seconds: float = 86_400.0
    """How long a whole download may take."""
    most_bytes: int = 1 << 40


def check_place(url: str, bounds: Bounds) -> None:
    """Raise Invalid for an address that is refused as it stands; a host's name is looked up only when it is asked."""
    place = parsed(url)
    host = place.raw_host.decode("ascii")
    address = literal(host)
    port = place.port or usual_port(place)
    check_addresses(host, port, [] if address is None else [address], bounds.ports, Allowance(bounds.allow))


class Guard:
    """Fetches and posts for people. Use it on one event loop, and close it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=CheckedNetwork(bounds.ports, Allowance(bounds.allow)),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        """The bytes at an address, once the answer has begun; redirects are followed. Read it to its end or close it.

        Raises Invalid (an address that is refused), NotFound, Denied, Unavailable and Broken; reading raises TooLarge,
        too.
        """
        until = asyncio.get_running_loop().time() + self._bounds.most_seconds
        place = parsed(url)
        for _ in range(MOST_REDIRECTS + 1):
            with told(place):
                async with asyncio.timeout(self._bounds.seconds):
                    answer = await self._pool.handle_async_request(request("GET", place))
                    if answer.status == 200:
                        return Download(answer, place, self._bounds, until)
                    await answer.aclose()
            place = redirected(answer, place)
        raise Broken(f"{shown(place)} is the end of more than {MOST_REDIRECTS} redirects.")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body; the status of the answer, which may be a redirect. Raises Invalid and Unavailable."""
        place = parsed(url)
        with told(place):
            async with asyncio.timeout(self._bounds.seconds):
                answer = await self._pool.handle_async_request(request("POST", place, headers, body))
                try:
                    await _skim(answer)
                finally:
                    await answer.aclose()
                return answer.status


class Download:
    """The bytes of an answer, as they come. Raises Unavailable and TooLarge."""

    def __init__(self, answer: httpcore2.Response, place: httpx2.URL, bounds: Bounds, until: float) -> None:
        self._answer, self._pieces, self._place = answer, answer.aiter_stream(), place
        self._bounds, self._until = bounds, until
        self._left = bounds.most_bytes

    def __aiter__(self) -> "Download":
        return self

    async def __anext__(self) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            with told(self._place):
                async with asyncio.timeout_at(min(loop.time() + self._bounds.seconds, self._until)):
                    piece: bytes = await anext(self._pieces)
            self._count(piece)
        except BaseException:
            await self.aclose()
            raise
        return piece

    async def aclose(self) -> None:
        """Nobody wants more. May be called more than once."""
        await self._answer.aclose()

    def _count(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge(f"{shown(self._place)} has more than {self._bounds.most_bytes} bytes.")


async def _skim(answer: httpcore2.Response) -> None:
    size = 0
    async for piece in answer.aiter_stream():
        size += len(piece)
        if size > MOST_ANSWER:
            return
