"""What happens to jobs, for those who follow what these are on, or anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import NotFound
from dragoman.core.notices import Story
from dragoman.core.registered import Kind
from dragoman.core.things import Account
from dragoman.core.topics import EVENT_SEQ, JOB, JOB_ALIAS, JOB_DOOR, JOB_OF_APP, JOB_ON_SYSTEM, Noted
from dragoman.desk import Desk
from dragoman.dialects.tapis2 import foreign_jobs
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.event_words import JOBS_OF_APPS, JOBS_OF_SYSTEMS
from dragoman.dialects.tapis2.foreign_jobs import write_foreign
from dragoman.dialects.tapis2.job_facts import Told
from dragoman.dialects.tapis2.job_happenings import happened
from dragoman.dialects.tapis2.notices import body

_WORDS: Mapping[str, Mapping[str, str]] = {JOB_ON_SYSTEM: JOBS_OF_SYSTEMS, JOB_OF_APP: JOBS_OF_APPS}
_HAPPENED: Mapping[str, Callable[[Story], Sequence[Told]]] = {DOOR: happened}
"""By the language of a job; all others are told of in one way."""
_PUBLIC = ("id", "uuid", "owner", "status", "appId", "systemId", "executionSystem", "created", "lastUpdated")
"""What whoever owns a system or an app is told of a job that they may not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that is to be told, in a word and in a line."""

    word: str
    line: str
    told: Told | None = None
    """Where it has happened to a job."""


class Jobs:
    """The jobs of some notes, each read once, for one who is told of them."""

    def __init__(self, desk: Desk, account: Account, tenant: str) -> None:
        self._desk, self._account, self.tenant = desk, account, tenant
        self._stories: dict[tuple[str, str], tuple[Story, str]] = {}

    async def said(self, one: Noted) -> list[Said]:
        """What has happened to the job of a note, in words for what the note is about; none where the job is gone."""
        try:
            story, seq = await self.story(one), one.item.detail[EVENT_SEQ]
        except NotFound:
            return []
        of_it = [told for told in _HAPPENED.get(story.job.door, foreign_jobs.happened)(story) if told.seq == seq]
        if one.kind == JOB:
            return [Said(word=told.status, line=told.description, told=told) for told in of_it]
        words = _WORDS[one.kind]
        return [
            Said(word=words[told.status], line=told.description, told=told) for told in of_it if told.status in words
        ]

    async def story(self, one: Noted) -> Story:
        """The job of a note, and what has happened to it."""
        return (await self._of(one))[0]

    async def written(self, one: Noted, told: Told) -> dict[str, Any]:
        """The job as it was when that happened, as far as who is told may see it."""
        story, owner = await self._of(one)
        sees_all = self._account.is_admin or owner == self._account.name
        if story.job.door != DOOR:
            system = await self._desk.topics.name_of(DOOR, Kind.SYSTEM, story.run.system_id) if story.run else ""
            return write_foreign(story, told, owner=owner, system=system, whole=sees_all)
        whole = body(story, told, self.tenant)
        return whole if sees_all else {name: whole[name] for name in _PUBLIC}

    async def _of(self, one: Noted) -> tuple[Story, str]:
        key = str(one.item.detail.get(JOB_DOOR, DOOR)), str(one.item.detail[JOB_ALIAS])
        if key not in self._stories:
            self._stories[key] = await self._desk.topics.story(*key)
        return self._stories[key]
