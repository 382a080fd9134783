"""The bytes of open files: their start, their last lines, and copies of them. Knows no paths."""

import os

BLOCK = 1 << 16


def head(fd: int, limit: int) -> bytes:
    """The first ``limit`` bytes of a file as long as it is now."""
    return _part(fd, 0, min(limit, os.fstat(fd).st_size))


def tail(fd: int, lines: int, limit: int) -> bytes:
    """The last lines of a file as long as it is now, within ``limit`` bytes; a last one without its newline counts."""
    start = end = os.fstat(fd).st_size
    floor = max(0, end - limit)
    blocks: list[bytes] = []
    newlines = 0
    while start > floor and newlines <= lines:
        begin = max(floor, start - BLOCK)
        blocks.append(_part(fd, begin, start - begin))
        newlines += blocks[-1].count(b"\n")
        start = begin
    return _last_lines(b"".join(reversed(blocks)), lines)


def _last_lines(data: bytes, lines: int) -> bytes:
    if lines <= 0:
        return b""
    pieces = data.removesuffix(b"\n").rsplit(b"\n", lines)
    return data[len(pieces[0]) + 1 :] if len(pieces) > lines else data


def _part(fd: int, start: int, count: int) -> bytes:
    """``count`` bytes from ``start``, or fewer when the file has shrunk."""
    blocks = []
    while count > 0 and (block := os.pread(fd, count, start)):
        blocks.append(block)
        start += len(block)
        count -= len(block)
    return b"".join(blocks)
