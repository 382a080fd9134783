"""The engine's loop: claim what is due or has its turn, handle many at once, hold the leases meanwhile."""

import asyncio
import logging
import os
import secrets
import threading
from collections.abc import Awaitable, Callable, Mapping

from dragoman.core.errors import Problem
from dragoman.core.job import Job, Run
from dragoman.core.patience import ended, woken
from dragoman.core.work import DELIVERY, TOPIC, Claim, Decision
from dragoman.engine.chores import clear_leftovers, handle_sweep, start_watches, tell_waiters
from dragoman.engine.deliveries import handle_delivery
from dragoman.engine.expiries import handle_expiry
from dragoman.engine.hands import room
from dragoman.engine.run import handle_run
from dragoman.engine.setbacks import SetBacks
from dragoman.engine.starting import handle_start
from dragoman.engine.topics import handle_topic
from dragoman.engine.transfers import handle_transfer
from dragoman.engine.watch import handle_watch
from dragoman.engine.world import World
from dragoman.store import goals, moves, queue, triggers

log = logging.getLogger(__name__)

SECOND = 1_000_000

CHORES: Mapping[str, Callable[[World, Claim], Awaitable[None]]] = {
    "watch": handle_watch,
    "sweep-job": handle_sweep,
    "sweep-file": handle_sweep,
    "transfer": handle_transfer,
    DELIVERY: handle_delivery,
    TOPIC: handle_topic,
    goals.EXPIRY: handle_expiry,
    triggers.START: handle_start,
}
"""What is done with each kind of work beside runs. A handler commits by itself."""


class Engine:
    """Moves runs until it is stopped.

    ``hint`` wakes it. Without hints it looks when the next row is due, and once in ``limits.poll`` seconds for what
    others have written.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._owner = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(3)}"
        self._claims: dict[asyncio.Task[None], Claim] = {}
        self._ended: set[str] = set()
        self._full = False
        self._wake = asyncio.Event()
        self._stopping = False
        self._quiet = threading.Event()
        self._set_backs = SetBacks(world)

    def hint(self) -> None:
        """There may be something to do; may be called from the event loop's thread at any time."""
        self._wake.set()

    def hint_line(self) -> None:
        """A run has joined a line; that is no news while no slot is free."""
        if not self._full:
            self._wake.set()

    def told_end(self, token: str) -> None:
        """A launch has ended, says its scheduler."""
        self._ended.add(token)
        self._wake.set()

    async def run(self) -> None:
        """Work until ``stop``. Whatever was left by an earlier service is taken up again."""
        for place in self._world.places.values():
            place.scheduler.on_end(self.told_end)
        await start_watches(self._world)
        await self._set_backs.pull_in()  # what an earlier service has put off by a clock that went ahead
        if left := await clear_leftovers(self._world):
            log.info("cleared %s run directories of an earlier service", left)
        beat = threading.Thread(target=self._heartbeat, name="heartbeat", daemon=True)
        beat.start()
        while not self._stopping:
            try:
                await self._turn()
            except Exception:  # whatever it was, jobs must go on
                log.exception("a turn of the engine failed")
                await asyncio.sleep(1.0)
        await self._put_down()
        self._quiet.set()
        await asyncio.to_thread(beat.join)

    def stop(self) -> None:
        """Take no more work; what is in hand is put down with its lease given back."""
        self._stopping = True
        self._wake.set()

    async def _turn(self) -> None:
        self._wake.clear()
        await self._set_backs.heed()
        claimed = await self._claim()
        for claim in claimed.claims if claimed else ():
            found = claimed.runs.get(claim.ref) if claimed and claim.kind == "run" else None
            task = asyncio.create_task(self._handle(claim, found))
            self._claims[task] = claim
            task.add_done_callback(self._put_away)
        if not claimed or not claimed.claims:
            await self._rest(claimed.next_due if claimed else queue.FAR)

    async def _claim(self) -> queue.Claimed | None:
        limits, ended = self._world.limits, tuple(self._ended)
        most, but = room(self._claims.values(), limits.workers)
        if most <= 0:
            return None
        at, lease = self._world.clock.now(), int(limits.lease * SECOND)
        try:
            claimed = await self._world.db.write(
                queue.claim, owner=self._owner, at=at, lease=lease, most=most, ended=ended, but=but
            )
        except Problem as problem:
            log.warning("cannot claim work: %s", problem)
            return None
        self._ended.difference_update(set(ended) - claimed.held)
        self._full = claimed.full
        return claimed

    async def _rest(self, until: int) -> None:
        seconds = min((until - self._world.clock.now()) / SECOND, self._world.limits.poll)
        if self._full:
            seconds = min(seconds, 1.0)
        if not await woken(self._wake, max(seconds, 0.0)) and self._full:
            await self._tell_waiters()

    async def _tell_waiters(self) -> None:
        try:
            await tell_waiters(self._world)
        except Problem as problem:
            log.warning("cannot tell who waits: %s", problem)

    def _put_away(self, task: "asyncio.Task[None]") -> None:
        self._claims.pop(task, None)
        self._wake.set()

    async def _handle(self, claim: Claim, found: tuple[Run, Job] | None) -> None:
        await self._end_former(claim)
        try:
            await self._work(claim, found)
        except Exception:
            log.exception("work failed kind=%s ref=%s attempt=%s", claim.kind, claim.ref, claim.attempt)
            await self._postpone(claim)

    async def _end_former(self, claim: Claim) -> None:
        """End whoever has lost the lease of this work and goes on here: both would have the same run directory."""
        former = [task for task, held in self._claims.items() if held.id == claim.id and held.fence < claim.fence]
        if former:
            log.warning("lease lost kind=%s ref=%s fence=%s", claim.kind, claim.ref, claim.fence)
            await ended(former)

    async def _work(self, claim: Claim, found: tuple[Run, Job] | None) -> None:
        if found is not None:
            await handle_run(self._world, claim, *found)
        elif claim.kind in CHORES:
            await CHORES[claim.kind](self._world, claim)
        else:  # a run that is gone for good needs nothing any more
            await self._world.db.write(moves.apply, claim, Decision(due_at=None), at=self._world.clock.now())

    async def _postpone(self, claim: Claim) -> None:
        limits, now = self._world.limits, self._world.clock.now()
        due = now + int(min(limits.slowest, 0.5 * 2.0 ** min(claim.attempt, 20)) * SECOND)
        later = Decision(due_at=due, error="internal error; see the service's log")
        try:
            await self._world.db.write(moves.apply, claim, later, at=now)
        except Problem as problem:
            log.warning("cannot postpone work kind=%s ref=%s: %s", claim.kind, claim.ref, problem)

    async def _put_down(self) -> None:
        tasks, claims = list(self._claims), list(self._claims.values())
        await ended(tasks)
        await ended(look for looks in self._world.looks.values() for look in looks.values())
        if claims:
            await self._world.db.write(queue.release, claims)

    def _heartbeat(self) -> None:
        """Extend the leases of what is in hand from a thread of its own, so that a busy loop loses nothing."""
        limits = self._world.limits
        while not self._quiet.wait(limits.lease / 3):
            claims = list(self._claims.copy().values())
            if not claims:
                continue
            until = self._world.clock.now() + int(limits.lease * SECOND)
            try:
                self._world.db.write_now(queue.extend, claims, until=until)
            except Problem as problem:
                log.warning("cannot extend leases: %s", problem)
            except Exception:  # whatever it was, there is no other heartbeat
                log.exception("cannot extend leases")
