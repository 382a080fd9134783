"""The handlers of goals: what a node is to do, once and as a stream. See docs/dialects/sage.md#goals."""

import asyncio
import json

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dragoman.core.manifests import VSN
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.write_job import write_goal

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
    return GoalStream(call, _vsn(call))


def _vsn(call: Call) -> str:
    """The VSN in the path; empty for what can be none: there is nothing to do for it, as for a node nobody knows."""
    return call.param("node") if VSN.fullmatch(call.param("node")) else ""


class GoalStream(Response):
    """Sends the list, waits for another version, sends it again. Thousands are open at once, so each is small."""

    def __init__(self, call: Call, vsn: str) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._call, self._vsn = call, vsn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on until the listener hangs up; a fault of ours hangs up on the listener."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        listening, sending = asyncio.current_task(), asyncio.ensure_future(self._send(send))
        sending.add_done_callback(lambda ended: ended.cancelled() or (listening and listening.cancel()))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            sending.cancel()

    async def _send(self, send: Send) -> None:
        version, shown = None, "[]"
        while True:
            news = await self._call.desk.field_jobs.news(self._vsn, version, seconds=REPEAT)
            if news is not None:
                version, goals = news
                shown = json.dumps([write_goal(goal, self._call.profile) for goal in goals], separators=(",", ":"))
            if version is not None:
                event = f"event: {EVENT}\ndata: {shown}\n\n".encode()
                await send({"type": "http.response.body", "body": event, "more_body": True})
