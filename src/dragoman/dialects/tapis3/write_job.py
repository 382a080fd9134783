"""Writes jobs as this door shows them, and says what can be searched in them. Pure."""

import json
from collections.abc import Mapping

from dragoman.core.search import Kind
from dragoman.core.transfers import APP, ARCHIVE, INPUTS
from dragoman.dialects.tapis3.job_facts import JobFacts
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.write_transfer import correlation

JOB_ATTRIBUTES: Mapping[str, Kind] = {
    "id": Kind.NUMBER,
    "name": Kind.TEXT,
    "owner": Kind.TEXT,
    "tenant": Kind.TEXT,
    "description": Kind.TEXT,
    "status": Kind.TEXT,
    "condition": Kind.TEXT,
    "lastMessage": Kind.TEXT,
    "created": Kind.TIME,
    "ended": Kind.TIME,
    "lastUpdated": Kind.TIME,
    "uuid": Kind.TEXT,
    "appId": Kind.TEXT,
    "appVersion": Kind.TEXT,
    "archiveOnAppError": Kind.FLAG,
    "archiveMode": Kind.TEXT,
    "dynamicExecSystem": Kind.FLAG,
    "execSystemId": Kind.TEXT,
    "execSystemExecDir": Kind.TEXT,
    "execSystemInputDir": Kind.TEXT,
    "execSystemOutputDir": Kind.TEXT,
    "execSystemLogicalQueue": Kind.TEXT,
    "archiveSystemId": Kind.TEXT,
    "archiveSystemDir": Kind.TEXT,
    "dtnSystemId": Kind.TEXT,
    "dtnSystemInputDir": Kind.TEXT,
    "dtnSystemOutputDir": Kind.TEXT,
    "nodeCount": Kind.NUMBER,
    "coresPerNode": Kind.NUMBER,
    "memoryMB": Kind.NUMBER,
    "maxMinutes": Kind.NUMBER,
    "fileInputs": Kind.TEXT,
    "parameterSet": Kind.TEXT,
    "execSystemConstraints": Kind.TEXT,
    "subscriptions": Kind.TEXT,
    "blockedCount": Kind.NUMBER,
    "remoteJobId": Kind.TEXT,
    "remoteJobId2": Kind.TEXT,
    "remoteOutcome": Kind.TEXT,
    "remoteResultInfo": Kind.TEXT,
    "remoteQueue": Kind.TEXT,
    "remoteSubmitted": Kind.TIME,
    "remoteStarted": Kind.TIME,
    "remoteEnded": Kind.TIME,
    "remoteSubmitRetries": Kind.NUMBER,
    "remoteChecksSuccess": Kind.NUMBER,
    "remoteChecksFailed": Kind.NUMBER,
    "remoteLastStatusCheck": Kind.TIME,
    "inputTransactionId": Kind.TEXT,
    "inputCorrelationId": Kind.TEXT,
    "archiveTransactionId": Kind.TEXT,
    "archiveCorrelationId": Kind.TEXT,
    "stageAppTransactionId": Kind.TEXT,
    "stageAppCorrelationId": Kind.TEXT,
    "dtnInputTransactionId": Kind.TEXT,
    "dtnInputCorrelationId": Kind.TEXT,
    "dtnOutputTransactionId": Kind.TEXT,
    "dtnOutputCorrelationId": Kind.TEXT,
    "tapisQueue": Kind.TEXT,
    "visible": Kind.FLAG,
    "createdby": Kind.TEXT,
    "createdbyTenant": Kind.TEXT,
    "tags": Kind.TEXTS,
    "jobType": Kind.TEXT,
    "mpi": Kind.FLAG,
    "mpiCmd": Kind.TEXT,
    "cmdPrefix": Kind.TEXT,
    "sharedAppCtx": Kind.TEXT,
    "sharedAppCtxAttribs": Kind.TEXTS,
    "trackingId": Kind.TEXT,
    "notes": Kind.TEXT,
}
"""Every attribute of a job, in the order they are shown, with what it holds."""

LISTED = (
    *("uuid", "name", "owner", "appId", "created", "status", "condition", "remoteStarted", "ended", "tenant"),
    *("execSystemId", "archiveSystemId", "appVersion", "lastUpdated"),
)
"""What lists show of a job."""

AS_TEXT = ("fileInputs", "parameterSet", "execSystemConstraints", "subscriptions", "notes")
"""What is shown as the JSON text of what it is."""
COUNTERS = ("remoteSubmitRetries", "remoteChecksSuccess", "remoteChecksFailed")
QUEUE = "tapis.jobq.submit.DefaultQueue"
UNKNOWN = ("remoteJobId2", "remoteLastStatusCheck", "dtnOutputTransactionId", "dtnOutputCorrelationId")
"""What is the same nothing for every job."""
_TRANSFERS = {"input": INPUTS, "archive": ARCHIVE, "stageApp": APP}


def write_job(told: JobFacts, transfers: Mapping[str, str] | None = None) -> Json:
    """All attributes of a job. ``transfers`` names those that brought its files in and out, by their tags."""
    resolved = told.attributes
    row = {
        **resolved,
        **{key: json.dumps(resolved[key], separators=(",", ":")) for key in AS_TEXT},
        **_life(told),
        **_remote(told),
        "id": told.job.id,
        "uuid": told.job.alias,
        **_moved(told, transfers or {}),
        "tapisQueue": QUEUE,
        "visible": told.is_visible,
    }
    return {key: row.get(key) for key in JOB_ATTRIBUTES}


def write_status(told: JobFacts) -> Json:
    """How a job stands."""
    return {"status": told.shown.status, "condition": told.shown.condition}


def remote_facts(told: JobFacts) -> Json:
    """What is known of a job where it executes, as notices of its end tell it."""
    return {key: value for key, value in _remote(told).items() if key not in COUNTERS}


def _moved(told: JobFacts, transfers: Mapping[str, str]) -> Json:
    """The transfers by their ids, and by what they are tagged with. Inputs may have come by a data transfer node."""
    through = {"dtnInput": INPUTS} if told.attributes.get("dtnSystemInputDir") else {}
    found = {name: tag for name, tag in {**_TRANSFERS, **through}.items() if tag in transfers}
    ids = {f"{name}TransactionId": transfers[tag] for name, tag in found.items()}
    return ids | {f"{name}CorrelationId": correlation(told.job.alias, tag) for name, tag in found.items()}


def _life(told: JobFacts) -> Json:
    return {
        **write_status(told),
        "lastMessage": told.message,
        "created": iso(told.job.created_at),
        "ended": _at(told.job.ended_at),
        "lastUpdated": iso(told.job.updated_at),
        "blockedCount": told.moments.blocked,
    }


def _remote(told: JobFacts) -> Json:
    return {
        "remoteJobId": told.remote_id,
        "remoteJobId2": None,
        "remoteOutcome": told.remote_outcome,
        "remoteResultInfo": told.exit_text,
        "remoteQueue": told.attributes["execSystemLogicalQueue"] if told.remote_id else None,
        "remoteSubmitted": _at(told.moments.submitted),
        "remoteStarted": _at(told.moments.started),
        "remoteEnded": _at(told.moments.ended),
        **dict.fromkeys(COUNTERS, 0),
    }


def _at(moment: int | None) -> str | None:
    return None if moment is None else iso(moment)
