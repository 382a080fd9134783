"""Which addresses on the net may be asked for somebody: the public ones, and what the operator allows. Pure."""

import re
from collections.abc import Container, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from dragoman.core.errors import Invalid

Address = IPv4Address | IPv6Address

_NAME = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_ENDS_IN_A_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?")

# What the registries reserve, whatever a version of Python thinks of it.
_CLOSED_4 = tuple(
    IPv4Network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/3"),
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_EMBEDDING = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""Here the last 32 bits are an address of version 4, which is what is reached."""


def is_public(address: Address) -> bool:
    """Whether it is everybody's: neither of this host or its networks, nor a way round to them."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in net for net in _CLOSED_4)
    if any(address in net for net in _EMBEDDING):
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and address in _OPEN_6 and not any(address in net for net in _CLOSED_6)


def literal(host: str) -> Address | None:
    """The address that a URL's host is; None when it is a name. Raises Invalid for odd spellings of an address."""
    if ":" in host:
        try:
            address = ip_address(host)
        except ValueError:
            raise _odd(host) from None
        if "%" in host:
            raise _odd(host)
        return address
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        try:
            return IPv4Address(host)
        except ValueError:
            raise _odd(host) from None
    if not _NAME.fullmatch(host) or len(host) > 253:
        raise _odd(host)
    return None


class Allowance:
    """What an operator allows beside the public addresses: host names, addresses and networks."""

    def __init__(self, items: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._nets: list[IPv4Network | IPv6Network] = []
        for item in items:
            try:
                self._nets.append(ip_network(item, strict=False))
            except ValueError:
                self._names.add(_plain(item))

    def names(self, host: str) -> bool:
        """Whether the host is allowed by its name, wherever it is."""
        return _plain(host) in self._names

    def holds(self, address: Address) -> bool:
        """Whether the address is allowed, as itself or as what it stands for."""
        known = [address]
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            known.append(address.ipv4_mapped)
        return any(each in net for each in known for net in self._nets)


def check_addresses(
    host: str, port: int, addresses: Sequence[Address], ports: Container[int], extra: Allowance
) -> None:
    """Raise Invalid unless every address that the host has may be asked: one bad one is a trap.

    Public addresses may be asked on ``ports``, what is allowed beside them on any.
    """
    for address in () if extra.names(host) else addresses:
        if not extra.holds(address):
            if not is_public(address):
                raise _closed(f"{host} is at {address}, which", setting="allow")
            if port not in ports:
                raise _closed(f"Port {port} of {host}", setting="ports")


def _closed(what: str, *, setting: str) -> Invalid:
    why = f"{what} is not asked for anybody, unless the operator allows it (outbound.{setting})."
    return Invalid.field("url", why=why)


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _odd(host: str) -> Invalid:
    return Invalid.field("url", why=f"{host!r} is no host name and no address as they are usually written.")
