"""Answers queries: reads the body, asks the desk, streams lines in constant memory."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import Response

from dragoman.core.errors import TooLarge
from dragoman.core.measurements import Series
from dragoman.core.patience import close
from dragoman.desk.data import Data
from dragoman.dialects.beehive.aggregates import Bunch, Plain, Row, Whole, Windowed, aggregation
from dragoman.dialects.beehive.door import Call
from dragoman.dialects.beehive.errors import ANYBODY, Refused
from dragoman.dialects.beehive.read import Query, read_query
from dragoman.dialects.beehive.write import Lines, Table
from dragoman.web.body import read_body
from dragoman.web.origin import origin
from dragoman.web.streams import Streamed, disposition

MOST_BYTES = 4096


async def answer_query(call: Call) -> Response:
    """What was measured, one line each, in the order of each series."""
    request = call.request
    body = await _body(request)
    query = read_query(body, now=call.data.now(), lenient=call.settings.measurements.trailing_comma == "accept")
    making = aggregation(query.function, query.window, query.wanted.start, query.wanted.end)
    series = await call.data.series(await call.who(), query.wanted)
    lines: Lines | Table = Table(origin(request), series) if _wants_table(request) else Lines(origin(request))
    pieces = _pieces(call.data, query, series, making, lines)
    headers = {
        **ANYBODY,
        "Content-Type": lines.content_type,
        "Content-Disposition": disposition("attachment", _file_name(lines.ending)),
        "Vary": "Accept, Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Streamed(_packed(pieces), headers={**headers, "Content-Encoding": "gzip"})
    return Streamed(pieces, headers=headers)


async def _body(request: Request) -> str:
    try:
        body = await read_body(request, MOST_BYTES)
    except TooLarge as error:
        raise Refused(400, "error: query is too large - must be <1KB") from error
    if not body:
        raise Refused(400, "error: no query provided")
    return body.decode("utf-8", "replace")


def _wants_table(request: Request) -> bool:
    return "text/csv" in request.headers.get("accept", "").lower()


def _file_name(ending: str) -> str:
    return time.strftime(f"sage-download-%Y%m%d%H%M%S.{ending}", time.gmtime())


async def _pieces(
    data: Data, query: Query, series: Sequence[Series], making: Plain | Whole | Windowed, lines: Lines | Table
) -> AsyncIterator[bytes]:
    """The answer, a bunch at a time; it is made in another thread, so that others are answered meanwhile."""
    left = query.limit
    if lines.head:
        yield lines.head.encode()
    async for bunch in data.points(series, query.wanted):
        for part in making.parts(bunch):
            rows, left = _cut(await asyncio.to_thread(making.take, part), left)
            yield (await asyncio.to_thread(lines.rows, rows)).encode()
            if left == 0:
                return
    yield lines.rows(_cut(making.end(), left)[0]).encode()


def _cut(bunch: Bunch, left: int | None) -> tuple[Bunch, int | None]:
    """As many rows as may still be sent, and how many may be sent after them."""
    if left is None:
        return bunch, None
    cut: list[tuple[Series, Sequence[Row]]] = []
    for series, rows in bunch:
        some = rows[:left]
        cut.append((series, some))
        left -= len(some)
    return cut, left


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    try:
        async for piece in pieces:
            yield await asyncio.to_thread(packer.compress, piece)
        yield packer.flush()
    finally:
        await close(pieces)
