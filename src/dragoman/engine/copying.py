"""Copies the files of one transfer: finds them, and streams each from login to login in constant memory.

A file that was finished is not copied again after a crash; one that was not is copied anew, whole or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from dragoman.core.errors import Broken, Problem, Unavailable
from dragoman.core.paths import read_address, shown
from dragoman.core.patience import Patient, close, hand_over, within
from dragoman.core.transfers import DONE, Part, Transfer, TransferState
from dragoman.core.work import Claim
from dragoman.engine.ends import End, Ends
from dragoman.engine.finding import MOST, find
from dragoman.engine.ledger import Ledger, failed
from dragoman.engine.world import World
from dragoman.store import transfer_moves, transfers
from dragoman.store.transfer_moves import Ended

TRIES = 3
AT_ONCE = 4
"""Files of one transfer that are copied at the same time."""


class Lost(Exception):
    """Somebody else has the transfer now."""


class Trip:
    """One transfer in hand."""

    def __init__(self, world: World, claim: Claim, transfer: Transfer) -> None:
        self.world, self.claim, self.transfer = world, claim, transfer
        self.ends = Ends(world, transfer)
        self._moved: dict[int, tuple[int, int]] = {}
        self._noted: dict[int, tuple[int, int]] = {}

    async def write(self, fn: Callable[..., bool], *args: Any, **kwargs: Any) -> None:
        """Write something behind the fence. Raises Lost."""
        if not await self.world.db.write(fn, self.claim, *args, **kwargs, at=self.world.clock.now()):
            raise Lost

    def moved(self, part: Part, more: int, total: int) -> None:
        """So many more bytes of a part have been copied."""
        before, _ = self._moved.get(part.id, (0, 0))
        self._moved[part.id] = (before + more, max(total, before + more))

    def forget(self, part: Part) -> int:
        """A part is over for now: how many bytes were copied."""
        self._noted.pop(part.id, None)
        return self._moved.pop(part.id, (0, 0))[0]

    async def note_progress(self) -> None:
        """Write down what has come along since last time."""
        news = {part: moved for part, moved in self._moved.items() if self._noted.get(part) != moved}
        if news:
            await self.write(transfer_moves.note_progress, news)
            self._noted |= {part: moved for part, moved in news.items() if part in self._moved}


async def carry_out(trip: Trip) -> tuple[TransferState, str]:
    """Find and copy everything; how the transfer has ended. Raises Lost, and the problem of what had to succeed."""
    state, transfer_id = trip.transfer.state, trip.transfer.id
    elements = await trip.world.db.read(transfers.list_elements, transfer_id)
    for element in elements:
        if element.state is TransferState.ACCEPTED:
            await _stage(trip, element)
    if state is TransferState.ACCEPTED:
        await trip.write(transfer_moves.move_transfer, transfer_id, TransferState.STAGED)
    if state is not TransferState.IN_PROGRESS:
        await trip.write(transfer_moves.move_transfer, transfer_id, TransferState.IN_PROGRESS)
    await _copy_all(trip, {element.id: element for element in elements})
    return TransferState.COMPLETED, ""


async def _stage(trip: Trip, element: Part) -> None:
    since = trip.world.clock.now()

    async def look() -> None:
        known = await trip.world.db.read(transfers.tallies, element.transfer_id)
        room = MOST - sum(tally.files for tally in known.values())
        found = await find(trip.ends, element, room=room, silence=trip.world.limits.silence)
        await trip.write(transfer_moves.stage, element, found)

    try:
        await _tried(trip, element, look)
    except Problem as problem:
        await trip.write(transfer_moves.finish_parts, [failed(element, str(problem), since)])
        if not element.optional:
            raise Broken(_told(element, str(problem))) from problem


def _told(part: Part, message: str) -> str:
    return f"{shown(part.source).lstrip('/')}: {message}"


async def _tried(trip: Trip, part: Part, act: Callable[[], Awaitable[None]]) -> None:
    """Do it, and again when the world was down for a moment, TRIES times in all."""
    tries = part.retries
    while True:
        try:
            return await act()
        except Unavailable as problem:
            trip.ends.forget()
            trip.forget(part)
            tries += 1
            if tries >= TRIES:
                raise
            await trip.write(transfer_moves.note_retry, part, message=str(problem))
        await asyncio.sleep(min(trip.world.limits.slowest, 0.5 * 2.0**tries))


async def _copy_all(trip: Trip, elements: dict[int, Part]) -> None:
    files = await trip.world.db.read(transfers.list_files, trip.transfer.id)
    ledger = Ledger(elements, files)
    todo = iter([file for file in files if file.state not in DONE])
    workers = [asyncio.create_task(_work(trip, todo, ledger)) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _work(trip: Trip, todo: Iterator[Part], ledger: Ledger) -> None:
    for part in todo:
        since = trip.world.clock.now()
        try:
            await _tried(trip, part, lambda part=part: _copy(trip, part))  # type: ignore[misc]
        except Problem as problem:
            trip.forget(part)
            ended = failed(part, str(problem), since)
        else:
            ended = Ended(part=part, state=TransferState.COMPLETED, moved=trip.forget(part), since=since)
        await trip.write(transfer_moves.finish_parts, ledger.close(ended))
        if ended.state is TransferState.FAILED:
            raise Broken(_told(part, ended.message))


async def _copy(trip: Trip, part: Part) -> None:
    """Copy one file, or make one directory."""
    target, silence = await trip.ends.open(part.target), trip.world.limits.silence
    if part.is_directory:
        await within(silence, target.login.make_directory(target.host_path), str(target))
        return
    pieces, size, mode = await _open(trip, part, target)

    async def counted() -> AsyncIterator[bytes]:
        got = 0
        async for piece in pieces:
            got += len(piece)
            trip.moved(part, len(piece), size)
            yield piece
        if got < size:
            raise Unavailable(f"The file ended after {got} of {size} bytes.")

    try:
        write = partial(target.login.write, target.host_path, mode=mode)
        await hand_over(silence, write, counted(), str(target))
    finally:
        await close(pieces)


async def _open(trip: Trip, part: Part, target: End) -> tuple[AsyncIterator[bytes], int, int | None]:
    """The bytes of a source, how many there are at least, and the permission bits to give: a program stays one."""
    silence = trip.world.limits.silence
    if read_address(part.source) is None:
        if trip.world.fetch is None:
            raise Unavailable("This service fetches nothing from the web.")
        pieces = await within(silence, trip.world.fetch.fetch(part.source), part.source)
        return Patient(silence, pieces, part.source), 0, None
    source = await trip.ends.open(part.source)
    facts = await within(silence, source.login.facts(source.host_path), str(source))
    runs = facts.mode & 0o111 and {source.system.kind, target.system.kind} == {"linux"}
    mode = facts.mode & 0o777 | 0o600 if runs else None
    pieces = Patient(silence, source.login.read(source.host_path), str(source))
    return pieces, facts.size, mode
