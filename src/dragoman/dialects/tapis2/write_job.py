"""Writes jobs as this door shows them. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dragoman.dialects.tapis2.job_facts import JobFacts
from dragoman.dialects.tapis2.job_states import ACCEPTED
from dragoman.dialects.tapis2.links import links, metadata, notifications, profile
from dragoman.dialects.tapis2.times import iso, perhaps
from dragoman.dialects.tapis2.write_file import in_address

Json = dict[str, Any]

SUMMARY = ("id", "name", "owner", "systemId", "appId", "created", "status", "remoteStarted", "ended")
SUMMARY_LINKS = ("self", "archiveData")
_ACCEPTED_MESSAGE = "JOBS_ACCEPTED Job accepted for processing."


def write_job(told: JobFacts, *, owner: str, tenant: str, base: str) -> Json:
    """All attributes of a job, in their known order."""
    job, kept, moments = told.job, told.attributes, told.moments
    has_begun = told.has_place
    return {
        "id": job.alias,
        "name": job.name,
        "tenantId": tenant,
        "tenantQueue": f"aloe.jobq.{tenant}.submit.DefaultQueue",
        "status": told.status,
        "lastStatusMessage": told.message,
        "accepted": iso(job.created_at),
        "created": iso(job.created_at),
        "ended": perhaps(job.ended_at),
        "lastUpdated": iso(job.updated_at),
        "owner": owner,
        "roles": f"Internal/everyone,Internal/{tenant.upper()}_{owner}",
        "systemId": kept["systemId"],
        "appId": kept["appId"],
        "appUuid": kept["appUuid"],
        "workPath": kept["workPath"] if has_begun else None,
        "archive": kept["archive"],
        "archivePath": kept["archivePath"],
        "archiveSystem": kept["archiveSystem"],
        "archiveOnAppError": kept["archiveOnAppError"],
        "nodeCount": kept["nodeCount"],
        "processorsPerNode": kept["processorsPerNode"],
        "memoryPerNode": kept["memoryPerNode"],
        "maxHours": kept["maxHours"],
        "inputs": kept["inputs"],
        "parameters": kept["parameters"],
        "remoteJobId": told.remote_id,
        "schedulerJobId": None,
        "remoteQueue": kept["queue"] if moments.submitted else None,
        "remoteSubmitted": perhaps(moments.submitted),
        "remoteStarted": perhaps(moments.started),
        "remoteEnded": perhaps(moments.ended),
        "remoteOutcome": told.remote_outcome,
        "submitRetries": 0,
        "remoteStatusChecks": 0,
        "failedStatusChecks": 0,
        "lastStatusCheck": perhaps(moments.ended or moments.submitted),
        "blockedCount": moments.blocked,
        "visible": told.is_visible,
        "_links": _links(told, owner=owner, base=base),
    }


def write_accepted(told: JobFacts, *, owner: str, tenant: str, base: str) -> Json:
    """A job as it is answered to its submit: nothing has happened to it yet."""
    nothing = dict.fromkeys(("workPath", "remoteJobId", "remoteQueue", "remoteSubmitted", "remoteStarted"))
    whole = write_job(told, owner=owner, tenant=tenant, base=base)
    return {**whole, **nothing, "status": ACCEPTED, "lastStatusMessage": _ACCEPTED_MESSAGE}


def write_status(told: JobFacts, *, base: str) -> Json:
    """How a job stands."""
    return {"id": told.job.alias, "status": told.status, "_links": links(base, self=f"jobs/v2/{told.job.alias}")}


def write_history(told: JobFacts, *, owner: str) -> list[Json]:
    """What happened to a job, oldest first."""
    return [
        {"status": one.status, "created": iso(one.at), "createdBy": owner, "description": one.description}
        for one in told.told
    ]


def _links(told: JobFacts, *, owner: str, base: str) -> Mapping[str, Any]:
    job, kept = told.job, told.attributes
    path = f"jobs/v2/{job.alias}"
    return links(
        base,
        self=path,
        app=f"apps/v2/{quote(kept['appId'], safe='')}",
        executionSystem=f"systems/v2/{kept['systemId']}",
        archiveSystem=f"systems/v2/{kept['archiveSystem']}",
        archiveData=archive_data(told),
        owner=profile(owner),
        permissions=f"{path}/pems",
        history=f"{path}/history",
        metadata=metadata(job.alias),
        notifications=notifications(job.alias),
    )


def archive_data(told: JobFacts) -> str:
    """Where the outputs of a job are listed now."""
    kept = told.attributes
    if told.is_archived:
        return f"files/v2/listings/system/{kept['archiveSystem']}/{in_address(kept['archivePath'])}"
    return f"jobs/v2/{told.job.alias}/outputs/listings"
