"""The handlers of goals: what a node is to do, once and as a stream. See docs/dialects/sage.md#goals."""

import json
import logging
from collections.abc import AsyncIterator

from starlette.responses import Response

from dragoman.core.errors import Problem
from dragoman.core.manifests import VSN
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.write_job import write_goal
from dragoman.web.streams import Endless

log = logging.getLogger(__name__)

EVENT = "sys.scheduler.status.goal.updated"
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "Connection": "keep-alive",
    "X-Accel-Buffering": "no",
}
REPEAT = 120.0
"""Seconds after which the list is sent again though nothing has changed: it shows that both ends are there still.

The original sends nothing meanwhile. A comment would do for others, but its own nodes would take it for a list.
"""


async def listing(call: Call) -> Response:
    """The goals of a node, each with that node's part alone; null when there are none."""
    goals = await call.desk.field_jobs.goals(_vsn(call))
    return call.answer([write_goal(goal, call.profile) for goal in goals] or None)


async def stream(call: Call) -> Response:
    """The whole list at once, and again at each change, for as long as somebody listens."""
    return Endless(_events(call, _vsn(call)), headers=HEADERS)


def _vsn(call: Call) -> str:
    """The VSN in the path; empty for what can be none: there is nothing to do for it, as for a node nobody knows."""
    return call.param("node") if VSN.fullmatch(call.param("node")) else ""


async def _events(call: Call, vsn: str) -> AsyncIterator[bytes]:
    version, shown = None, "[]"
    while True:
        news = await call.desk.field_jobs.news(vsn, version, seconds=REPEAT)
        if news is not None:
            version, goals = news
            shown = json.dumps([write_goal(goal, call.profile) for goal in goals], separators=(",", ":"))
        try:
            await call.again()
        except Problem as problem:  # they may read no longer, or it cannot be told now whether they may
            log.info("who listens for goals is sent away: %s", problem)
            return
        if version is not None:
            yield f"event: {EVENT}\ndata: {shown}\n\n".encode()
