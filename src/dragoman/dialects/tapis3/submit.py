"""The handlers that start jobs: of a request, and of that of another job."""

import json
import re

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.ids import mint
from dragoman.dialects.tapis3.jobs import RESUBMIT, seen, shown
from dragoman.dialects.tapis3.read_job import Asked, read_request
from dragoman.dialects.tapis3.start_job import start

TRACKING = "X-Tapis-Tracking-ID"
_TRACKING_ID = re.compile(r"(?=.{1,126}\Z)[!-\-/-~]+\.[!-\-/-~]+")


async def submit(call: Call) -> Response:
    """Start a job."""
    return await _start(call, await call.text(), read_request(await call.json()))


async def resubmit(call: Call) -> Response:
    """Start a job with the request of another one."""
    found = await seen(call, RESUBMIT)
    letter = found.job.letter
    return await _start(call, letter, read_request(json.loads(letter)))


async def request(call: Call) -> Response:
    """The request that a job came with."""
    found = await seen(call, RESUBMIT)
    return answer(json.loads(found.job.letter), "JOBS_RESUBMIT_REQUEST_RETRIEVED The request was retrieved.")


async def _start(call: Call, letter: str, asked: Asked) -> Response:
    uuid, tracking = mint(), _tracking_id(call)
    started = await start(call, letter, asked, uuid=uuid, tracking=tracking)
    return answer(shown(started), f"JOBS_CREATED Job {uuid} created.")


def _tracking_id(call: Call) -> str | None:
    """The id by which a client follows a job of its own through services; None: it gave none. Raises Invalid."""
    found: str | None = call.request.headers.get(TRACKING)
    if found and not _TRACKING_ID.fullmatch(found):
        raise Invalid.field(TRACKING, why="It is NAMESPACE.UUID: printable ASCII, one dot, at most 126 characters.")
    return found or None


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="jobs/submit", handler=submit),
    Route(method="POST", path="jobs/{jobUuid}/resubmit", handler=resubmit),
    Route(method="GET", path="jobs/{jobUuid}/resubmit_request", handler=request),
)
