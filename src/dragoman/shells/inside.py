"""Finds places below a directory that is somebody's whole world: links in it, absolute ones too, lead inside of it.

Each component is opened by itself relative to its parent's descriptor, links are read and walked by us, and ``..`` is
never given to the system, but walked anew from the top: whatever moves meanwhile, no path leads outside.
"""

import errno
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

MOST_LINKS = 40
_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A name in an open directory; the name ``.`` is the directory itself."""

    at: int
    name: str
    parts: tuple[str, ...]
    """The names that lead here from the top, without links."""

    @property
    def itself(self) -> str:
        """A path that leads to it in this process, as long as the descriptor is open; its last part may be a link."""
        return f"/proc/self/fd/{self.at}/{self.name}"

    def status(self) -> os.stat_result:
        """What is there; a link is not followed. Raises OSError."""
        return os.stat(self.name, dir_fd=self.at, follow_symlinks=False)


@contextmanager
def spot(root: str, path: str, *, follow: bool, make: bool = False) -> Iterator[Spot]:
    """The place of ``path``, for the time of the block. What is there is not looked at, and need not exist.

    ``follow``: a link there is followed. ``make``: directories missing above it are made. Raises OSError.
    """
    walk = _Walk(root)
    try:
        yield walk.to(path, follow=follow, make=make)
    finally:
        walk.close()


class _Walk:
    """Two descriptors at most: the top, and where we are."""

    def __init__(self, root: str) -> None:
        self._root = os.open(root, _STEP & ~os.O_NOFOLLOW)
        self._at: int | None = self._root
        """None: where we are must be opened again."""
        self._parts: list[str] = []
        self._links = 0

    def close(self) -> None:
        self._let_go()
        os.close(self._root)

    def to(self, path: str, *, follow: bool, make: bool) -> Spot:
        ahead = deque(path.split("/"))
        while ahead:
            part = ahead.popleft()
            if part == "..":
                self._back_to(self._parts[:-1])
            elif part not in ("", "."):
                is_last = not any(ahead)
                target = None if is_last and not follow else self._link(part)
                if target is not None:
                    if target.startswith("/"):
                        self._back_to([])
                    ahead.extendleft(reversed(target.split("/")))
                elif is_last:
                    return Spot(at=self._here(), name=part, parts=(*self._parts, part))
                else:
                    self._enter(part, make=make)
        return Spot(at=self._here(), name=".", parts=tuple(self._parts))

    def _link(self, part: str) -> str | None:
        """Where a link leads; None for what is none."""
        try:
            target = os.readlink(part, dir_fd=self._here())
        except OSError:
            return None
        self._links += 1
        if self._links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return target

    def _enter(self, part: str, *, make: bool) -> None:
        at = self._here()
        if make:
            with suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=at)
        fd = os.open(part, _STEP, dir_fd=at)
        self._let_go()
        self._at = fd
        self._parts.append(part)

    def _here(self) -> int:
        if self._at is None:
            parts, self._parts, self._at = self._parts, [], self._root
            for part in parts:
                self._enter(part, make=False)
        return self._at

    def _back_to(self, parts: list[str]) -> None:
        self._let_go()
        self._parts = parts

    def _let_go(self) -> None:
        if self._at is not None and self._at != self._root:
            os.close(self._at)
        self._at = None
