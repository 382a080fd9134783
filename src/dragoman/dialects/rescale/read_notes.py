"""Reads what may be changed about a job after it was created: its name and notes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Conflict, Invalid
from dragoman.dialects.rescale.fields import Fields

NAME_BYTES = 1000
MOST_TAGS = 100

NOTES: Mapping[str, Any] = {"description": "", "projectId": None, "tags": [], "isLowPriority": False}
"""What may be changed, as it is when nobody says anything."""

DEFINITION = (
    "jobanalyses",
    "resourceFilters",
    "archiveFilters",
    "paramFile",
    "caseFile",
    "jobvariables",
    "monteCarloIterations",
    "includeNominalRun",
    "isTemplateDryRun",
    "optimizer",
)
"""What a job does; fixed when it is created."""


def read_notes(body: Fields) -> dict[str, Any]:
    """What a request says of the things that may be changed later; only those it names."""
    notes: dict[str, Any] = {}
    if "description" in body:
        notes["description"] = body.text("description")
    if "isLowPriority" in body:
        notes["isLowPriority"] = body.flag("isLowPriority")
    if "projectId" in body:
        notes["projectId"] = None
        if project := body.text("projectId"):
            body.fault("projectId", f'There is no project "{project}": leave projectId out.')
    if "tags" in body:
        notes["tags"] = _read_tags(body)
    return notes


def read_tag(body: Fields, key: str = "name") -> str:
    """The name of a tag."""
    return body.text(key, required=True, most=NAME_BYTES)


def _read_tags(body: Fields) -> list[str]:
    given = body.get("tags")
    if 0 < body.count("tags") <= MOST_TAGS:
        given = [{"name": tag} if isinstance(tag, str) else tag for tag in given]
    tags = [read_tag(item) for item in Fields({"tags": given}, faults=body.faults).children("tags", most=MOST_TAGS)]
    return list(dict.fromkeys(tags))


def read_changes(asked: Any, shown: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The new name, if any, and the new notes that a request wants; ``shown`` is the job as it is answered now.

    Raises Invalid for wrong values, and Conflict when it wants something else of what the job does.
    """
    body = Fields(asked)
    name = body.text("name", required=True, most=NAME_BYTES) if "name" in body else None
    notes = read_notes(body)
    if body.faults:
        raise Invalid(body.faults)
    if other := [key for key in DEFINITION if key in body and (body.get(key) or None) != (shown.get(key) or None)]:
        raise Conflict(f"{', '.join(other)} cannot be changed:", hint="create a new job that does what is wanted.")
    return name, notes


def with_tag(tags: Sequence[str], tag: str) -> list[str]:
    """The tags with one more, unless an equal one is there. Raises Invalid when there are too many."""
    if tag.lower() in {one.lower() for one in tags}:
        return list(tags)
    if len(tags) >= MOST_TAGS:
        raise Invalid.field("name", why=f"A job has at most {MOST_TAGS} tags.")
    return [*tags, tag]


def without_tag(tags: Sequence[str], tag: str) -> list[str]:
    """The tags that differ from one."""
    return [one for one in tags if one.lower() != tag.lower()]
