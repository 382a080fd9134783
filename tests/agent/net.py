"""A node in a network of its own: one cable to the service, which can be cut in all the ways in which cables are."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CENTRE, EDGE = "198.51.100.1", "198.51.100.2"
"""Addresses that are for documentation, and so of nobody else's."""


def run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, capture_output=True, timeout=120)


@dataclass(frozen=True, kw_only=True)
class Cable:
    """The cable between the service's network and the node's."""

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
            run(*self.inside, "iptables", "-A", "OUTPUT", "-d", CENTRE, "-j", "DROP")
        else:
            reset = ("-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")
            run(*self.inside, "iptables", "-A", "OUTPUT", "-d", CENTRE, *reset)

    def mend(self) -> None:
        """As it was."""
        run(*self.inside, "iptables", "-F", "OUTPUT")
        run("ip", "-n", self.space, "link", "set", self.there, "up")


@contextmanager
def cable() -> Iterator[Cable]:
    """A new network space with a cable to this one. Needs root."""
    mark = f"{os.getpid() % 100_000}"
    made = Cable(space=f"edge{mark}", here=f"dc{mark}", there=f"de{mark}")
    run("ip", "netns", "add", made.space)
    try:
        run("ip", "link", "add", made.here, "type", "veth", "peer", "name", made.there, "netns", made.space)
        run("ip", "addr", "add", f"{CENTRE}/30", "dev", made.here)
        run("ip", "link", "set", made.here, "up")
        run("ip", "-n", made.space, "addr", "add", f"{EDGE}/30", "dev", made.there)
        run("ip", "-n", made.space, "link", "set", "lo", "up")
        run("ip", "-n", made.space, "link", "set", made.there, "up")
        yield made
    finally:
        run("ip", "netns", "delete", made.space, check=False)
        run("ip", "link", "delete", made.here, check=False)
