"""Copies small files of a transfer together. What does not arrive so is left to be copied alone, and told of then."""

from collections import deque
from collections.abc import Collection, Iterable

from dragoman.core.paths import read_address, read_packed
from dragoman.core.patience import within
from dragoman.core.ports import Small
from dragoman.core.transfers import Part
from dragoman.engine.ends import kept_mode
from dragoman.engine.trips import Trip

MOST = 64 << 10
"""Bytes of a small file."""
FEW, FILES, BYTES = 4, 32, 256 << 10
"""How much goes together: enough that a host is hardly waited for, and no more than a piece of a large file."""


class Todo:
    """The parts that are left to so many workers, each to be taken once."""

    def __init__(self, parts: Iterable[Part], workers: int) -> None:
        self._left, self._workers = deque(parts), workers

    def take(self) -> list[Part]:
        """The next part, with those after it that can go with it; nothing when none is left.

        The fewer are left, the fewer go together, so that no worker has many while others have none.
        """
        most = max(FEW, min(FILES, len(self._left) // self._workers))
        taken = [self._left.popleft()] if self._left else []
        way, size = _way(taken[0]) if taken else None, sum(part.total_bytes for part in taken)
        while way and self._left and len(taken) < most and _way(self._left[0]) == way:
            size += self._left[0].total_bytes
            if size > BYTES:
                break
            taken.append(self._left.popleft())
        return taken


def _way(part: Part) -> object:
    """From which login to which one a small file goes; None for everything else."""
    source, target = read_address(part.source), read_address(part.target)
    if part.is_directory or part.total_bytes > MOST or source is None or target is None or read_packed(part.source):
        return None
    return source[0], part.account_id, target[0]


async def carry(trip: Trip, parts: Collection[Part]) -> list[Part]:
    """Copy files, whose ends are the same, together; those that have arrived. Raises Problems."""
    silence = trip.world.limits.silence
    ends = [(await trip.ends.open(part.source, part.account_id), await trip.ends.open(part.target)) for part in parts]
    source, target = ends[0]
    paths = [one.host_path for one, _ in ends]
    found = await within(silence, source.login.read_small(paths, MOST), str(source))
    files: dict[str, Small] = {}
    for part, (_, end), small in zip(parts, ends, found, strict=True):
        if small is not None:
            files[end.host_path] = Small(small.content, kept_mode(small.mode, source, target))
            trip.moved(part, len(small.content), len(small.content))
    written = await within(silence, target.login.write_small(files), str(target)) if files else ()
    return [part for part, (_, end) in zip(parts, ends, strict=True) if end.host_path in written]
