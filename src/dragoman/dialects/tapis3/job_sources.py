"""Where the attributes of jobs lie in the rows, so that lists are searched and sorted by the store. Pure."""

from collections.abc import Mapping

from dragoman.core.search import AllOf, Condition, Kind, Op
from dragoman.core.sources import Held, Source, Wanted, Written
from dragoman.dialects.tapis3.job_derived import DERIVED, STATUS, resolved
from dragoman.dialects.tapis3.job_facts import ATTRIBUTES, VISIBLE
from dragoman.dialects.tapis3.queries import Asked
from dragoman.dialects.tapis3.write_job import AS_TEXT, JOB_ATTRIBUTES

_RESOLVED = (
    *("owner", "tenant", "description", "appId", "appVersion", "archiveOnAppError", "archiveMode", "dynamicExecSystem"),
    *("execSystemId", "execSystemExecDir", "execSystemInputDir", "execSystemOutputDir", "execSystemLogicalQueue"),
    *("archiveSystemId", "archiveSystemDir", "dtnSystemId", "dtnSystemInputDir", "dtnSystemOutputDir"),
    *("nodeCount", "coresPerNode", "memoryMB", "maxMinutes", "createdby", "createdbyTenant", "jobType"),
    *("mpi", "mpiCmd", "cmdPrefix", "sharedAppCtx", "trackingId", "tags", "sharedAppCtxAttribs"),
)
"""What was settled at the submit, and is shown as it is kept."""

SOURCES: Mapping[str, Held] = {
    "id": Source(column="job.id"),
    "uuid": Source(column="job.alias"),
    "name": Source(column="job.name"),
    "created": Source(column="job.created_at"),
    "ended": Source(column="job.ended_at"),
    "lastUpdated": Source(column="job.updated_at"),
    "status": STATUS,
    "visible": Source(column="job.notes", path=(VISIBLE,)),
    **{name: resolved(name) for name in _RESOLVED},
    **{name: Written(column="job.notes", path=(ATTRIBUTES, name)) for name in AS_TEXT},
    **DERIVED,
}
_SHOWN = Condition(attribute="visible", op=Op.EQ, values=(True,), kind=Kind.FLAG)


def wanted(asked: Asked) -> Wanted:
    """What a request wants of the list of jobs: hidden ones are never in it."""
    query = asked.query
    parts = query.parts if isinstance(query, AllOf) else (query,)
    shown = AllOf(parts=(_SHOWN, *parts))
    return Wanted(sources=SOURCES, kinds=JOB_ATTRIBUTES, query=shown, listing=asked.listing, total=asked.total)
