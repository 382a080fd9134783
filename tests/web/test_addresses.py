"""Which addresses are public, and which hosts are asked for somebody."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.web.addresses import Allowance, check_addresses, is_public, literal

NONE = Allowance(())
PRIVATE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1"),
    *("192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1"),
    *("fe80::1", "fec0::1", "ff02::1", "::ffff:0:127.0.0.1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255"),
    *("2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
]
ODD = [
    *("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0x7f000001", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "08.8.8.8"),
    *(
        "fe80::1%eth0",
        "::1%25eth0",
        "1::2::3",
        "a b",
        "a%20b",
        "a..b",
        "",
        ".",
        "-a.example",
        "a\\b",
        "ä.example",
        "a_b*",
    ),
    *("example.0x1", "host.1", "a" * 254),
]


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses(text: str) -> None:
    """What is this host's, a network's, a group's, nobody's, or a way round to one of these is not public."""
    assert is_public(ip_address(text)) is False


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses(text: str) -> None:
    """What anybody can reach is public, also as it is written where only version 6 is spoken."""
    assert is_public(ip_address(text)) is True


@given(
    net=st.sampled_from(
        ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/8"]
    ),
    offset=st.integers(0, 2**24 - 1),
)
def test_no_disguise_makes_an_address_public(net: str, offset: int) -> None:
    """A private address of version 4 stays private inside one of version 6, however it is put there."""
    plain = int(IPv4Network(net)[offset % IPv4Network(net).num_addresses])
    disguises = [
        plain,
        0xFFFF << 32 | plain,
        int(IPv6Address("64:ff9b::")) | plain,
        int(IPv6Address("64:ff9b:1::")) | plain,
        0x2002 << 112 | plain << 80,
        0x2001 << 112 | plain ^ 0xFFFFFFFF,
        0xFFFF << 48 | plain,
    ]
    assert [False] * 7 == [is_public(IPv6Address(value)) for value in disguises]
    assert is_public(IPv4Address(plain)) is False


@pytest.mark.parametrize("host", ODD)
def test_odd_hosts_are_refused(host: str) -> None:
    """A number is an address in its usual spelling or nothing: resolvers read the others in their own ways."""
    with pytest.raises(Invalid):
        literal(host)


def test_names_and_addresses_are_told_apart() -> None:
    """A usual address is read, a name is left to the resolver."""
    assert [IPv4Address("8.8.8.8"), IPv6Address("2606:4700::1"), None, None] == [
        literal(host) for host in ("8.8.8.8", "2606:4700::1", "example.org", "xn--bcher-kva.example.")
    ]


def test_one_bad_address_is_enough() -> None:
    """A name that also leads to a private address is refused as a whole."""
    check_addresses("h", 443, [IPv4Address("8.8.8.8")], {443}, NONE)
    with pytest.raises(Invalid, match=r"10\.0\.0\.1.*outbound\.allow"):
        check_addresses("h", 443, [IPv4Address("8.8.8.8"), IPv4Address("10.0.0.1")], {443}, NONE)


def test_ports_are_few_on_public_addresses() -> None:
    """A public address is asked on the known ports, an allowed one on any."""
    with pytest.raises(Invalid, match=r"Port 25.*outbound\.ports"):
        check_addresses("h", 25, [IPv4Address("8.8.8.8")], {80, 443}, NONE)
    check_addresses("h", 25, [IPv4Address("8.8.8.8")], {80, 443}, Allowance(["8.8.8.0/24"]))


@pytest.mark.parametrize("item", ["10.1.0.0/16", "10.1.2.3", "Receiver.internal", "receiver.internal."])
def test_what_is_allowed_is_asked(item: str) -> None:
    """An operator allows a network, an address, or a name wherever it leads; and nothing beside it."""
    check_addresses("receiver.internal", 9, [IPv4Address("10.1.2.3")], {80}, Allowance([item]))
    with pytest.raises(Invalid):
        check_addresses("other.internal", 80, [IPv4Address("10.2.0.1")], {80}, Allowance([item]))


def test_an_allowed_address_may_be_mapped() -> None:
    """Version 6 writes an allowed address of version 4 in its own way."""
    check_addresses("h", 9, [IPv6Address("::ffff:127.0.0.1")], {80}, Allowance(["127.0.0.0/8"]))
