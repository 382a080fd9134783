"""Reads multipart/form-data as it arrives, part by part, in constant memory. Keeps no bytes and knows no field."""

import re
import unicodedata
from collections.abc import AsyncIterator
from urllib.parse import unquote

from multipart import MultipartError, MultipartSegment, PushMultipartParser  # type: ignore[import-untyped]
from starlette.requests import ClientDisconnect, Request

from dragoman.core.errors import Invalid

_MAX_PARTS = 1000
_MAX_HEADER = 1 << 14
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE
)
_EXTENDED_NAME = re.compile(r"""filename\*\s*=\s*"?([\w-]+)'[^']*'([^\s;"]+)""", re.IGNORECASE)

_Events = AsyncIterator[MultipartSegment | bytes | None]


class Part:
    """One part of a form: what its headers say, and its bytes, which can be read once, while it is the current one."""

    def __init__(self, segment: MultipartSegment, events: _Events) -> None:
        self._events = events
        self._is_over = False
        self.name = _printable(segment.name or "")
        self.filename = _filename(segment)
        """As it was sent, with any directories; None when the part is a plain field."""
        self.content_type = _printable(segment.header("Content-Type", ""))
        """As it was sent: perhaps no media type at all, perhaps empty."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The part's bytes, in chunks. Raises Invalid when the body ends too early or is malformed."""
        while not self._is_over:
            event = await anext(self._events)
            if isinstance(event, bytes):
                yield event
            else:
                self._is_over = True

    async def text(self, limit: int = 1 << 16) -> str:
        """The whole part as text. Raises Invalid when it is longer than ``limit`` bytes or no UTF-8."""
        value = bytearray()
        async for chunk in self:
            value += chunk
            if len(value) > limit:
                raise Invalid.field(self.name, why=f"This value is too long: {limit} bytes are allowed.")
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise Invalid.field(self.name, why="This value is not UTF-8 text.") from error


async def parts(request: Request) -> AsyncIterator[Part]:
    """The parts of a form in the order they are sent; what is left unread of a part is skipped.

    Only when the iteration has ended by itself is the body known to be whole: keep nothing for good before.
    Raises Invalid for a body that is no form, malformed or cut off.
    """
    events = _events(request)
    async for event in events:
        if isinstance(event, MultipartSegment):
            part = Part(event, events)
            yield part
            async for _ in part:
                pass


def base_name(filename: str) -> str:
    """What a file may be called here: no directories, no control characters, 1 to 255 bytes."""
    printable = "".join(c for c in filename if unicodedata.category(c) not in {"Cc", "Cs"})
    name = re.split(r"[/\\]", printable)[-1].encode()[:255].decode(errors="ignore")
    return "unnamed" if name.strip() in {"", ".", ".."} else name


async def _events(request: Request) -> _Events:
    parser = PushMultipartParser(
        _boundary(request), max_segment_count=_MAX_PARTS, max_header_size=_MAX_HEADER, header_charset="latin1"
    )
    try:
        async for chunk in request.stream():
            for event in parser.parse(chunk) if chunk else ():
                yield event
        parser.close()
    except MultipartError as error:
        raise Invalid({(): [f"The form is malformed: {error}."]}) from error
    except ClientDisconnect as error:
        raise Invalid({(): ["The connection was closed before the form had ended."]}) from error


def _boundary(request: Request) -> bytes:
    match = _BOUNDARY.match(request.headers.get("content-type", ""))
    if match is None:
        why = "The body must be multipart/form-data, and its Content-Type must name a boundary."
        raise Invalid({(): [why]})
    return (match[1] or match[2]).encode("latin-1")


def _printable(header: str) -> str:
    # The parser reads headers as Latin-1, which accepts every byte; people send UTF-8, and sometimes neither.
    return header.encode("latin-1").decode("utf-8", errors="replace")


def _filename(segment: MultipartSegment) -> str | None:
    # Old clients send names beyond ASCII only in the extended notation of RFC 2231.
    match = _EXTENDED_NAME.search(segment.header("Content-Disposition", ""))
    if match and match[1].lower() in {"utf-8", "iso-8859-1"}:
        return unquote(match[2], encoding=match[1], errors="replace")
    return None if segment.filename is None else _printable(segment.filename)
