"""What simulated cameras see: a gradient and a bar that moves with the time, as a PNG or as frames of a video. Pure."""

import struct
import zlib

WIDTH, HEIGHT = 320, 240
HEADER = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\n".encode()
"""How an endless video begins."""
BAR = 16


def grey(second: float) -> bytes:
    """The picture at a time, row by row, a byte for each point."""
    place = int(second * 20) % (WIDTH - BAR)
    line = bytes(column * 255 // WIDTH for column in range(WIDTH))
    before, after = line[:place], line[place + BAR :]
    return b"".join(before + bytes([255 - row]) * BAR + after for row in range(HEIGHT))


def frame(second: float) -> bytes:
    """One frame of the video."""
    return b"FRAME\n" + grey(second) + b"\x80" * (WIDTH * HEIGHT // 2)


def png(second: float) -> bytes:
    """One picture."""
    points = grey(second)
    rows = b"".join(b"\x00" + points[start : start + WIDTH] for start in range(0, len(points), WIDTH))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, content = part
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
