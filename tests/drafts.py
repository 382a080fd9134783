"""Jobs as they are stored before anybody submits them, made without a database."""

from typing import Any

from dragoman.core.job import NO_WORKLOAD, Job
from dragoman.core.states import Cause, JobState, Wish


def stored_draft(*, door: str, alias: str, **values: Any) -> Job:
    """A draft of the first account's, with these values in place of empty ones."""
    usual: dict[str, Any] = {
        "id": 1,
        "owner_id": 1,
        "name": alias,
        "state": JobState.DRAFT,
        "outcome": None,
        "cause": Cause.NONE,
        "reason": "",
        "progress": None,
        "wish": Wish.NONE,
        "notes": {},
        "input_bytes": 0,
        "output_bytes": 0,
        "runs": 0,
        "created_at": 0,
        "updated_at": 0,
        "submitted_at": None,
        "ended_at": None,
        "letter": "",
        "workload": NO_WORKLOAD,
    }
    return Job(**{**usual, "door": door, "alias": alias, **values})
