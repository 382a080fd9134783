"""Starts copies of jobs because of events: the same request, with the event's variables around its wrapper."""

import json

from dragoman.config import Settings
from dragoman.core.starts import Copy, Starter
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis2.door import DOOR, Asking
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES
from dragoman.dialects.tapis2.read_job import read_job
from dragoman.dialects.tapis2.submit import start


def starter(desk: Desk, settings: Settings) -> Starter:
    """Makes and starts copies of this door's jobs."""

    async def start_copy(wanted: Copy) -> None:
        who = Identity(account=wanted.owner)
        if not await desk.hosted_jobs.has(who, DOOR, wanted.alias):
            stored = (await desk.hosted_jobs.find(who, DOOR, wanted.of)).job
            owner = Asking(caller=who, desk=desk, settings=settings, base=stored.notes[ATTRIBUTES]["base"])
            asked = read_job(json.loads(stored.letter), is_form=True)
            await start(owner, asked, uuid=wanted.alias, variables=wanted.variables)

    return start_copy
