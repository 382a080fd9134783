"""Decodes xz streams in bounded memory, which lzma.LZMAFile cannot promise. Knows no archives."""

import io
from lzma import FORMAT_XZ, LZMADecompressor
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY = 256 << 20
"""``xz -9`` asks for 65 MiB; a hostile header asks for 4 GiB."""
BLOCK = 1 << 16


class XzReader(io.RawIOBase):
    """The plain bytes of an xz file, of all its streams. Raises LZMAError and EOFError when it is damaged."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder = LZMADecompressor(FORMAT_XZ, memlimit=MEMORY)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """The next bytes; 0 at the end of the last stream."""
        with memoryview(buffer).cast("B") as view:
            data = self._next(len(view)) if view else b""
            view[: len(data)] = data
        return len(data)

    def _next(self, most: int) -> bytes:
        data = b""
        while not data:
            taken = b""
            if self._decoder.eof:
                taken = self._following()
                if not taken:
                    break
                self._decoder = LZMADecompressor(FORMAT_XZ, memlimit=MEMORY)
            elif self._decoder.needs_input:
                taken = self._source.read(BLOCK)
                if not taken:
                    raise EOFError("it ends too early")
            data = self._decoder.decompress(taken, most)
        return data

    def _following(self) -> bytes:
        """The start of the stream after this one, without the zeros between them; empty at the end."""
        following = self._decoder.unused_data.lstrip(b"\0")
        while not following and (block := self._source.read(BLOCK)):
            following = block.lstrip(b"\0")
        return following
