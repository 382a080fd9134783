"""A view of the file systems without the kernel's own, for confined runs.

What confines a run handles every mount of the host one by one, and on many hosts most of them are control groups and
the like, which no run needs. Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import ctypes
import os
import signal

_NEW_NAMESPACE = 0x20000
_RECURSIVE = 0x4000
_SLAVE = 0x80000
_DETACH = 2
_KERNELS_OWN = frozenset(
    b"autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts efivarfs fusectl hugetlbfs mqueue pstore "
    b"rpc_pipefs securityfs tracefs".split()
)
_libc = ctypes.CDLL(None, use_errno=True)


def lean_view() -> int | None:
    """A file that ``enter`` takes; None where this process may not make such a view.

    Disks that the host mounts or unmounts later come and go in it too. Call it from a process with one thread.
    """
    ready, tell = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        try:
            _hold_view(tell)
        finally:
            os._exit(0)
    os.close(tell)
    try:
        return _open_view(child) if os.read(ready, 1) else None
    finally:
        os.close(ready)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def enter(view: int) -> None:
    """See the file systems so from now on; the current directory becomes the root. Raises OSError."""
    if _libc.setns(view, _NEW_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "the mount namespace cannot be entered")


def _open_view(process: int | str) -> int:
    return os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def _hold_view(tell: int) -> None:
    root = os.stat("/")
    if _libc.unshare(_NEW_NAMESPACE) != 0:
        return
    # Unless this succeeds, what is unmounted here would be unmounted on the host as well.
    if _libc.mount(None, b"/", None, _RECURSIVE | _SLAVE, None) != 0:
        return
    for place in _places():
        _libc.umount2(place, _DETACH)
    enter(_open_view("self"))
    # Whoever is confined to a part of the host (chroot) would enter the whole of it.
    if os.path.samestat(root, os.stat("/")):
        os.write(tell, b"1")
        signal.pause()


def _places() -> list[bytes]:
    with open("/proc/self/mountinfo", "rb") as file:
        lines = [line.split() for line in file]
    found = [line[4] for line in lines if line[line.index(b"-") + 1] in _KERNELS_OWN]
    # Inner ones first. Blanks and such are written as octal numbers.
    return [place.decode("unicode_escape").encode("latin-1") for place in reversed(found)]
