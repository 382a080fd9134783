"""The work beside runs: deleting what nobody needs, and telling who waits."""

import asyncio
import logging

from dragoman.core.errors import Problem
from dragoman.core.states import RunState, is_final
from dragoman.core.work import Budget, Claim, Decision, NewWork
from dragoman.engine.world import Place, World
from dragoman.store import Connection, moves, queue, waiting

log = logging.getLogger(__name__)

SECOND = 1_000_000

WAITS = {
    Budget.SLOTS: "Waiting for a free slot on {place}.",
    Budget.OWNER: "Waiting for a free slot on {place}: each owner may have {most} there at once.",
    Budget.QUEUE: "Waiting for a free slot on {place}: its queue {queue} may have {most} at once.",
    Budget.QUEUE_OWNER: "Waiting for a free slot on {place}: each owner may have {most} in the queue {queue} at once.",
    Budget.APP: "Waiting for a free slot on {place}: the app {app} may have {most} there at once.",
    Budget.APP_OWNER: "Waiting for a free slot on {place}: each owner may have {most} of the app {app} there at once.",
}
"""What a run in line is told."""


async def handle_sweep(world: World, claim: Claim) -> None:
    """Delete the blobs that nothing refers to any more."""
    await asyncio.to_thread(world.blobs.remove, claim.note["blobs"])
    await world.db.write(moves.apply, claim, Decision(due_at=None), at=world.clock.now())


async def tell_waiters(world: World) -> None:
    """Show runs that have long stood in line as BLOCKED, with what they wait for."""
    while await world.db.write(_tell_some, at=world.clock.now()):
        pass


def _tell_some(conn: Connection, *, at: int) -> int:
    found = waiting.long_waiters(conn, at=at, most=200)
    for one in found:
        if one.run.state is RunState.ACCEPTED:
            why = WAITS[one.budget].format(place=one.place, queue=one.run.queue, app=one.app, most=one.most)
            moves.note_waiting(conn, one.run, reason=why, at=at)
    return len(found)


async def clear_leftovers(world: World) -> int:
    """Remove the directories of runs that have ended or are gone, left by a crash; returns how many there were."""
    removed = 0
    for place in world.places.values():
        for name in await place.shell.children(place.root):
            try:
                removed += await _clear_leftover(world, place, name)
            except Problem as problem:  # it harms nobody where it lies
                log.warning("cannot clear away %s/%s: %s", place.root, name, problem)
    return removed


async def _clear_leftover(world: World, place: Place, name: str) -> bool:
    run = await world.db.read(moves.get_run, int(name)) if name.isascii() and name.isdigit() else None
    if run is not None and not is_final(run.state):
        return False
    await place.shell.remove(f"{place.root}/{name}")
    return True


async def start_watches(world: World) -> None:
    """Have every system looked at now, and again and again."""
    for system_id in world.places:
        await world.db.write(queue.add_work, NewWork(kind="watch", ref=system_id, due_at=world.clock.now()))
