"""Writes jobs, statuses and files as this door's JSON: each renderer is laid out like the published answer. Pure."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from dragoman.core.states import JobState
from dragoman.core.things import FileView, JobView, ListedJob
from dragoman.dialects.rescale.fields import Fields
from dragoman.dialects.rescale.ids import storage_uuid, user_letters
from dragoman.dialects.rescale.outputs import DEFAULT_FILTERS
from dragoman.dialects.rescale.read import read_letter
from dragoman.dialects.rescale.roles import type_of
from dragoman.dialects.rescale.states import Status, job_words

Json = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_date(at: int | None) -> str | None:
    """Microseconds since 1970 as 2014-11-12T22:20:09.596996Z."""
    if at is None:
        return None
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds")[:-6] + "Z"


def write_status(status: Status) -> Json:
    """A job's or a cluster's status."""
    return {"status": status.word, "statusDate": write_date(status.at), "statusReason": status.reason}


def write_file(view: FileView, *, origin: str) -> Json:
    """A file. ``encodedEncryptionKey`` only informs: contents are always served in the clear."""
    file = view.file
    return {
        "typeId": type_of(file.role),
        "name": file.name,
        "dateUploaded": write_date(file.created_at),
        "relativePath": file.relative_path,
        "encodedEncryptionKey": b64encode(sha256(file.alias.encode()).digest()).decode(),
        "downloadUrl": f"{origin}/api/v2/files/{file.alias}/contents/",
        "sharedWith": list(view.shared_with),
        "decryptedSize": file.size,
        "owner": view.owner.email,
        "path": _storage_path(view),
        "isUploaded": True,
        "viewInBrowser": file.is_text,
        "isDeleted": file.deleted_at is not None,
        "id": file.alias,
        "md5": file.md5,
        "fileChecksums": [{"hashFunction": "sha512", "fileHash": file.sha512}],
    }


def _storage_path(view: FileView) -> str:
    file, home = view.file, f"user/user_{user_letters(view.file.owner_id)}"
    if view.job_alias:
        return f"{home}/output/job_{view.job_alias}/run{view.run_number}/{file.relative_path}"
    stem, dot, extension = file.name.rpartition(".")
    return f"{home}/{stem or extension}-{storage_uuid(file.alias)}{dot + extension if stem else ''}"


def write_job(view: JobView, *, origin: str) -> Json:
    """The full job: the request it came with, completed by what was made of it."""
    job, letter = view.job, read_letter(view.job.letter)
    filters = letter.get("resourceFilters")
    files = {alias: write_file(file, origin=origin) for alias, file in view.files.items()}
    analyses = zip(letter["jobanalyses"], job.notes["resolved"], strict=True)
    return {
        "id": job.alias,
        "name": job.name,
        "owner": view.owner.email,
        "dateInserted": write_date(job.created_at),
        "projectId": job.notes["projectId"],
        "description": job.notes["description"],
        "tags": write_tags(job.notes["tags"]),
        "sharedWith": list(view.shared_with),
        "isLowPriority": job.notes["isLowPriority"],
        "billingPriorityValue": letter.get("billingPriorityValue") or "INSTANT",
        "monteCarloIterations": None,
        "paramFile": None,
        "caseFile": None,
        "optimizer": None,
        "expectedRuns": None,
        "includeNominalRun": False,
        "isTemplateDryRun": False,
        "remoteVizConfig": None,
        "jobvariables": [],
        "archiveFilters": letter.get("archiveFilters") or [],
        "resourceFilters": DEFAULT_FILTERS if filters is None else filters,
        "jobanalyses": [write_analysis(asked, resolved, files) for asked, resolved in analyses],
    }


def write_analysis(asked: Mapping[str, Any], resolved: Mapping[str, Any], files: Mapping[str, Json]) -> Json:
    """One entry of ``jobanalyses``; ``resolved`` holds its analysis and hardware as they were understood."""
    return {
        "command": str(asked["command"]),
        "useMpi": Fields(asked).flag("useMpi"),
        "envVars": asked.get("envVars"),
        "useRescaleLicense": Fields(asked).flag("useRescaleLicense"),
        "onDemandLicenseSeller": asked.get("onDemandLicenseSeller"),
        "userDefinedLicenseSettings": asked.get("userDefinedLicenseSettings"),
        "flags": asked.get("flags") or {},
        "templateTasks": [],
        "preProcessScript": _script(asked.get("preProcessScript"), files),
        "preProcessScriptCommand": str(asked.get("preProcessScriptCommand") or ""),
        "postProcessScript": _script(asked.get("postProcessScript"), files),
        "postProcessScriptCommand": str(asked.get("postProcessScriptCommand") or ""),
        "analysis": resolved["analysis"],
        "hardware": resolved["hardware"],
        "inputFiles": [_input(item, files) for item in asked.get("inputFiles") or ()],
    }


def _script(asked: Mapping[str, Any] | None, files: Mapping[str, Json]) -> Json | None:
    return None if asked is None else _file(asked, files)


def _input(asked: Mapping[str, Any], files: Mapping[str, Json]) -> Json:
    # How it is unpacked is told only where the request told it, as the first published answers have it.
    told = {"decompress": asked["decompress"], "inputFileType": "REMOTE"} if "decompress" in asked else {}
    return _file(asked, files) | told


def _file(asked: Mapping[str, Any], files: Mapping[str, Json]) -> Json:
    alias = str(asked["id"]).strip()
    return files.get(alias) or {"id": alias, "isDeleted": True}


def write_listed_job(view: ListedJob) -> Json:
    """A job as lists show it."""
    job = view.job
    word, cluster_word = job_words(job)
    return {
        "id": job.alias,
        "name": job.name,
        "owner": view.owner.email,
        "dateInserted": write_date(job.created_at),
        "analysisNames": [resolved["analysis"]["name"] for resolved in job.notes["resolved"]],
        "jobStatus": _label(word, shines=word == "Executing"),
        "clusterStatusDisplay": _label(cluster_word, shines=cluster_word == "Started" and job.state is JobState.OPEN),
        "sharedWith": list(view.shared_with),
        "storage": job.input_bytes + job.output_bytes,
        "isVisible": True,
    }


def _label(word: str, *, shines: bool) -> Json:
    return {"content": word, "labelClass": "label-success" if shines else "", "useLabel": shines}


def write_tags(tags: Iterable[str]) -> list[Json]:
    """Tags, each with the form that equal tags share."""
    return [{"name": tag, "normalizedName": tag.lower()} for tag in tags]


def write_share(email: str) -> Json:
    """The answer to sharing; there are no support desks here."""
    return {"recipient": email, "supportDesk": None}
