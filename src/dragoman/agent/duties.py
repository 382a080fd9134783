"""What the node is to do: the list of goals, kept as it came last, and the rounds in which its rules are looked at."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from dragoman.agent import rounds, runs
from dragoman.agent.complaint import Complaint
from dragoman.agent.events import goal_event
from dragoman.agent.plate import Plate
from dragoman.agent.read_goals import EdgeGoal, kept_goals, read_goal
from dragoman.agent.runs import Choosing
from dragoman.core.edge import KeptGoal, Told
from dragoman.core.patience import woken
from dragoman.core.ports import Clock, Db, ending
from dragoman.store import Connection
from dragoman.store.edge import goals, outbox

log = logging.getLogger(__name__)

SECOND = 1_000_000


class Duties:
    """Keeps goals, fires rules, lets plugins begin. ``engine`` is woken when there is something for it."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        how: Choosing,
        *,
        tick: float,
        told: Callable[[list[Told]], None],
        engine: Callable[[], None],
    ) -> None:
        self._db, self._clock, self._how, self._tick = db, clock, how, tick
        self._told, self._engine = told, engine
        self._known: dict[str, EdgeGoal] = {}
        self._rules, self._plugins = (
            Complaint(log, "the rules cannot be looked at now"),
            Complaint(log, "no plugin can begin now"),
        )
        self._look, self._choose = asyncio.Event(), asyncio.Event()
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Take up what was kept."""
        self._know(await self._db.read(goals.list_goals))

    async def take(self, body: Any) -> None:
        """Have exactly the goals of this list from now on."""
        plate, now = self._how.plate(), self._clock.now()
        wanted = kept_goals(body)
        async with self._turn:  # no rule fires for a goal that is just being withdrawn
            told = await self._db.write(_put, wanted, plate, at=now)
            self._know(wanted)
        self._told(told)
        self._engine()
        self._look.set()

    def hint(self) -> None:
        """Something has ended: there is room for others."""
        self._choose.set()

    async def run(self) -> None:
        """Look at the rules at every tick, and let begin what may, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rounds())
            group.create_task(self._choices())

    def _know(self, kept: Sequence[KeptGoal]) -> None:
        vsn = self._how.plate().vsn
        before, self._known = self._known, {one.alias: read_goal(one, vsn) for one in kept}
        for alias, goal in self._known.items():
            for fault in goal.faults if alias not in before else ():
                log.warning("job %s: %s", goal.job, fault)

    async def _rounds(self) -> None:
        while True:
            await self._until_next()
            try:
                await self.round()
                self._rules.calm()
            except Exception as error:  # noqa: BLE001 - whatever it was, the node must go on
                self._rules.say(error)

    async def _until_next(self) -> None:
        """Until the next tick, counted from the full minute; at once when there are new goals."""
        now = self._clock.now() / SECOND
        wait = self._tick - now % self._tick
        await woken(self._look, wait + 0.02)

    async def round(self) -> None:
        """Look at every rule once, and do what those ask for that hold."""
        async with self._turn:
            await self._round(self._known, self._clock.now())

    async def _round(self, known: Mapping[str, EdgeGoal], now: int) -> None:
        tasks = [task for goal in known.values() for task in goal.tasks]
        if not tasks:
            return
        found = await self._db.read(rounds.look, tasks, now=now)
        if any(one.holds or one.held for one in found):
            told = await self._db.write(rounds.act, found, known, self._how.plate(), now=now)
            self._told(told)
            self._choose.set()

    async def _choices(self) -> None:
        while True:
            self._choose.clear()
            try:
                told = await self._db.write(runs.begin, self._how, at=self._clock.now())
            except Exception as error:  # noqa: BLE001 - whatever it was, the node must go on
                self._plugins.say(error)
                await asyncio.sleep(self._tick)
                continue
            self._plugins.calm()
            self._told(told)
            if told:
                self._engine()
            await self._choose.wait()


@ending
def _put(conn: Connection, wanted: Sequence[KeptGoal], plate: Plate, *, at: int) -> list[Told]:
    changes = goals.put_goals(conn, wanted, at=at)
    kinds: Mapping[str, Sequence[KeptGoal]] = {
        "received": changes.received,
        "updated": changes.updated,
        "removed": changes.removed,
    }
    event = partial(goal_event, plate=plate, at=at)
    told = [event(kind, goal) for kind, some in kinds.items() for goal in some]
    outbox.tell(conn, told, at=at)
    return told + runs.clean_up(conn, [one.alias for one in wanted], plate, at=at)
