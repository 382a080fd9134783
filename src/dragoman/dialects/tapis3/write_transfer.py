"""Writes transfers as this door shows them. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.paths import read_address, shown
from dragoman.core.transfers import Part, Tally, TransferState, TransferView
from dragoman.dialects.tapis3.read_transfer import SCHEME
from dragoman.dialects.tapis3.times import iso

STATES: Mapping[TransferState, str] = {
    TransferState.ACCEPTED: "ACCEPTED",
    TransferState.STAGED: "STAGED",
    TransferState.IN_PROGRESS: "IN_PROGRESS",
    TransferState.COMPLETED: "COMPLETED",
    TransferState.FAILED: "FAILED",
    TransferState.FAILED_OPTIONAL: "FAILED_OPT",
    TransferState.CANCELLED: "CANCELLED",
}


def correlation(job: str, tag: str) -> str:
    """What a transfer that a job needs is tagged with, and the job shows as its correlation."""
    return f"{job}.{tag}"


def write_transfer(
    view: TransferView, *, user: str, tenant: str, tallied: bool = False, details: bool = False
) -> dict[str, Any]:
    """A transfer; how far it has come only when that was asked for, and its parts only in detail."""
    transfer, tally = view.transfer, view.tally if tallied else Tally()
    same = {"tenantId": tenant, "username": user}
    return {
        **same,
        "id": transfer.id,
        "uuid": transfer.alias,
        "tag": correlation(view.job, transfer.tag) if view.job else transfer.tag,
        "status": STATES[transfer.state],
        "parentTasks": _parents(view, same) if details else None,
        "estimatedTotalBytes": tally.bytes,
        "totalBytesTransferred": tally.moved,
        "totalTransfers": tally.files,
        "completeTransfers": tally.finished,
        "errorMessage": transfer.message or None,
        **_times(transfer.created_at, transfer.started_at, transfer.ended_at),
    }


def write_job_summary(view: TransferView) -> dict[str, Any]:
    """How far a transfer has come, as the history of a job tells it."""
    transfer, tally = view.transfer, view.tally
    times = _times(transfer.created_at, transfer.started_at, transfer.ended_at)
    return {
        "uuid": transfer.alias,
        "status": STATES[transfer.state],
        "estimatedTotalBytes": tally.bytes,
        "totalBytesTransferred": tally.moved,
        "completeTransfers": tally.finished,
        "totalTransfers": tally.files,
        "errorMessage": transfer.message or None,
        **{key: value or "" for key, value in times.items()},
    }


def _parents(view: TransferView, same: Mapping[str, str]) -> list[dict[str, Any]]:
    children: dict[int | None, list[dict[str, Any]]] = {}
    for part in view.files:
        own = {"parentTaskId": part.parent_id, "retries": part.retries, "dir": part.is_directory}
        shown_part = _part(part, total=part.total_bytes, moved=part.moved_bytes)
        children.setdefault(part.parent_id, []).append({**same, **shown_part, **own})
    return [
        {**same, **_part(part, total=tally.bytes, moved=tally.moved), "children": children.get(part.id, [])}
        for part, tally in view.elements
    ]


def _part(part: Part, *, total: int, moved: int) -> dict[str, Any]:
    return {
        "id": part.id,
        "uuid": part.alias,
        "taskId": part.transfer_id,
        "sourceURI": write_address(part.source),
        "destinationURI": write_address(part.target),
        "optional": part.optional,
        "status": STATES[part.state],
        "totalBytes": total,
        "bytesTransferred": moved,
        "errorMessage": part.message or None,
        **_times(part.created_at, part.started_at, part.ended_at),
    }


def write_address(kept: str) -> str:
    """A kept address as people write it."""
    place = read_address(kept)
    return kept if place is None else f"{SCHEME}://{place[0]}{shown(place[1])}"


def _times(created: int, started: int | None, ended: int | None) -> dict[str, str | None]:
    return {
        "created": iso(created),
        "startTime": None if started is None else iso(started),
        "endTime": None if ended is None else iso(ended),
    }
