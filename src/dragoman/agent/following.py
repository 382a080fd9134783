"""Follows what the engine does to executions, and tells it in the words of the life cycle, each move once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from dragoman.agent.complaint import Complaint
from dragoman.agent.events import CLEANED_UP, MOST_LOG, NAMES, last_execution, last_lines, plugin_event
from dragoman.agent.plate import Plate
from dragoman.agent.workload import DOOR
from dragoman.core.edge import Firing, Told
from dragoman.core.errors import NotFound
from dragoman.core.patience import woken
from dragoman.core.ports import BlobStore, Clock, Db
from dragoman.core.states import RunState, is_final
from dragoman.store import Connection, moves
from dragoman.store.edge import facts, firings, goals, logs, outbox
from dragoman.store.edge.firings import Story

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PLACE = "followed"
"""The fact that says up to which event everything was told."""
PATIENCE = 5.0


class Follower:
    """Tells every move of every execution, in order, also those from before a crash."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        blobs: BlobStore,
        plate: Callable[[], Plate],
        *,
        told: Callable[[list[Told]], None],
        gone: Callable[[Firing], Awaitable[None]],
        ended: Callable[[], None],
    ) -> None:
        self._db, self._clock, self._blobs, self._plate = db, clock, blobs, plate
        self._told, self._gone, self._ended = told, gone, ended
        self._wake = asyncio.Event()

    def hint(self) -> None:
        """The engine has moved something."""
        self._wake.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        complaint = Complaint(log, "what became of plugins cannot be told now")
        while True:
            try:
                while await self._follow():
                    pass
                complaint.calm()
            except Exception as error:  # noqa: BLE001 - whatever it was, the node must go on
                complaint.say(error)
            await woken(self._wake, PATIENCE)

    async def _follow(self) -> bool:
        after = await self._db.read(facts.get_fact, PLACE) or 0
        stories = await self._db.read(firings.stories, DOOR, after)
        if not stories:
            return False
        tails: dict[int, str] = {}
        for story in stories:
            if is_final(story.now):
                await self._bury(story)
                tails[story.number] = await asyncio.to_thread(self._tail, story)
        told = await self._db.write(_tell, stories, tails, self._plate(), at=self._clock.now())
        self._told(told)
        if tails:
            self._ended()
        return True

    async def _bury(self, story: Story) -> None:
        """Nothing of it may be left when its plugin may begin again."""
        firing = await self._db.read(firings.find_firing, job_id=story.job_id)
        if firing is not None:
            await self._gone(firing)

    def _tail(self, story: Story) -> str:
        if not story.log:
            return ""
        try:
            with self._blobs.open(story.log) as source:
                size = source.seek(0, 2)
                source.seek(max(0, size - 4 * MOST_LOG))
                return last_lines(source.read().decode(errors="replace"))
        except NotFound:
            return ""


def _tell(conn: Connection, stories: Sequence[Story], tails: Mapping[int, str], plate: Plate, *, at: int) -> list[Told]:
    served = {goal.alias for goal in goals.list_goals(conn)}
    told: list[Told] = []
    for story in stories:
        firing = firings.find_firing(conn, job_id=story.job_id)
        if firing is None:
            continue
        told += _told_of(firing, story, plate, tails.get(story.number, ""), is_served=firing.goal in served)
        if is_final(story.now):
            firings.end_firing(conn, firing.id, story.now.value, at=story.at)
            if tails.get(story.number):
                logs.add_log(conn, firing, story.log)
    outbox.tell(conn, told, at=at)
    facts.put_fact(conn, PLACE, stories[-1].number)
    return told


def _told_of(firing: Firing, story: Story, plate: Plate, written: str, *, is_served: bool) -> list[Told]:
    if story.now is RunState.SUBMITTING and story.was != RunState.STAGING_JOB.value:
        return []  # another attempt, after a crash
    more: dict[str, Any] = {}
    if story.now in (RunState.FAILED, RunState.CANCELLED):
        reason = story.reason if is_served else CLEANED_UP
        more = {"reason": reason, "error_log": written, "return_code": story.exit_code, "message": story.reason}
    told = [plugin_event(kind, firing, plate, at=story.at, **more) for kind in NAMES.get(story.now, ())]
    if story.now is RunState.FINISHED:
        told.append(last_execution(firing.plugin, plate, at=story.at))
    return told


class Watched:
    """A Db that says when the engine has moved something."""

    def __init__(self, db: Db, tell: Callable[[], None]) -> None:
        self._db, self._tell = db, tell

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        done = await self._db.write(fn, *args, **kwargs)
        if fn is moves.apply:
            self._tell()
        return done

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return await self._db.read(fn, *args, **kwargs)

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See core.ports.Db."""
        return self._db.write_now(fn, *args, **kwargs)
