"""The scheduler's management routes, on a port of their own: what it counts, and what it knows. They change nothing.

See docs/dialects/sage.md#management.
"""

from collections import Counter

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.core.states import JobState
from dragoman.dialects.sage.door import DOOR, Call
from dragoman.dialects.sage.errors import Refused
from dragoman.dialects.sage.jobs import number, unknown
from dragoman.dialects.sage.write_job import write_job

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
COUNTED = {
    JobState.DRAFT: "submitted",
    JobState.SUSPENDED: "submitted",
    JobState.OPEN: "submitted",
    JobState.ENDED: "completed",
    JobState.REMOVED: "completed",
}
"""The original counts drafts and suspended jobs as submitted, removed ones as completed."""
RUNNING = "running"


async def metrics(call: Call) -> Response:
    """How many jobs there are, in all and by status, for Prometheus."""
    counts = Counter({"completed": 0, RUNNING: 0, "submitted": 0})
    for (state, is_running), count in (await call.desk.field_jobs.counts(DOOR)).items():
        counts[RUNNING if is_running else COUNTED[state]] += count
    lines = [
        "# HELP scheduler_jobs_count Number of jobs per status",
        "# TYPE scheduler_jobs_count gauge",
        *(f'scheduler_jobs_count{{status="{status}"}} {count}' for status, count in sorted(counts.items())),
        "# HELP scheduler_jobs_total Total number of jobs in the scheduler",
        "# TYPE scheduler_jobs_total gauge",
        f"scheduler_jobs_total {counts.total()}",
    ]
    return Response("\n".join((*lines, "")), 200, {"Content-Type": PROMETHEUS})


async def job(call: Call) -> Response:
    """A job's record."""
    if not call.query("id"):
        raise Refused("No id is specified")
    alias = number(call.query("id"))
    try:
        return call.answer(write_job(await call.desk.field_jobs.find(DOOR, alias), call.profile))
    except NotFound as problem:
        raise unknown(alias) from problem


async def plugins(call: Call) -> Response:
    """The ids of the apps that everybody may see. Nothing has to be loaded again."""
    if call.is_true("reload"):
        return Response()
    views = await call.desk.repository.list(None, DOOR)
    return call.told(plugins=sorted(f"{view.app.namespace}/{view.app.name}:{view.app.version}" for view in views))


async def whitelist(call: Call) -> Response:
    """The expressions for images that need no app."""
    return call.told(whitelist=list(call.settings.field.images))


async def nodes(call: Call) -> Response:
    """Nodes are always those that there are."""
    if not call.is_true("reload"):
        raise Refused("the reload query must be reload=true")
    return Response()


async def refuse(_: Call) -> Response:
    """What would dump the store, or write past all checks."""
    raise Refused("Not implemented: `dragoman` commands and settings do this on the service's own host", 501)
