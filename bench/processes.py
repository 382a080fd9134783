"""What /proc tells of a process: its memory and the time it has spent on a CPU."""

import os
from collections.abc import Iterable
from pathlib import Path


def resident(pid: int) -> int:
    """Bytes of memory that the process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def peak(pid: int) -> int:
    """The most bytes of memory that the process has held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def cpu_seconds(pid: int) -> float:
    """Seconds that the process has spent on a CPU, by the scheduler's own clock: ticks charge sleepers too much."""
    spent = (path.read_text(encoding="ascii").split()[0] for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, spent)) / 1e9


def children(pid: int) -> list[int]:
    """Processes that the process has started and that live (its fork server, say)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in tasks for word in path.read_text(encoding="ascii").split()]


def family_seconds(pids: Iterable[int]) -> float:
    """Seconds on a CPU, in ticks, of these processes and of those that they have waited for."""
    return sum(map(_with_children, pids))


def _with_children(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
