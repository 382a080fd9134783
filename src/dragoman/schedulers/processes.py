"""What /proc says of processes: who is alive, who descends from whom. A zombie counts as dead.

Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import errno
import os
import signal

_DEAD = b"ZXx"
_GONE = (errno.ESRCH, errno.ENOENT)
"""All else, no free descriptor for one, says nothing about a process."""


def _has_pidfds() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return hasattr(signal, "pidfd_send_signal")


_PIDFDS = _has_pidfds()
"""Kernels before 5.3 have none, nor has a Python that was built for one."""


class Process:
    """One process at one moment; ``start`` (ticks since boot) tells it from a later one with the same number."""

    __slots__ = ("alive", "name", "parent", "pid", "start")

    def __init__(self, pid: int, parent: int, start: int, name: str, *, alive: bool) -> None:
        self.pid = pid
        self.parent = parent
        self.start = start
        self.name = name
        self.alive = alive


def read(path: str) -> bytes:
    """The start of a small file; empty when it, or the process it tells of, is gone. Raises OSError."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(file, 4096)
        finally:
            os.close(file)
    except OSError as problem:
        if problem.errno in _GONE:
            return b""
        raise


def boot_id() -> str:
    """What names this boot of the host."""
    return read("/proc/sys/kernel/random/boot_id").decode().strip()


def find(pid: int) -> Process | None:
    """The process with this number; None when there is none. Raises OSError when that cannot be told now."""
    stat = read(f"/proc/{pid}/stat")
    if not stat:
        return None
    before, _, after = stat.rpartition(b")")
    fields = after.split()
    name = before.partition(b"(")[2].decode(errors="replace")
    return Process(pid, int(fields[1]), int(fields[19]), name, alive=fields[0] not in _DEAD)


def descendants(root: int) -> list[Process]:
    """What can be seen below ``root``, parents before their children, zombies too; ``root`` itself is left out."""
    children: dict[int, list[Process]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _seen(int(name))):
            children.setdefault(process.parent, []).append(process)
    found = list(children.get(root, ()))
    for process in found:
        found += children.get(process.pid, ())
    return found


def _seen(pid: int) -> Process | None:
    try:
        return find(pid)
    except OSError:  # on some hosts other people's may not be looked at
        return None


def inner_pid(pid: int) -> int:
    """The number that a process has in its own process space; 0 when it is gone."""
    _, _, line = read(f"/proc/{pid}/status").partition(b"\nNSpid:")
    return int(line.split(b"\n")[0].split()[-1]) if line else 0


def hold(pid: int, start: int) -> int | None:
    """A pidfd for the living process with this number and start time; None when there is none. Raises OSError."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError as problem:
        if problem.errno in _GONE:
            return None
        raise
    is_held = False
    try:
        now = find(pid)
        is_held = now is not None and now.alive and now.start == start
    finally:
        if not is_held:
            os.close(pidfd)
    return pidfd if is_held else None


def send(process: Process, *signals: int) -> None:
    """Send signals to exactly this process, never to another that got its number.

    A dead one is no error, nor is one that cannot be reached now: who wants it dead looks, and sends them again.
    """
    try:
        if _PIDFDS:
            _send_by_pidfd(process, *signals)
        else:
            _send_by_number(process, *signals)
    except OSError:
        return


def _send_by_pidfd(process: Process, *signals: int) -> None:
    pidfd = hold(process.pid, process.start)
    if pidfd is None:
        return
    try:
        for number in signals:
            signal.pidfd_send_signal(pidfd, number)
    finally:
        os.close(pidfd)


def _send_by_number(process: Process, *signals: int) -> None:
    # The process may end between the look and the signal, but its number is not given away so soon.
    for number in signals:
        now = find(process.pid)
        if now is None or now.start != process.start:
            return
        os.kill(process.pid, number)


def destroy(root: int) -> None:
    """SIGKILL everything below ``root`` that can be seen now."""
    for process in descendants(root):
        send(process, signal.SIGKILL)
