"""What keeps bytes by key."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Bytes that are safe on disk: where, how many, their digests, and whether they read as plain text."""

    key: str
    size: int
    md5: str
    sha512: str
    is_text: bool


class BlobWriter(Protocol):
    """Takes one stream of bytes in constant memory. Nothing is visible before ``commit``."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes; returns when there is room for more. Raises Unavailable when the disk is full."""
        ...

    async def commit(self) -> Stored:
        """Make everything durable under its key."""
        ...

    async def abort(self) -> None:
        """Forget everything written; after ``commit`` it does nothing. May be called more than once."""
        ...


class BlobStore(Protocol):
    """Keeps bytes by key. The plain functions block: call them from a worker thread."""

    def writer(self) -> BlobWriter:
        """Start a new blob. Settle it when what refers to it is kept: others go when the service starts again."""
        ...

    def settle(self, keys: Sequence[str]) -> None:
        """These blobs of writers are referred to, or were removed. Doing it again is no error."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The blob's bytes, seekable, from the start. Raises NotFound."""
        ...

    def adopt(self, key: str, source: BinaryIO) -> Generator[None, None, Stored]:
        """Take an open, no longer changing file in under ``key``, without copying where the disk allows it.

        It yields between blocks, and returns in the end. Closed before that, it leaves nothing behind. Doing it again
        with the same key and content gives the same answer.
        """
        ...

    def remove(self, keys: Sequence[str]) -> None:
        """Delete blobs; a missing one is no error."""
        ...
