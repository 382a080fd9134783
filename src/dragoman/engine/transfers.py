"""Carries transfers: takes one in hand when there is room, watches for its end being wished, and says how it ended."""

import asyncio
import logging
from collections.abc import Sequence

from dragoman.core.errors import Problem
from dragoman.core.transfers import DONE, Element, Transfer, TransferState
from dragoman.core.work import Claim, Decision
from dragoman.engine.copying import carry_out
from dragoman.engine.trips import Lost, Trip
from dragoman.engine.world import World
from dragoman.store import moves, transfer_moves, transfers

log = logging.getLogger(__name__)

SECOND = 1_000_000
BEAT = 1.0
"""Seconds between two looks at a transfer in hand; progress is written no more often."""
PATIENCE = 60 * SECOND
"""How long a transfer is put aside when there is no room; one that ends wakes it earlier."""


async def begin_transfer(
    world: World, *, run_id: int, owner_id: int, tag: str, elements: Sequence[Element]
) -> Transfer:
    """Have files transferred for a run, as its owner; the one that is under way when it was asked for before.

    The run is handled at once when the transfer has ended.
    """
    at = world.clock.now()
    return await world.db.write(
        transfers.add_transfer, owner_id=owner_id, tag=tag, elements=elements, run_id=run_id, at=at
    )


async def handle_transfer(world: World, claim: Claim) -> None:
    """Copy everything that a transfer names, or put it aside when enough others are under way."""
    wanted = await world.db.read(transfers.get_transfer, claim.ref)
    if wanted is None or wanted.state in DONE:
        await world.db.write(moves.apply, claim, Decision(due_at=None), at=world.clock.now())
    elif wanted.wish:
        await _end(world, claim, wanted, TransferState.CANCELLED)
    elif claim.attempt > world.limits.attempts:
        await _end(world, claim, wanted, TransferState.FAILED, f"The service ended {claim.attempt - 1} times over it.")
    elif len(world.copying) >= world.limits.transfers:
        now = world.clock.now()
        await world.db.write(transfer_moves.park, claim, wanted.id, until=now + PATIENCE, at=now)
    else:
        world.copying.add(wanted.id)
        try:
            await _carry(world, claim, wanted)
        finally:
            world.copying.discard(wanted.id)


async def _carry(world: World, claim: Claim, wanted: Transfer) -> None:
    trip = Trip(world, claim, wanted)
    working, watching = asyncio.create_task(carry_out(trip)), asyncio.create_task(_watch(trip))
    try:
        done, _ = await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)
        trip.archives.close()
    try:
        state, message = await (working if working in done else watching)
    except Lost:
        log.warning("lease lost transfer=%s fence=%s", wanted.id, claim.fence)
        return
    except Problem as problem:
        state, message = TransferState.FAILED, str(problem)
    except Exception as error:
        if claim.attempt < world.limits.surprises:
            raise
        log.exception("transfer failed id=%s", wanted.id)
        state, message = TransferState.FAILED, f"Internal error: {type(error).__name__}."
    await _end(world, claim, wanted, state, message)


async def _watch(trip: Trip) -> tuple[TransferState, str]:
    """Write down what has come along, until the end is wished. Raises Lost when somebody else has the transfer."""
    while True:
        await asyncio.sleep(BEAT)
        wish = await trip.world.db.read(transfer_moves.look, trip.claim, trip.transfer.id)
        if wish is None:
            raise Lost
        if wish:
            return TransferState.CANCELLED, ""
        await trip.note_progress()


async def _end(world: World, claim: Claim, ended: Transfer, state: TransferState, message: str = "") -> None:
    at = world.clock.now()
    if await world.db.write(transfer_moves.end_transfer, claim, ended, state, message=message, at=at):
        log.info("transfer %s %s %s", ended.alias, state, message)
