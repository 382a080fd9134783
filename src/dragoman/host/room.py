"""Whether the service's disk has room for what people send, so that they do not fill it to the brim."""

import os

from dragoman.core.errors import Unavailable

SHARE = 20
"""Of a disk on which the wanted rest would be more, so many parts make one that is kept free."""
_MB = 1_000_000


def check_room(path: str, keep_free: int) -> None:
    """Raise Unavailable while fewer than ``keep_free`` bytes are free where ``path`` is; of a small disk, a twentieth.

    It takes microseconds: ask again while something comes in.
    """
    disk = os.statvfs(path)
    free, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    if free < min(keep_free, whole // SHARE):
        raise Unavailable(
            f"The disk of the service is nearly full: with {free // _MB} MB left it takes no files.",
            hint="Delete what is no longer needed, or ask the operator for room, then try again.",
        )
