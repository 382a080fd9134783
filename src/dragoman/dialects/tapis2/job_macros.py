"""What the macros of a job stand for: in its wrapper, in scheduler directives, and in its archive path. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.dialects.tapis2.amounts import clock
from dragoman.dialects.tapis2.times import iso
from dragoman.dialects.tapis2.write_file import in_address

Json = Mapping[str, Any]


def path_macros(job: Json, created_at: int) -> dict[str, str]:
    """The macros of an archive path, by their short names and the long ones."""
    short = {
        "APP_ID": job["appId"],
        "EXECUTION_SYSTEM": job["systemId"],
        "BATCH_QUEUE": job["queue"],
        "JOB_NAME": job["slug"],
        "JOB_ID": job["uuid"],
        "JOB_NODE_COUNT": str(job["nodeCount"]),
        "JOB_PROCESSORS_PER_NODE": str(job["processorsPerNode"]),
        "JOB_MEMORY_PER_NODE": f"{job['memoryPerNode']:g}",
        "JOB_CREATED_TIME": iso(created_at),
        "OWNER": job["owner"],
    }
    long = {f"AGAVE_{name}" if name.startswith("JOB_") else f"AGAVE_JOB_{name}": text for name, text in short.items()}
    return {**short, **long}


def macros(job: Json, *, name: str, queue: str, base: str, tenant: str, created_at: int) -> dict[str, str]:
    """The macros of a wrapper."""
    length = job["maxSeconds"] or 0
    archive = f"{base}/files/v2/media/system/{job['archiveSystem']}/{in_address(job['archivePath'])}"
    cores = str(job["processorsPerNode"])
    return {
        "AGAVE_JOB_NAME": job["slug"],
        "IPLANT_JOB_NAME": job["slug"],
        "AGAVE_JOB_NAME_RAW": name,
        "AGAVE_JOB_ID": job["uuid"],
        "AGAVE_JOB_APP_ID": job["appId"],
        "AGAVE_JOB_EXECUTION_SYSTEM": job["systemId"],
        "AGAVE_JOB_BATCH_QUEUE": job["queue"],
        "AGAVE_JOB_BATCH_QUEUE_EFFECTIVE_NAME": queue,
        "AGAVE_JOB_SUBMIT_TIME": iso(created_at),
        "AGAVE_JOB_ARCHIVE": "1" if job["archive"] else "",
        "AGAVE_JOB_ARCHIVE_SYSTEM": job["archiveSystem"],
        "AGAVE_JOB_ARCHIVE_PATH": job["archivePath"],
        "AGAVE_JOB_ARCHIVE_URL": archive if job["archive"] else "",
        "AGAVE_JOB_NODE_COUNT": str(job["nodeCount"]),
        "AGAVE_JOB_PROCESSORS_PER_NODE": cores,
        "IPLANT_CORES_REQUESTED": cores,
        "AGAVE_JOB_MEMORY_PER_NODE": f"{job['memoryPerNode']:g}",
        "AGAVE_JOB_MAX_RUNTIME": clock(job["maxSeconds"]) or "",
        "AGAVE_JOB_MAX_RUNTIME_SECONDS": str(length),
        "AGAVE_JOB_MAX_RUNTIME_MILLISECONDS": str(length * 1000),
        "AGAVE_JOB_WORK_PATH": job["hostPath"],
        "AGAVE_JOB_OWNER": job["owner"],
        "AGAVE_JOB_TENANT": tenant,
        "AGAVE_BASE_URL": base,
    }
