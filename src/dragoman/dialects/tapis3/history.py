"""Tells the life of a job: its history from its events, and the notices that subscribers get of them. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.job import Event
from dragoman.core.states import RunState
from dragoman.dialects.tapis3.job_facts import JobFacts, facts
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.job_states import STATUSES, TERMINAL
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.write_job import remote_facts

NEW_STATUS = "JOB_NEW_STATUS"
INPUTS, ARCHIVE = "JOB_INPUT_TRANSACTION_ID", "JOB_ARCHIVE_TRANSACTION_ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened to a job, in this door's words."""

    at: int
    """Microseconds since 1970."""
    event: str
    detail: str
    data: Mapping[str, Any]
    transfer: str | None = None
    summary: Mapping[str, Any] | None = None

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self.event == NEW_STATUS and self.detail in TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer of files into or out of a job."""

    at: int
    uuid: str
    brings_in: bool
    state: str
    summary: Mapping[str, Any]


def tell(told: JobFacts, events: Iterable[Event], transfers: Sequence[Transfer] = ()) -> list[Told]:
    """What happened to a job, oldest first: one entry for each status it took, and its transfers."""
    found = [*_statuses(told, list(events)), *(_transfer(told, one) for one in transfers)]
    return sorted(found, key=lambda one: one.at)


def _statuses(told: JobFacts, events: Sequence[Event]) -> list[Told]:
    found: list[Told] = []
    last = ""
    for place, event in enumerate(events):
        word = STATUSES[RunState(event.now)] if event.kind == "move" and event.run_id is not None else ""
        if word and word != last:
            so_far = facts(told.job, told.run, events[: place + 1])
            found.append(_new_status(so_far, event, word, last))
            last = word
    return found


def _new_status(told: JobFacts, event: Event, word: str, last: str) -> Told:
    message = f"The job has transitioned to a new status: {word}."
    message += f" The previous job status was {last}." if last else ""
    data = {**_always(told, f"{message} {event.reason}".strip()), "newJobStatus": word, "oldJobStatus": last or None}
    if word in TERMINAL:
        data |= {"blockedCount": told.moments.blocked, "condition": told.shown.condition, **remote_facts(told)}
    return Told(at=event.at, event=NEW_STATUS, detail=word, data=data)


def _transfer(told: JobFacts, one: Transfer) -> Told:
    what = "inputs" if one.brings_in else "outputs"
    message = f"The transfer of the job's {what} is {one.state}."
    data = {**_always(told, message), "transferStatus": one.state, "transactionId": one.uuid}
    event = INPUTS if one.brings_in else ARCHIVE
    return Told(at=one.at, event=event, detail=one.state, data=data, transfer=one.uuid, summary=one.summary)


def _always(told: JobFacts, message: str) -> Json:
    owner = told.attributes["owner"]
    return {"jobName": told.job.name, "jobUuid": told.job.alias, "jobOwner": owner, "message": message}


def other(told: JobFacts, event: str, detail: str, *, at: int, message: str, data: Mapping[str, Any]) -> Told:
    """Something else that happened to a job: a share, a subscription, what somebody sent, an error."""
    return Told(at=at, event=event, detail=detail, data={**_always(told, message), **data})


def write_history(told: Iterable[Told]) -> list[Json]:
    """The history as it is shown."""
    return [
        {
            "event": one.event,
            "created": iso(one.at),
            "eventDetail": one.detail,
            "description": json.dumps(one.data),
            "transferTaskUuid": one.transfer,
            "transferSummary": dict(one.summary or {}),
        }
        for one in told
    ]


def wanted(event_filter: str, told: Told) -> bool:
    """Whether a subscription with this filter wants to know."""
    return event_filter in ("ALL", told.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who gets a notice, and how."""

    name: str
    """The name of the subscription."""
    tenant: str
    target: Mapping[str, str]
    """deliveryMethod and deliveryAddress."""


def write_notice(
    told: Told, subscriber: Subscriber, *, uuid: str, job_uuid: str, event_uuid: str, place: int, source: str, now: int
) -> Json:
    """The body of a notice. ``place`` counts the events of the job from 1; ``source`` is the address of the jobs."""
    return {
        "uuid": uuid,
        "tenant": subscriber.tenant,
        "subscriptionName": subscriber.name,
        "eventUuid": event_uuid,
        "event": {
            **_series(told, job_uuid, place),
            "source": source,
            "tenant": subscriber.tenant,
            "received": iso(now),
            "uuid": event_uuid,
        },
        "deliveryTarget": dict(subscriber.target),
        "created": iso(now),
    }


def _series(told: Told, job_uuid: str, place: int) -> Json:
    return {
        "type": f"jobs.{told.event}.{told.detail}",
        "subject": job_uuid,
        "data": json.dumps(told.data),
        "seriesId": job_uuid,
        "seriesSeqCount": place,
        "timestamp": iso(told.at),
        "deleteSubscriptionsMatchingSubject": told.is_end,
        "endSeries": False,
        "user": "jobs",
    }
