"""Tells those who follow systems, apps, paths or anything what was done: requests with the thing's JSON, and mails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dragoman.config import Settings
from dragoman.core.errors import Denied, NotFound
from dragoman.core.notices import EMAIL, Notice, Subscription, Target
from dragoman.core.things import Identity
from dragoman.core.topics import (
    ANYTHING,
    APP_NAME,
    APP_ON_SYSTEM,
    JOB,
    OF_JOBS,
    SYSTEM_NAME,
    SYSTEM_OF_APP,
    Noted,
    Report,
    Reported,
    Topic,
)
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.envelope import text
from dragoman.dialects.tapis2.event_words import asked
from dragoman.dialects.tapis2.following import BASE
from dragoman.dialects.tapis2.job_facts import Told
from dragoman.dialects.tapis2.job_happenings import called
from dragoman.dialects.tapis2.looks import Seen, seen, seen_of, system_as_seen
from dragoman.dialects.tapis2.notices import notice, posted, resolved
from dragoman.dialects.tapis2.subscribing import PERSISTENT
from dragoman.dialects.tapis2.thing_macros import macros
from dragoman.dialects.tapis2.told_jobs import Jobs, Said
from dragoman.dialects.tapis2.write_app import write_app
from dragoman.dialects.tapis2.write_history import happened, write_event

Json = dict[str, Any]

TRUE_ID = "X-Agave-Associated-Uuid"
"""What a notice is about, where its notification does not say so. A header of ours."""


def reports(desk: Desk, settings: Settings) -> Report:
    """How this door tells of things."""
    tenant = settings.realm.tenant

    async def report(
        topic: Topic, subscriptions: Sequence[Subscription], noted: Sequence[Noted]
    ) -> Mapping[int, Reported] | None:
        if topic.kind == ANYTHING and not topic.owner.is_admin:
            return None
        telling = _Telling(desk, topic, Jobs(desk, topic.owner, tenant))
        try:
            return {one.id: await telling.told(one, noted) for one in subscriptions}
        except Denied:
            return None

    return report


class _Telling:
    """What one who follows a topic is told of its notes. Each thing and each job is looked at once."""

    def __init__(self, desk: Desk, topic: Topic, jobs: Jobs) -> None:
        self._desk, self._topic, self._jobs = desk, topic, jobs
        self._known: dict[tuple[str, int, str, str], Seen | None] = {}

    async def told(self, subscription: Subscription, noted: Sequence[Noted]) -> Reported:
        """What a subscription is told. Raises Denied when its owner may not see the thing any longer."""
        thing = await seen(self._desk, self._topic, subscription)
        once, found = not subscription.words.get(PERSISTENT), list[Notice]()
        for one in noted:
            if one.seq > subscription.told and not (once and found):
                found += await self._notices(subscription, one, thing)
        return Reported(notices=found[:1] if once else found, is_over=once and bool(found))

    async def _notices(self, subscription: Subscription, one: Noted, thing: Seen) -> list[Notice]:
        said = await self._said(one)
        if one.kind == JOB:
            heard = [(each.told, called(subscription.filter, each.told)) for each in said if each.told]
            return [await self._of_job(subscription, one, word, each) for each, word in heard if word]
        wanted = [(word, each) for each in said if (word := asked(subscription.filter, each.word))]
        about = await self._thing(subscription, one) if self._topic.kind == ANYTHING and wanted else thing
        if about is None or not about.sees(one):
            return []
        return [await self._of_thing(subscription, one, about, word, each) for word, each in wanted]

    async def _said(self, one: Noted) -> list[Said]:
        if one.kind in OF_JOBS:
            return await self._jobs.said(one)
        return [Said(word=word, line=line) for word, line in happened(one, self._topic)]

    async def _thing(self, subscription: Subscription, one: Noted) -> Seen | None:
        base = subscription.words[BASE]
        key = (one.kind, one.ref, one.item.version, base)
        if key not in self._known:
            self._known[key] = await seen_of(self._desk, self._topic, one, base=base)
        return self._known[key]

    async def _of_job(self, subscription: Subscription, one: Noted, word: str, told: Told) -> Notice:
        story = await self._jobs.story(one)
        if story.job.door != DOOR:
            return await self._of_foreign_job(subscription, one, word, told)
        made = notice(story, subscription, told, event=word, tenant=self._jobs.tenant)
        return replace(made, seq=one.seq, headers={**made.headers, TRUE_ID: story.job.alias})

    async def _of_foreign_job(self, subscription: Subscription, one: Noted, word: str, told: Told) -> Notice:
        written = await self._jobs.written(one, told)
        job = Seen(noun="job", written=written, uuid=written["id"])
        made = thing_notice(subscription, job, write_event(one.item, (word, told.description)), seq=one.seq)
        return replace(made, headers={**made.headers, TRUE_ID: job.uuid})

    async def _of_thing(self, subscription: Subscription, one: Noted, thing: Seen, word: str, said: Said) -> Notice:
        event = write_event(one.item, (word, said.line))
        more = await self._more(subscription, one, said)
        made = thing_notice(subscription, replace(thing, written={**thing.written, **more}), event, seq=one.seq)
        is_any = self._topic.kind == ANYTHING
        return replace(made, headers={**made.headers, TRUE_ID: thing.uuid}) if is_any else made

    async def _more(self, subscription: Subscription, one: Noted, said: Said) -> Json:
        """The job, the app or the system that has something to do with the thing."""
        if said.told is not None:
            return {"job": await self._jobs.written(one, said.told)}
        if one.kind == SYSTEM_OF_APP:
            return {"system": await self._system(one, subscription.words[BASE])}
        return {"app": await self._app(one, subscription.words[BASE])} if one.kind == APP_ON_SYSTEM else {}

    async def _app(self, one: Noted, base: str) -> Json:
        """An app, as far as who is told may see it."""
        name = str(one.item.detail[APP_NAME])
        try:
            view = await self._desk.apps.find(Identity(account=self._topic.owner), DOOR, name)
        except (NotFound, Denied):
            return {"id": name}
        return write_app(view, door=DOOR, base=base)

    async def _system(self, one: Noted, base: str) -> Json:
        """A system, as far as who is told may see it."""
        name = str(one.item.detail[SYSTEM_NAME])
        return await system_as_seen(self._desk, self._topic.owner, name, base=base) or {"id": name}


def thing_notice(subscription: Subscription, thing: Seen, event: Json, *, seq: int) -> Notice:
    """What is sent of something that was done."""
    body = {**thing.written, "event": event}
    values = macros(thing.noun, body, event, uuid=thing.uuid)
    target = subscription.targets[0]
    is_mail = target.method == EMAIL
    return posted(
        subscription,
        seq=seq,
        target=Target(method=target.method, address=resolved(target.address, values, encoded=not is_mail)),
        title=f"{thing.noun.capitalize()} {values['UUID']} received a {event['status']} event",
        body=_mail(thing, values, event) if is_mail else text(body, pretty=False),
    )


def _mail(thing: Seen, values: Mapping[str, str], event: Json) -> str:
    lines = {
        "Name": thing.written.get("id") or thing.written.get("path") or thing.written["name"],
        "ID": values["UUID"],
        "Owner": values["OWNER"],
        "Event": event["status"],
        "Message": event["description"],
        "Time": event["created"],
        "By": event["createdBy"],
    }
    told = "".join(f"{name}: {'' if value is None else value}\n" for name, value in lines.items())
    return f'The {thing.noun} {values["UUID"]}, "{lines["Name"]}," received a {event["status"]} event.\n\n{told}'
