"""What is kept with a job that runs in directories of people's own, beside what it was started with."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dragoman.core.errors import Conflict
from dragoman.core.job import Job
from dragoman.core.notices import AMENDED
from dragoman.core.ports import Clock, Db
from dragoman.core.states import JobState
from dragoman.core.things import Identity
from dragoman.desk.hosted_jobs import job_for, own_job
from dragoman.store import Connection, events, jobs

Notes = Mapping[str, Any]


class JobNotes:
    """Notes of jobs, which are their door's own."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def note(self, who: Identity, door: str, alias: str, key: str, value: object) -> bool:
        """Keep something with an ended job; False when it was so already. Raises Conflict while it goes on."""
        return await self._db.write(_note, who, door, alias, key=key, value=value, at=self._clock.now())

    async def amend(self, who: Identity, door: str, alias: str, topic: str, new: Mapping[str, object]) -> bool:
        """As ``note``, at any time, and also for somebody that topic of the job was shared with."""
        return await self._db.write(_amend, who, door, alias, topic=topic, new=new, at=self._clock.now())

    async def revise(self, who: Identity, door: str, alias: str, revised: Callable[[Notes], Notes]) -> Job:
        """Give a job other notes, worked out of those that it has, at any time. Raises what ``revised`` does, too."""
        return await self._db.write(_revise, who, door, alias, revised=revised, at=self._clock.now())


def _note(conn: Connection, who: Identity, door: str, alias: str, *, key: str, value: object, at: int) -> bool:
    found = job_for(conn, who, door, alias, "", lock=True)
    if found.state is not JobState.ENDED:
        raise Conflict(f"The job {alias} has not ended.")
    if found.notes.get(key) == value:
        return False
    jobs.change_job(conn, found, name=None, notes={key: value}, at=at)
    return True


def _amend(
    conn: Connection, who: Identity, door: str, alias: str, *, topic: str, new: Mapping[str, object], at: int
) -> bool:
    found = job_for(conn, who, door, alias, topic, lock=True)
    if all(found.notes.get(key) == value for key, value in new.items()):
        return False
    jobs.change_job(conn, found, name=None, notes=new, at=at)
    told = events.new_event(at, kind=AMENDED, now=json.dumps(dict(new)), reason=who.account.name)
    events.add_events(conn, found.id, [told])
    return True


def _revise(
    conn: Connection, who: Identity, door: str, alias: str, *, revised: Callable[[Notes], Notes], at: int
) -> Job:
    found = job_for(conn, who, door, alias, "", lock=True)
    jobs.change_job(conn, found, name=None, notes=revised(found.notes), at=at)
    return own_job(conn, who, door, alias)
