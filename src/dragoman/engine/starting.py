"""Starts jobs because of events: chooses the new job's alias, has its door make it, and keeps what came of it."""

import logging

from dragoman.core.errors import Broken, Problem, Unavailable
from dragoman.core.starts import Copy, Start
from dragoman.core.work import Claim, Decision
from dragoman.engine.world import World
from dragoman.store import Connection, moves, triggers

log = logging.getLogger(__name__)

SECOND = 1_000_000


async def handle_start(world: World, claim: Claim) -> None:
    """Make the job, once; what cannot be made for now is tried again, and what never can be is noted."""
    start = await world.db.read(triggers.get_start, claim.ref)
    fault = ""
    try:
        await _make(world, start, before=claim.attempt - 1)
    except Unavailable as problem:
        if claim.attempt < world.limits.attempts:
            await _postpone(world, claim, problem)
            return
        fault = str(problem)
    except Problem as problem:
        fault = str(problem)
    except Exception as error:
        if claim.attempt < world.limits.surprises:
            raise
        log.exception("an event could not start the job %s of %s", start.job, start.owner.name)
        fault = f"Internal error: {type(error).__name__}."
    if fault:
        log.warning("an event could not start the job %s of %s: %s", start.job, start.owner.name, fault)
    await world.db.write(_record, claim, start.id, fault=fault, at=world.clock.now())


async def _make(world: World, start: Start, *, before: int) -> None:
    """Raises Problems; ``before``: so many attempts have told nothing, or that it cannot be done for now."""
    if before >= world.limits.attempts:
        raise Broken(f"The service ended {before} times over it.")
    stored = await world.db.read(triggers.find_stored, start.job, owner_id=start.owner.id, doors=tuple(world.starters))
    door, alias = start.door, start.alias
    if not alias:
        door = stored.door
        alias = await world.db.write(triggers.choose_alias, start.id, door=door, mint=world.mint[door])
    copy = Copy(owner=start.owner, of=stored.alias, alias=alias, variables=start.variables, start_id=start.id)
    await world.starters[door](copy)
    log.info("an event has started a copy of %s/%s for %s", door, stored.alias, start.owner.name)


async def _postpone(world: World, claim: Claim, problem: Problem) -> None:
    now, wait = world.clock.now(), min(world.limits.slowest, 0.5 * 2.0 ** min(claim.attempt, 20))
    later = Decision(due_at=now + int(wait * SECOND), error=str(problem))
    await world.db.write(moves.apply, claim, later, at=now)


def _record(conn: Connection, claim: Claim, key: int, *, fault: str, at: int) -> None:
    if moves.apply(conn, claim, Decision(due_at=None), at=at):
        triggers.end_start(conn, key, fault=fault, at=at)
