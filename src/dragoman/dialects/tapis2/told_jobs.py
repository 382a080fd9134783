"""What happens to jobs, for those who follow what these are on, or anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.notices import Story
from dragoman.core.things import Account
from dragoman.core.topics import EVENT_SEQ, JOB, JOB_ALIAS, JOB_OF_APP, JOB_ON_SYSTEM, Noted
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.event_words import JOBS_OF_APPS, JOBS_OF_SYSTEMS
from dragoman.dialects.tapis2.job_facts import Told
from dragoman.dialects.tapis2.job_happenings import happened
from dragoman.dialects.tapis2.notices import body

_WORDS: Mapping[str, Mapping[str, str]] = {JOB_ON_SYSTEM: JOBS_OF_SYSTEMS, JOB_OF_APP: JOBS_OF_APPS}
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
        self._stories: dict[str, tuple[Story, str]] = {}

    async def said(self, one: Noted) -> list[Said]:
        """What has happened to the job of a note, in the words for what the note is about."""
        story, seq = await self.story(one), one.item.detail[EVENT_SEQ]
        of_it = [told for told in happened(story) if told.seq == seq]
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
        whole = body(story, told, self.tenant)
        sees_all = self._account.is_admin or owner == self._account.name
        return whole if sees_all else {name: whole[name] for name in _PUBLIC}

    async def _of(self, one: Noted) -> tuple[Story, str]:
        alias = str(one.item.detail[JOB_ALIAS])
        if alias not in self._stories:
            self._stories[alias] = await self._desk.topics.story(DOOR, alias)
        return self._stories[alias]
