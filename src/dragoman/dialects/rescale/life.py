"""The handlers of a job's life: submit, stop, statuses, nodes. See docs/dialects/rescale.md#life."""

from functools import partial

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.core.states import Wish
from dragoman.core.things import Page
from dragoman.dialects.rescale.door import DOOR, Call
from dragoman.dialects.rescale.errors import answer
from dragoman.dialects.rescale.ids import cluster_id
from dragoman.dialects.rescale.pages import cut
from dragoman.dialects.rescale.states import cluster_statuses as clusters_of
from dragoman.dialects.rescale.states import job_statuses
from dragoman.dialects.rescale.write import write_status
from dragoman.dialects.rescale.write_live import write_instance

MOST_INSTANCES = 1000


async def submit(call: Call) -> Response:
    """Start a saved job. The body, if any, does not matter."""
    await call.desk.jobs.submit(call.who, DOOR, call.id())
    return Response(status_code=200)


async def stop(call: Call) -> Response:
    """End it gracefully: its command is asked to end, and its outputs are kept."""
    await call.desk.jobs.wish(call.who, DOOR, call.id(), Wish.STOP)
    return Response(status_code=202)


async def force_stop(call: Call) -> Response:
    """End it at once."""
    await call.desk.jobs.wish(call.who, DOOR, call.id(), Wish.KILL)
    return Response(status_code=202)


async def statuses(call: Call) -> Response:
    """What the job was and is, newest first; nothing before it is submitted."""
    events = await call.desk.jobs.events(call.who, DOOR, call.id())
    return answer(cut(call.wanted, job_statuses(events), write_status))


async def cluster_statuses(call: Call) -> Response:
    """What its cluster was and is, newest first. Raises NotFound until there is one."""
    found = clusters_of(await call.desk.jobs.events(call.who, DOOR, call.id()))
    if not found:
        raise NotFound("Not found.")
    return answer(cut(call.wanted, found, write_status))


async def instances(call: Call) -> Response:
    """The nodes on which it executes now."""
    alias = call.id()
    view = await call.desk.jobs.find(call.who, DOOR, alias)
    _, runs = await call.desk.jobs.runs(call.who, DOOR, alias, Page(limit=MOST_INSTANCES))
    executing = [run for run in runs if run.started_at is not None and run.ended_at is None]
    cluster, system = cluster_id(alias), view.job.workload.resources.system
    return answer(cut(call.wanted, executing, partial(write_instance, cluster=cluster, system=system)))
