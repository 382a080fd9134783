"""Writes runs, and what is seen of them while they execute, as this door's JSON. Pure."""

from typing import Any

from dragoman.core.job import Run
from dragoman.dialects.rescale.write import write_date

Json = dict[str, Any]


def write_run(run: Run) -> Json:
    """A run; ``exitCode`` is ours, and None until its command ended by itself."""
    return {
        "id": str(run.number),
        "displayOrder": run.number,
        "type": 3,
        "parent": None,
        "isOptimal": False,
        "variables": list(run.variables),
        "dateStarted": write_date(run.started_at),
        "dateCompleted": write_date(run.ended_at),
        "outputFileCount": run.output_count,
        "outputFileSize": run.output_bytes if run.ended_at else None,
        "exitCode": run.exit_code,
    }


def write_instance(run: Run, *, cluster: str, system: str) -> Json:
    """The node on which a run executes. Nobody may log in to it, so it tells no addresses."""
    return {
        "clusterId": cluster,
        "id": f"{cluster}{run.number}",
        "dateStarted": write_date(run.started_at),
        "instanceGroup": "compute0",
        "isBehindNat": True,
        "privateHostname": system,
        "privateIp": None,
        "publicHostname": None,
        "publicIp": None,
        "role": "CUSTOM",
        "sshPort": None,
        "supportedServices": [],
        "tenancy": "default",
        "username": None,
    }


def write_path(job_alias: str, number: int, path: str) -> Json:
    """A file of a run in progress; a name that is no UTF-8 is shown as its output will be."""
    path = path.encode(errors="surrogateescape").decode(errors="replace")
    return {"path": path, "resource": f"/api/jobs/{job_alias}/runs/{number}/tail/{path}"}


def write_tail(job_alias: str, path: str, content: bytes) -> Json:
    """The end of a file of a run in progress, line by line, and what kind of file it is."""
    return {
        "fileType": f"/home/job_{job_alias}/work/{path}: {kind_of(content)}",
        "lines": content.decode(errors="replace").splitlines(),
    }


def kind_of(content: bytes) -> str:
    """What ``file`` would say, as far as clients can want to know."""
    if not content:
        return "empty"
    try:
        content.decode()
    except UnicodeDecodeError:
        return "data"
    if b"\0" in content:
        return "data"
    return "ASCII text" if content.isascii() else "UTF-8 Unicode text"
