"""The data directory: made when missing, refused on a network file system, owned by one service at a time."""

import fcntl
import os
import re
from pathlib import Path

from dragoman.core.errors import Conflict, Invalid, Unavailable

_OCTAL = re.compile(r"\\([0-7]{3})")

_ELSEWHERE = "Choose another place with --data, or let this account write there."

NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "lustre",
        "gpfs",
        "beegfs",
        "ncpfs",
        "9p",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
    ]
)
"""File systems whose locks or fsync cannot be trusted by SQLite in WAL mode."""


def file_system(path: str) -> str:
    """The type of the file system that holds an existing path, as the kernel names it."""
    path, best, kind = os.path.realpath(path), "", "unknown"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").split("\n"):
        left, _, right = line.partition(" - ")
        if not right:
            continue
        # The kernel writes blanks, line ends and backslashes in octal, and all else as it is.
        point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), left.split(" ")[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, right.split()[0]
    return kind


def prepare(path: str) -> str:
    """Make the data directory (only its owner may enter) and return its real path. Raises Problems."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        real = os.path.realpath(path)
        for part in ("blobs", "runs", "catalog", "homes"):
            os.makedirs(os.path.join(real, part), mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The data directory {path} cannot be made: {error.strerror}.", hint=_ELSEWHERE) from error
    _check_disk(real)
    return real


def foresee(path: str) -> str:
    """The nearest directory that is there, in which ``prepare`` would make this one. Makes nothing. Raises Problems."""
    near = os.path.realpath(path)
    while not os.path.lexists(near):
        near = os.path.dirname(near)
    if not os.path.isdir(near) or not os.access(near, os.W_OK | os.X_OK):
        raise Unavailable(f"The data directory {path} cannot be made: nothing can be put into {near}.", hint=_ELSEWHERE)
    _check_disk(near)
    return near


def _check_disk(real: str) -> None:
    kind = file_system(real)
    if kind in NETWORK:
        raise Invalid.field(
            "data",
            why=f"{real} lies on a network file system ({kind}), where SQLite can lose data. Choose a local disk.",
        )


def lock(path: str) -> int:
    """Take the right to be the one service on a data directory. Raises Conflict when another process has it.

    It goes with the process, however that ends, and so with the last of its threads: nobody gives it back by hand.
    What is returned is the descriptor that holds it; no run inherits it, as it is closed on exec.
    """
    file = os.open(os.path.join(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 64, 0).decode(errors="replace").strip()
        os.close(file)
        raise Conflict(
            f"Another Dragoman service (process {holder or 'unknown'}) already works on {path}.",
            hint="Stop it first, or choose another --data directory.",
        ) from error
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return file
