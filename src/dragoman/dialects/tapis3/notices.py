"""Tells subscribers of a job what happened to it: the bodies of notices, as published. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid4, uuid5

from dragoman.config import Settings
from dragoman.core.notices import EMAIL, WEBHOOK, Notice, Render, Story, Subscription
from dragoman.dialects.tapis3.history import TARGETS, Told, tell
from dragoman.dialects.tapis3.job_facts import facts
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.times import iso

HEADERS = {"Content-Type": "application/json", "User-Agent": "Tapis/v3"}
METHODS: Mapping[str, str] = {word: method for method, word in TARGETS.items()}


def notices(settings: Settings) -> Render:
    """How this door tells of jobs."""
    site, tenant = settings.realm.site, settings.realm.tenant

    def render(story: Story, subscription: Subscription) -> Sequence[Notice]:
        told = tell(facts(story.job, story.run, story.events), story.events)
        news = [
            (place, one)
            for place, one in enumerate(told, 1)
            if one.seq > subscription.told and wanted(subscription.filter, one)
        ]
        job = Subject(uuid=story.job.alias, site=site, tenant=tenant)
        return [
            notice for place, one in news for notice in _to_all(one, subscription, job=job, place=place, now=story.now)
        ]

    return render


def wanted(event_filter: str, told: Told) -> bool:
    """Whether a subscription with this filter wants to know."""
    return event_filter in ("ALL", told.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The job that a notice is about, and where it is."""

    uuid: str
    site: str
    tenant: str


def _to_all(told: Told, subscription: Subscription, *, job: Subject, place: int, now: int) -> list[Notice]:
    event = write_event(told, job, place=place, now=now)
    return [
        Notice(
            seq=told.seq,
            target=target,
            title=f"Tapis v3 notification. Event type: {event['type']} subject: {job.uuid}",
            body=json.dumps(
                {
                    "uuid": str(uuid4()),
                    "tenant": job.tenant,
                    "subscriptionName": subscription.name,
                    "eventUuid": event["uuid"],
                    "event": event,
                    "deliveryTarget": {"deliveryMethod": TARGETS[target.method], "deliveryAddress": target.address},
                    "created": iso(now),
                }
            ),
            headers=HEADERS,
        )
        for target in subscription.targets
        if target.method in (WEBHOOK, EMAIL)
    ]


def write_event(told: Told, job: Subject, *, place: int, now: int) -> Json:
    """An event of a job, ``place`` counting them from 1; its id is the same for all that are told of it."""
    return {
        "source": f"{job.site}/jobs",
        "type": f"jobs.{told.event}.{told.detail}",
        "subject": job.uuid,
        "data": told.text,
        "seriesId": job.uuid,
        "timestamp": iso(told.at),
        "deleteSubscriptionsMatchingSubject": told.is_end,
        "endSeries": told.is_end,
        "tenant": job.tenant,
        "user": "jobs",
        "received": iso(now),
        "uuid": str(uuid5(NAMESPACE_URL, f"{job.uuid}/{place}")),
        "seriesSeqCount": place,
    }
