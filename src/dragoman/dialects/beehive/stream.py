"""Tells listeners what is measured, as server-sent events, as long as they stay."""

import logging
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response

from dragoman.core.errors import Problem
from dragoman.core.measurements import Measurement
from dragoman.core.patience import close
from dragoman.core.regexes import BadPattern
from dragoman.dialects.beehive.door import Call
from dragoman.dialects.beehive.errors import ANYBODY, Refused
from dragoman.dialects.beehive.patterns import Test, anywhere, topics
from dragoman.dialects.beehive.write import record
from dragoman.web.origin import origin
from dragoman.web.streams import Endless

log = logging.getLogger(__name__)

PATIENCE = 15.0
"""Seconds of silence after which a comment shows that both sides are still there."""
MOST_FILTERS = 20

_CASES: dict[str, Callable[[str], str]] = {"vsn": str.upper, "node": str.lower}


async def answer_stream(call: Call) -> Response:
    """Every measurement from now on whose name fits a topic and whose meta fits the other parameters."""
    fits = _test(dict(call.request.query_params))
    heard = await call.data.listen(call.who, fits, patience=PATIENCE)
    headers = {**ANYBODY, "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Endless(_events(heard, origin(call.request)), headers=headers)


def _test(wanted: dict[str, str]) -> Callable[[Measurement], bool]:
    if len(wanted) > MOST_FILTERS:
        raise Refused(400, "Bad Request")
    try:
        name = topics(wanted.pop("name", "#"))
        tests: dict[str, Test] = {key: anywhere(_CASES.get(key, str)(text)) for key, text in wanted.items()}
    except BadPattern as error:
        raise Refused(400, "Bad Request") from error
    return lambda one: name(one.name) and all(test(one.meta.get(key, "")) for key, test in tests.items())


async def _events(heard: AsyncIterator[Measurement | None], origin: str) -> AsyncIterator[bytes]:
    try:
        yield b":\n\n"  # so that the listener knows at once that it is heard
        async for one in heard:
            if one is None:
                yield b":keepalive\n\n"
            else:
                told = record(one.name, one.at, one.value, one.meta, origin)
                yield f"event: message\ndata: {told}\n\n".encode()
    except Problem as problem:  # they may listen no longer, or it cannot be told now whether they may
        log.info("a listener is sent away: %s", problem)
    finally:
        await close(heard)
