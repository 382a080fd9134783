"""What a test sees of the host: which processes are alive, how much memory they have used, what lies on the disk."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path


def _alive() -> Iterator[tuple[int, int, bytes]]:
    """Number, parent and command line of every process that is no zombie."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
            command = Path(f"/proc/{name}/cmdline").read_bytes()
        except OSError:
            continue
        if stat[0] not in b"ZXx":
            yield int(name), int(stat[1]), command


def marked(marker: str) -> list[int]:
    """The processes whose command line has this marker, but for this one."""
    return [pid for pid, _, command in _alive() if marker.encode() in command and pid != os.getpid()]


def family(root: int) -> set[int]:
    """A process and everything that descends from it."""
    found, everybody = {root}, list(_alive())
    while more := {pid for pid, parent, _ in everybody if parent in found} - found:
        found |= more
    return found


def peak_memory(root: int) -> int:
    """The most bytes of memory that any process of a family has ever held."""
    peaks = [0]
    for pid in family(root):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        peaks += [int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")]
    return max(peaks)


def found_below(place: Path, pattern: str) -> list[Path]:
    """What is below a directory by this pattern, also while runs' directories are made and removed there."""
    return [place / name for name in glob.glob(pattern, root_dir=place, recursive=True, include_hidden=True)]


def bytes_below(place: Path) -> int:
    """What lies below a directory, in bytes on the disk."""
    total = 0
    for root, _, names in os.walk(place):
        for name in names:
            try:
                total += (Path(root) / name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total
