"""The work beside runs: deleting what nobody needs, and telling who waits."""

import asyncio

from dragoman.core.states import RunState, is_final
from dragoman.core.work import Claim, Decision, NewWork
from dragoman.engine.world import Place, World
from dragoman.store import Connection, moves, queue

SECOND = 1_000_000


async def handle_sweep(world: World, claim: Claim) -> None:
    """Delete the blobs that nothing refers to any more."""
    await asyncio.to_thread(world.blobs.remove, claim.note["blobs"])
    await world.db.write(moves.apply, claim, Decision(due_at=None), at=world.clock.now())


async def tell_waiters(world: World) -> None:
    """Show runs that have long stood in line as BLOCKED, with what they wait for."""
    while await world.db.write(_tell_some, dict(world.places), at=world.clock.now()):
        pass


def _tell_some(conn: Connection, places: dict[int, Place], *, at: int) -> int:
    waiting = queue.long_waiters(conn, at=at, most=200)
    for run in waiting:
        if run.state is not RunState.ACCEPTED:
            continue
        reason = f"Waiting for a free slot on {places[run.system_id].name}."
        moves.note_waiting(conn, run, reason=reason, at=at)
    return len(waiting)


async def clear_leftovers(world: World) -> int:
    """Remove the directories of runs that have ended or are gone, left by a crash; returns how many there were."""
    removed = 0
    for place in world.places.values():
        for name in await place.shell.children(place.root):
            run = await world.db.read(moves.get_run, int(name)) if name.isdigit() else None
            if run is None or is_final(run.state):
                await place.shell.remove(f"{place.root}/{name}")
                removed += 1
    return removed


async def start_watches(world: World) -> None:
    """Have every system looked at now, and again and again."""
    for system_id in world.places:
        await world.db.write(queue.add_work, NewWork(kind="watch", ref=system_id, due_at=world.clock.now()))
