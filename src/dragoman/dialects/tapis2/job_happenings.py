"""What there is to tell of a job, gathered from its history, and by which names. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.core.job import Event
from dragoman.core.notices import AMENDED, APP, ON, SAID, SHARE, Story, read_shared
from dragoman.core.states import Cause, RunState
from dragoman.dialects.tapis2.event_words import (
    EMPTY_STATUS_RESPONSE,
    LOOKED,
    REMOTE_STATUS_CHANGE,
    UNKNOWN_TERMINATION,
)
from dragoman.dialects.tapis2.job_facts import VISIBLE, Told, facts
from dragoman.dialects.tapis2.template import EVENT_NAME, RUNTIME_EVENT

Json = dict[str, Any]

_FIRST = frozenset({"ACCEPTED", "CREATED"})
"""Other names for the first that is to be told."""
_WITH_SCHEDULER = frozenset({RunState.QUEUED, RunState.RUNNING})
_CAUSES: Mapping[Cause, str] = {Cause.LOST: UNKNOWN_TERMINATION, Cause.SCHEDULER: REMOTE_STATUS_CHANGE}


def happened(story: Story) -> list[Told]:
    """What there is to tell, oldest first."""
    moves = [one for one in facts(story.job, story.run, story.events).told if one.is_move]
    shares = [
        Told(
            seq=event.seq,
            at=event.at,
            status="PERMISSION_GRANT" if event.now == "added" else "PERMISSION_REVOKE",
            description=f"{event.was} for {read_shared(event.reason).grantee}",
            is_move=False,
        )
        for event in story.events
        if event.kind == SHARE
    ]
    said = [
        Told(seq=event.seq, at=event.at, status=callback(event)[EVENT_NAME], description=event.reason, is_move=False)
        for event in story.events
        if is_said(event)
    ]
    more = [one for event in story.events if (one := _looked(event) or _others(event))]
    return sorted([*more, *moves, *shares, *said], key=lambda one: one.seq)


def _others(event: Event) -> Told | None:
    """That the app of a live job was switched on or off, or that the job was hidden or is shown again."""
    if event.kind == APP:
        word, line = ("APP_ENABLED", "enabled") if event.now == ON else ("APP_DISABLED", "disabled")
        told = f"The app of this job was {line} by {event.reason}"
    elif event.kind == AMENDED and VISIBLE in (new := json.loads(event.now)):
        word, line = ("RESTORED", "is shown again") if new[VISIBLE] else ("DELETED", "was hidden")
        told = f"This job {line} by {event.reason}"
    else:
        return None
    return Told(seq=event.seq, at=event.at, status=word, description=told, is_move=False)


def _looked(event: Event) -> Told | None:
    """What came out when a job was looked at where it executes, and was neither as before nor plainly at its end."""
    if event.kind != "move" or event.was not in _WITH_SCHEDULER:
        return None
    word = EMPTY_STATUS_RESPONSE if event.now == RunState.SUBMITTING else _CAUSES.get(event.cause, "")
    said = Told(seq=event.seq, at=event.at, status=word, description=LOOKED.get(word, ""), is_move=False)
    return said if word else None


def is_said(event: Event) -> bool:
    """Whether the wrapper of a job has told that while it ran."""
    return event.kind == SAID and event.run_id is not None


def callback(event: Event) -> Json:
    """What a wrapper has told, with the name of its event; what is no callback is told as text."""
    try:
        found = json.loads(event.reason)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {EVENT_NAME: RUNTIME_EVENT, "text": event.reason}
    name = found.get(EVENT_NAME)
    return {**found, EVENT_NAME: name if isinstance(name, str) and name else RUNTIME_EVENT}


def called(wanted: str, one: Told) -> str:
    """How something is called for somebody who wants to hear that; empty when they do not."""
    event = wanted.upper()
    if event in _FIRST and one.status == "PENDING":
        return wanted
    return one.status if event in {"*", one.status.upper()} else ""
