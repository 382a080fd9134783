"""Directories below an open one, reached again and again: the last ones stay open, the others are opened anew."""

import os
from collections import OrderedDict
from collections.abc import Callable

from dragoman.shells.below import open_folder

MOST = 64
"""So many stay open: enough for neighbours, and few enough for many threads at once."""


class Folders:
    """Descriptors of directories below ``root``, each opened by ``enter(name, parent)`` and closed by us."""

    def __init__(self, root: int, enter: Callable[[str, int], int] = open_folder) -> None:
        self._root, self._enter = root, enter
        self._open: OrderedDict[str, int] = OrderedDict()

    def reach(self, path: str) -> int:
        """A descriptor of the directory ``path``, good until the next call; empty: the root. Raises OSError."""
        known, missing = path, []
        while known and known not in self._open:
            known, _, part = known.rpartition("/")
            missing.append(part)
        fd = self._root
        if known:
            fd = self._open[known]
            self._open.move_to_end(known)
        for part in reversed(missing):
            fd = self._enter(part, fd)
            known = f"{known}/{part}" if known else part
            self._keep(known, fd)
        return fd

    def close(self) -> None:
        """Close all of them."""
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()

    def _keep(self, path: str, fd: int) -> None:
        self._open[path] = fd
        if len(self._open) > MOST:
            os.close(self._open.popitem(last=False)[1])
