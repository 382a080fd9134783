"""Connects to addresses on the net that were checked, and to no others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import ip_address

import httpcore2

from dragoman.web.addresses import Address, Allowance, check_addresses, literal

Find = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Tells the addresses of a host."""


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Looks a host up once, checks every address it has, and connects to one of these."""

    def __init__(self, ports: Collection[int], extra: Allowance, find: Find | None = None) -> None:
        self._ports, self._extra, self._find = ports, extra, find or _look_up
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of the host that takes one."""
        address = literal(host)
        addresses = await self._find(host, port) if address is None else [address]
        check_addresses(host, port, addresses, self._ports, self._extra)
        failure: Exception = httpcore2.ConnectError("it has no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(str(address), port, timeout, local_address)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


async def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore2.ConnectError(f"its name cannot be looked up: {error.strerror}") from error
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))
