"""Answers with bytes that are read somewhere else, whole or in part, once it is certain that they can be read."""

from collections.abc import AsyncIterator, Callable, Mapping
from mimetypes import MimeTypes

from dragoman.core.patience import primed
from dragoman.web.streams import Streamed

BYTES = "application/octet-stream"
"""Never application/json: clients would read the file as an answer."""
_MIME = MimeTypes()


def mime_type(name: str) -> str | None:
    """What a name says about its contents."""
    return _MIME.guess_type(name, strict=False)[0]


async def contents(
    read: Callable[[int, int], AsyncIterator[bytes]],
    wanted: range,
    *,
    headers: Mapping[str, str],
    status: int = 200,
    is_head: bool,
) -> Streamed:
    """Some bytes of what ``read(offset, length)`` reads. What is in their way is raised before the answer begins."""
    if is_head or not wanted:
        return Streamed(no_bytes(), size=len(wanted), status=status, headers=headers)
    pieces = await primed(read(wanted.start, len(wanted)))
    return Streamed(pieces, size=len(wanted), status=status, headers=headers)


async def no_bytes() -> AsyncIterator[bytes]:
    """No bytes."""
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece
