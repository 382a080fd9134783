"""What the test hosts are put together from: keys, hashed passwords, free ports, families of processes."""

import os
import secrets
import socket
import subprocess
from contextlib import suppress

_LOWEST, _KERNELS = 10_000, 32_768
"""Linux takes its own from the second one on, unless it is told otherwise."""


def make_key(path: str) -> None:
    """Write a new key pair."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)


def hashed(password: str) -> str:
    """As the system keeps passwords."""
    program = 'print crypt($ARGV[0], "\\$6\\$rounds=1000\\$" . $ARGV[1])'
    # After "--" a password may begin with a hyphen.
    argv = ["perl", "-e", program, "--", password, secrets.token_hex(8)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def private(path: str, flags: int) -> int:
    """Opens files for their owner alone."""
    return os.open(path, flags, 0o600)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody uses just now, each another one.

    None of those that the kernel gives away by itself: a server that is started a little later, or again, must find
    its port as it left it, whatever connections others make meanwhile.
    """
    found: set[int] = set()
    while len(found) < count:
        port = _LOWEST + secrets.randbelow(_KERNELS - _LOWEST)
        with suppress(OSError), socket.socket() as sock:
            sock.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie: what it had open is closed when it is none of these."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def family(pid: int) -> list[int]:
    """A process and all that descend from it, without the dead."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            state, parent = file.read().rpartition(") ")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found
