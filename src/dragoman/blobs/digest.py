"""What is told about bytes while they stream past: size, digests, and whether they read as text. Keeps none of them."""

import codecs
import hashlib
from concurrent.futures import Executor

from dragoman.core.ports import Stored

Bytes = bytes | bytearray

BLOCK = 1 << 20
"""How many bytes are best handled at once."""

HEAD = 1 << 16
"""How many of the first bytes decide whether a blob is text."""

_WORTH_A_THREAD = 1 << 17


def is_text(head: Bytes, *, whole: bool) -> bool:
    """Whether bytes are plain UTF-8 text; unless they are the whole, their last character may be cut."""
    if b"\0" in head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(bytes(head), final=whole)
    except UnicodeDecodeError:
        return False
    return True


class Digest:
    """Takes a stream in blocks; the two digests of a large block are computed at the same time."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha512 = hashlib.sha512()
        self._head = bytearray()
        self.size = 0

    def take(self, block: Bytes) -> None:
        """Take the next bytes; blocks until they are counted in."""
        self.size += len(block)
        self._head += block[: HEAD - len(self._head)]
        if len(block) < _WORTH_A_THREAD:
            self._sha512.update(block)
            self._md5.update(block)
            return
        other = self._threads.submit(self._sha512.update, block)
        self._md5.update(block)
        other.result()

    def stored(self, key: str) -> Stored:
        """All that is known of the bytes so far, as the blob ``key``."""
        return Stored(
            key=key,
            size=self.size,
            md5=self._md5.hexdigest(),
            sha512=self._sha512.hexdigest(),
            is_text=is_text(self._head, whole=self.size <= HEAD),
        )
