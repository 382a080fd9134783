"""A node in a network of its own: one cable to the service, which can be cut in all the ways in which cables are."""

import ipaddress
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

NETWORKS = ipaddress.ip_network("198.18.0.0/15")
"""Addresses that are for tests between networks, and so of nobody else's: each cable has some of its own."""


def run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, capture_output=True, timeout=120)


@dataclass(frozen=True, kw_only=True)
class Cable:
    """The cable between the service's network and the node's."""

    centre: str
    """The service's address on it."""
    space: str
    here: str
    there: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What is put in front of a program that is to run at the node's end."""
        return "ip", "netns", "exec", self.space

    def cut(self, how: str) -> None:
        """``no route``: the node's end is down. ``black hole``: nothing gets out. ``refused``: at once, by a reset."""
        if how == "no route":
            run("ip", "-n", self.space, "link", "set", self.there, "down")
        elif how == "black hole":
            run(*self.inside, "iptables", "-A", "OUTPUT", "-d", self.centre, "-j", "DROP")
        else:
            reset = ("-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")
            run(*self.inside, "iptables", "-A", "OUTPUT", "-d", self.centre, *reset)

    def mend(self) -> None:
        """As it was."""
        run(*self.inside, "iptables", "-F", "OUTPUT")
        run("ip", "-n", self.space, "link", "set", self.there, "up")


@contextmanager
def cable() -> Iterator[Cable]:
    """A new network space with a cable to this one. Needs root."""
    mark = f"{os.getpid() % 100_000}"
    first = NETWORKS[4 * secrets.randbelow(NETWORKS.num_addresses // 4)]
    centre, edge = str(first + 1), str(first + 2)
    made = Cable(centre=centre, space=f"edge{mark}", here=f"dc{mark}", there=f"de{mark}")
    run("ip", "netns", "add", made.space)
    try:
        run("ip", "link", "add", made.here, "type", "veth", "peer", "name", made.there, "netns", made.space)
        run("ip", "addr", "add", f"{made.centre}/30", "dev", made.here)
        run("ip", "link", "set", made.here, "up")
        run("ip", "-n", made.space, "addr", "add", f"{edge}/30", "dev", made.there)
        run("ip", "-n", made.space, "link", "set", "lo", "up")
        run("ip", "-n", made.space, "link", "set", made.there, "up")
        yield made
    finally:
        run("ip", "netns", "delete", made.space, check=False)
        run("ip", "link", "delete", made.here, check=False)
