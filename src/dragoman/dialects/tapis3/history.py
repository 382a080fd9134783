"""Tells the life of a job from its events, in the words of this door. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.job import Event
from dragoman.core.notices import ADDED, EMAIL, SAID, SHARE, SUBSCRIPTION, TRANSFER, WEBHOOK, Trouble, read_shared
from dragoman.core.states import RunState
from dragoman.core.transfers import APP, ARCHIVE, INPUTS, TransferState
from dragoman.dialects.tapis3.job_facts import JobFacts, facts
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.job_states import STATUSES, TERMINAL
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.write_job import remote_facts
from dragoman.dialects.tapis3.write_transfer import STATES

NEW_STATUS, ERROR = "JOB_NEW_STATUS", "JOB_ERROR_MESSAGE"
FINAL_MESSAGE = "FINAL_MESSAGE"
UNDELIVERED = "undelivered"
TARGETS: Mapping[str, str] = {WEBHOOK: "WEBHOOK", EMAIL: "EMAIL", "queue": "QUEUE", "actor": "ACTOR"}
"""This door's words for methods of delivery; nothing is sent by the last two: they are kept and shown."""

_MOVED: Mapping[str, str] = {INPUTS: "inputs", APP: "app", ARCHIVE: "outputs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened to a job, in this door's words."""

    seq: int
    """The event that it tells of."""
    at: int
    """Microseconds since 1970."""
    event: str
    detail: str
    data: Mapping[str, Any] | str
    """Facts, or the text that somebody sent."""
    transfer: str | None = None

    @property
    def text(self) -> str:
        """What is told, as text: JSON, unless somebody sent it."""
        return self.data if isinstance(self.data, str) else json.dumps(self.data)

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self.event == NEW_STATUS and self.detail in TERMINAL


def tell(told: JobFacts, events: Sequence[Event]) -> list[Told]:
    """What happened to a job, oldest first; what is told of an event does not change when others follow."""
    found: list[Told] = []
    last = ""
    for place, event in enumerate(events):
        if event.kind == "move" and event.run_id is not None:
            word = STATUSES[RunState(event.now)]
            found += _status(told, events[: place + 1], word, last) if word != last else ()
            last = word
        elif event.kind in _OTHERS:
            found.append(_OTHERS[event.kind](told, event))
    return found


def tell_troubles(told: JobFacts, troubles: Iterable[Trouble]) -> list[Told]:
    """What of all that could not be brought to whom. Only the history has it: subscribers are not told."""
    return [_lost(told, one, one.at) for one in troubles if one.at is not None]


def _lost(told: JobFacts, one: Trouble, at: int) -> Told:
    word, address = TARGETS[one.target.method], one.target.address
    message = f"Notices to {word} {address} were given up: {one.given_up}. The last: {one.reason}"
    facts_of_it = {"action": UNDELIVERED, "numNotices": one.given_up, "numWaiting": one.waiting}
    target = {"deliveryMethod": word, "deliveryAddress": address}
    data = {**_always(told, message), **facts_of_it, **target}
    return Told(seq=0, at=at, event="JOB_SUBSCRIPTION", detail=UNDELIVERED, data=data)


def _status(told: JobFacts, so_far: Sequence[Event], word: str, last: str) -> list[Told]:
    event = so_far[-1]
    message = f"The job has transitioned to a new status: {word}."
    message += f" The previous job status was {last}." if last else ""
    data = {**_always(told, f"{message} {event.reason}".strip()), "newJobStatus": word, "oldJobStatus": last or None}
    if word not in TERMINAL:
        return [Told(seq=event.seq, at=event.at, event=NEW_STATUS, detail=word, data=data)]
    then = facts(told.job, told.run, so_far)
    ends = {"blockedCount": then.moments.blocked, "condition": then.shown.condition, **remote_facts(then)}
    found = [Told(seq=event.seq, at=event.at, event=NEW_STATUS, detail=word, data={**data, **ends})]
    if word == "FAILED":
        why = {**_always(told, event.reason or message), "jobStatus": word, **ends}
        found.insert(0, Told(seq=event.seq, at=event.at, event=ERROR, detail=FINAL_MESSAGE, data=why))
    return found


def _transfer(told: JobFacts, event: Event) -> Told:
    state = STATES[TransferState(event.now)]
    message = f"The transfer of the job's {_MOVED[event.was]} is {state}."
    data = {**_always(told, message), "transferStatus": state, "transactionId": event.reason}
    word = "JOB_ARCHIVE_TRANSACTION_ID" if event.was == ARCHIVE else "JOB_INPUT_TRANSACTION_ID"
    return Told(seq=event.seq, at=event.at, event=word, detail=state, data=data, transfer=event.reason)


def _subscription(told: JobFacts, event: Event) -> Told:
    message = f"Subscriptions to the job were {event.now}: {event.reason}."
    data = {**_always(told, message), "action": event.now, "numSubscriptions": int(event.reason)}
    return Told(seq=event.seq, at=event.at, event="JOB_SUBSCRIPTION", detail=event.now, data=data)


def _share(told: JobFacts, event: Event) -> Told:
    shared, word = read_shared(event.reason), "SHARE" if event.now == ADDED else "UNSHARE"
    kind = f"{word}_{event.was}_READ"
    data = {
        **_always(told, f"{kind} for {shared.grantee}, by {shared.grantor}."),
        "resourceType": event.was,
        "shareType": kind,
        "grantee": shared.grantee,
        "grantor": shared.grantor,
    }
    return Told(seq=event.seq, at=event.at, event="JOB_SHARE_EVENT", detail=kind, data=data)


def _said(_: JobFacts, event: Event) -> Told:
    return Told(seq=event.seq, at=event.at, event="JOB_USER_EVENT", detail=event.was, data=event.reason)


_OTHERS: Mapping[str, Callable[[JobFacts, Event], Told]] = {
    TRANSFER: _transfer,
    SUBSCRIPTION: _subscription,
    SHARE: _share,
    SAID: _said,
}


def _always(told: JobFacts, message: str) -> Json:
    owner = told.attributes["owner"]
    return {"jobName": told.job.name, "jobUuid": told.job.alias, "jobOwner": owner, "message": message}


def write_history(told: Iterable[Told], transfers: Mapping[str, Json] | None = None) -> list[Json]:
    """The history as it is shown; ``transfers`` says, by their ids, how far transfers have come."""
    known = transfers or {}
    return [
        {
            "event": one.event,
            "created": iso(one.at),
            "eventDetail": one.detail,
            "description": one.text,
            "transferTaskUuid": one.transfer,
            "transferSummary": known.get(one.transfer or "", {}),
        }
        for one in told
    ]
