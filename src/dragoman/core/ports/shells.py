"""What carries bytes to and from run directories of our own making."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from dragoman.core.ports.blobs import BlobStore, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A regular file below a directory: path with ``/`` between its parts, size in bytes, time of last change in ns."""

    path: str
    size: int
    changed: int


class Shell(Protocol):
    """Carries bytes to and from the host where runs execute.

    Paths below a directory never escape it: no absolute path, no ``..``, and no symbolic link is followed. Whatever
    takes long ends soon when its task is cancelled, and has let go of everything when that task ends.
    """

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        """Make a run directory with ``tmp``, ``home/work`` and these small text files; whatever was there is gone.

        The files are their owner's alone, and survive the death of this process.
        """
        ...

    async def put(self, directory: str, path: str, source: BinaryIO) -> None:
        """Write ``source`` to ``path`` below the directory (parents are made), executable by its owner."""
        ...

    async def unpack(self, directory: str, source: BinaryIO, name: str) -> bool:
        """Unpack an archive below the directory, keeping execution bits; False, and nothing done, when it is none.

        Knows zip, tar, tar.gz, tar.bz2 and tar.xz by their content. Raises Invalid for a member that would escape
        and TooLarge beyond the limits.
        """
        ...

    async def write(self, directory: str, path: str, text: str) -> None:
        """Write a small text file, its owner's alone, whole or not at all."""
        ...

    async def walk(self, directory: str, *, most: int | None = None) -> list[Entry]:
        """All regular files below the directory, by path; links and special files are left out.

        Raises TooLarge when there are more than ``most`` of them, or so many directories.
        """
        ...

    async def read(self, directory: str, path: str, *, last_lines: int | None = None, limit: int = 1 << 26) -> bytes:
        """The file's first ``limit`` bytes, or its last lines (within ``limit``). Raises NotFound."""
        ...

    async def collect(
        self, directory: str, wanted: Sequence[tuple[str, str]], blobs: BlobStore, *, most: int | None = None
    ) -> list[Stored]:
        """Move finished files, each a path and its key, into the blob store; may be repeated.

        Raises NotFound, and TooLarge when they have more than ``most`` bytes together.
        """
        ...

    async def children(self, directory: str) -> list[str]:
        """The names in a directory of our own making; none when it is missing."""
        ...

    async def remove(self, directory: str) -> None:
        """Delete the directory and everything in it; a missing one is no error."""
        ...
