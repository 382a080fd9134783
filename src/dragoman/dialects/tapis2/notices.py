"""Tells subscribers of a job what happened to it: requests with its JSON, and mails. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from dragoman.config import Settings
from dragoman.core.job import Run
from dragoman.core.notices import ALTERNATIVE, EMAIL, Notice, Render, Story, Subscription, Target
from dragoman.dialects.tapis2.amounts import clock
from dragoman.dialects.tapis2.envelope import text
from dragoman.dialects.tapis2.ids import Thing
from dragoman.dialects.tapis2.job_facts import Told, facts
from dragoman.dialects.tapis2.job_happenings import callback, called, happened, is_said
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS, ENDS
from dragoman.dialects.tapis2.policies import DEFAULT, pauses
from dragoman.dialects.tapis2.subscribing import PERSISTENT, POLICY
from dragoman.dialects.tapis2.template import HEARTBEAT
from dragoman.dialects.tapis2.write_job import archive_data, write_job

Json = dict[str, Any]

_MACRO = re.compile(r"\$\{([A-Za-z_]+)\}")
_ALIASES: Mapping[str, str] = {
    "endTime": "ended",
    "executionSystem": "systemId",
    "localId": "remoteJobId",
    "batchQueue": "remoteQueue",
    "submitTime": "remoteSubmitted",
    "startTime": "remoteStarted",
    "uuid": "id",
}
"""Names of old, by those of today."""


def notices(settings: Settings) -> Render:
    """How this door tells of jobs."""
    tenant = settings.realm.tenant

    def render(story: Story, subscription: Subscription) -> Sequence[Notice]:
        wanted = [one for one in happened(story) if called(subscription.filter, one)]
        if not subscription.words.get(PERSISTENT):
            wanted = [one for one in wanted if one.at >= subscription.created_at][:1]
        new = [(one, called(subscription.filter, one)) for one in wanted if one.seq > subscription.told]
        return [notice(story, subscription, one, event=event, tenant=tenant) for one, event in new]

    return render


def notice(story: Story, subscription: Subscription, one: Told, *, event: str, tenant: str) -> Notice:
    """What is sent of an event."""
    target, job = subscription.targets[0], body(story, one, tenant)
    values = macros(job, story, event)
    is_mail = target.method == EMAIL
    said = next((callback(event) for event in story.events if event.seq == one.seq and is_said(event)), None)
    said = None if one.status == HEARTBEAT else said
    written = mail(job, values, event) if is_mail else text(job, pretty=False)
    return posted(
        subscription,
        seq=one.seq,
        target=Target(method=target.method, address=resolved(target.address, values, encoded=not is_mail)),
        title=f"Job {story.job.alias} {'published' if said else 'received'} a {event} event{'.' if said else ''}",
        body=text(said, pretty=is_mail) if said else written,
    )


def posted(subscription: Subscription, *, seq: int, target: Target, title: str, body: str) -> Notice:
    """A notice in the envelope of this door."""
    return Notice(
        seq=seq,
        target=target,
        title=title,
        body=body,
        headers={
            "Content-Type": ALTERNATIVE if target.method == EMAIL else "application/json",
            "User-Agent": f"Agave-Hookbot/{subscription.alias.partition('-')[0]}",
            "X-Agave-Delivery": f"{uuid4()}-{Thing.ATTEMPT}",
            "X-Agave-Notification": subscription.alias,
        },
        line=subscription.alias,
        pauses=pauses({**DEFAULT, **subscription.words.get(POLICY, {})}),
    )


def body(story: Story, one: Told, tenant: str) -> Json:
    """The job as it was when that happened, by the names of today and of old."""
    so_far = [event for event in story.events if event.seq <= one.seq]
    run: Run | None = story.run
    kept = story.job.notes["attributes"]
    then = facts(story.job, run, so_far)
    job = write_job(then, owner=kept["owner"], tenant=tenant, base=kept["base"])
    if one.is_move:
        job |= {"status": one.status, "lastStatusMessage": one.description}
    if one.is_move and one.status not in ENDS:
        job |= {"ended": None, "remoteOutcome": job["remoteOutcome"] if then.moments.ended else None}
    old = {name: job[key] for name, key in _ALIASES.items()}
    length = clock(kept["maxSeconds"])
    return {**job, **old, "error_message": DESCRIPTIONS.get(one.status, one.description), "maxRunTime": length}


def macros(job: Mapping[str, Any], story: Story, event: str) -> dict[str, str]:
    """What the macros of an address stand for."""
    then, kept = facts(story.job, story.run, story.events), story.job.notes["attributes"]
    archived = f"{kept['base']}/{archive_data(then)}"
    path = kept["archivePath"] if kept["archive"] else ""
    error = job["lastStatusMessage"] if job["status"] == "FAILED" else ""
    length = kept["maxSeconds"] or 0
    values: dict[str, Any] = {
        "UUID": job["id"],
        "EVENT": event,
        "OWNER": job["owner"],
        "JOB_ID": job["id"],
        "JOB_NAME": job["name"],
        "JOB_STATUS": job["status"],
        "JOB_URL": job["_links"]["self"]["href"],
        "JOB_OWNER": job["owner"],
        **dict.fromkeys(("JOB_SYSTEM", "JOB_EXECUTION_SYSTEM"), job["systemId"]),
        **dict.fromkeys(("JOB_APP_ID", "JOB_APPID", "APP_ID"), job["appId"]),
        **dict.fromkeys(("JOB_SUBMIT_TIME", "JOB_SUBMITTIME"), job["remoteSubmitted"]),
        **dict.fromkeys(("JOB_START_TIME", "JOB_STARTTIME"), job["remoteStarted"]),
        **dict.fromkeys(("JOB_END_TIME", "JOB_ENDTIME"), job["ended"]),
        **dict.fromkeys(("JOB_ARCHIVE_PATH", "JOB_ARCHIVEPATH"), path),
        **dict.fromkeys(("JOB_ARCHIVE_URL", "JOB_ARCHIVEURL"), archived),
        "JOB_BATCH_QUEUE": kept["queue"],
        "JOB_CREATED": job["created"],
        "JOB_ERROR": error,
        "JOB_ARCHIVE": "true" if job["archive"] else "false",
        "JOB_ARCHIVE_SYSTEM": job["archiveSystem"],
        "JOB_TENANT": job["tenantId"],
        "JOB_NODE_COUNT": job["nodeCount"],
        "JOB_PROCESSORS_PER_NODE": job["processorsPerNode"],
        "JOB_MEMORY_PER_NODE": job["memoryPerNode"],
        "JOB_MAX_RUNTIME": job["maxRunTime"],
        "JOB_MAX_RUNTIME_MILLISECONDS": length * 1000,
        "JOB_LOCAL_ID": job["remoteJobId"],
        "JOB_OUTPUT_PATH": job["workPath"],
        "JOB_INPUTS": text(job["inputs"], pretty=False),
        "JOB_PARAMETERS": text(job["parameters"], pretty=False),
        **dict.fromkeys(("JOB_JSON", "RAW_JSON"), text(dict(job), pretty=False)),
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


def resolved(address: str, values: Mapping[str, str], *, encoded: bool) -> str:
    """The address with what its macros stand for; an unknown name stays as it is."""

    def put(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        return quote(values[match[1]], safe="") if encoded else values[match[1]]

    return _MACRO.sub(put, address)


def mail(job: Mapping[str, Any], values: Mapping[str, str], event: str) -> str:
    """What a mail says."""
    lines = {
        "Name": job["name"],
        "ID": job["id"],
        "App ID": job["appId"],
        "Execution System": job["systemId"],
        "Message": job["lastStatusMessage"],
        "Submit Time": job["remoteSubmitted"],
        "Start Time": job["remoteStarted"],
        "End Time": job["ended"],
        "Output Path": values["JOB_ARCHIVE_PATH"] or job["workPath"],
        "Output URL": values["JOB_ARCHIVE_URL"],
    }
    told = "".join(f"{name}: {'' if value is None else value}\n" for name, value in lines.items())
    return f'The status of job {job["id"]}, "{job["name"]}," has changed to {event}.\n\n{told}'
