"""Which living processes have to do with a data directory, as /proc tells it."""

import os
from pathlib import Path


def processes_of(data: Path) -> list[str]:
    """Number and command line of each: the data directory is in its command line, its environment or its place."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid() and _mentions(process, os.fsencode(data)):
            words = _read(process / "cmdline").replace(b"\0", b" ").decode(errors="replace")
            found.append(f"{process.name} {words[:200]}")
    return found


def _mentions(process: Path, name: bytes) -> bool:
    try:
        place = os.fsencode(os.readlink(process / "cwd"))
        if (process / "stat").read_bytes().rpartition(b")")[2].split()[0] in b"ZXx":
            return False
    except OSError:
        return False
    return name in place or name in _read(process / "cmdline") or name in _read(process / "environ")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
