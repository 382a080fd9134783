"""Copies the files of one transfer: finds them, and streams each from login to login in constant memory.

A file that was finished is not copied again after a crash; one that was not is copied anew, whole or not at all.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from dragoman.core import paths
from dragoman.core.errors import Broken, Problem, Unavailable
from dragoman.core.paths import read_address, read_packed
from dragoman.core.patience import Patient, close, hand_over, within
from dragoman.core.transfers import DONE, Part, TransferState
from dragoman.engine.bundles import Todo, carry
from dragoman.engine.ends import End, kept_mode
from dragoman.engine.finding import MOST, Row, find
from dragoman.engine.ledger import Ledger, failed
from dragoman.engine.trips import Trip, together, told
from dragoman.store import transfer_moves, transfers
from dragoman.store.transfer_moves import Ended

AT_ONCE = 8
"""Files of one transfer that are copied, and elements that are looked into, at the same time."""
NOTED = 256
"""Files that were found are written down together when there are so many: each time takes a commit."""


async def carry_out(trip: Trip) -> tuple[TransferState, str]:
    """Find and copy everything; how the transfer has ended. Raises Lost, and the problem of what had to succeed."""
    state = trip.transfer.state
    elements = await trip.world.db.read(transfers.list_elements, trip.transfer.id)
    await _stage_all(trip, [element for element in elements if element.state is TransferState.ACCEPTED])
    if state is TransferState.ACCEPTED:
        await trip.write(transfer_moves.move_transfer, trip.transfer, TransferState.STAGED)
    if state is not TransferState.IN_PROGRESS:
        await trip.write(transfer_moves.move_transfer, trip.transfer, TransferState.IN_PROGRESS)
    await _copy_all(trip, {element.id: element for element in elements})
    return TransferState.COMPLETED, ""


async def _stage_all(trip: Trip, elements: Sequence[Part]) -> None:
    known = await trip.world.db.read(transfers.tallies, trip.transfer.id) if elements else {}
    room = MOST - sum(tally.files for tally in known.values())
    staged: list[tuple[Part, Sequence[Row]]] = []
    for first in range(0, len(elements), AT_ONCE):
        some = elements[first : first + AT_ONCE]
        ended: list[Ended] = []
        for element, found in zip(some, await together(_look(trip, one, room) for one in some), strict=True):
            if isinstance(found, Ended):
                ended.append(found)
            elif len(found) > room:
                ended.append(failed(element, f"A transfer may have {MOST} files.", trip.world.clock.now()))
            else:
                staged.append((element, found))
                room -= len(found)
        if ended or sum(len(found) for _, found in staged) >= NOTED or first + AT_ONCE >= len(elements):
            await trip.write(transfer_moves.stage, staged, ended)
            staged = []
        _check_needed(ended)


async def _look(trip: Trip, element: Part, room: int) -> Sequence[Row] | Ended:
    since, silence = trip.world.clock.now(), trip.world.limits.silence
    try:
        if read_packed(element.source):
            return await trip.tried(element, lambda: trip.archives.find(element, room=room))
        return await trip.tried(element, lambda: find(trip.ends, element, room=room, silence=silence))
    except Problem as problem:
        return failed(element, str(problem), since)


def _check_needed(ended: Sequence[Ended]) -> None:
    for one in ended:
        if one.state is TransferState.FAILED:
            raise Broken(told(one.part, one.message))


async def _copy_all(trip: Trip, elements: dict[int, Part]) -> None:
    files = await trip.world.db.read(transfers.list_files, trip.transfer.id)
    ledger = Ledger(elements, files)
    todo = Todo((file for file in files if file.state not in DONE), AT_ONCE)
    await together(_work(trip, todo, ledger) for _ in range(AT_ONCE))


async def _work(trip: Trip, todo: Todo, ledger: Ledger) -> None:
    while parts := todo.take():
        for part in await _bundled(trip, parts, ledger) if len(parts) > 1 else parts:
            await _alone(trip, part, ledger)


async def _bundled(trip: Trip, parts: Sequence[Part], ledger: Ledger) -> list[Part]:
    """Copy small files together; which of them are left to be copied alone, for whatever reason."""
    since = trip.world.clock.now()
    try:
        arrived = await carry(trip, parts)
    except Problem:
        arrived = []
    moved, over = {part.id: trip.forget(part) for part in parts}, {part.id for part in arrived}
    done = [Ended(part=part, state=TransferState.COMPLETED, moved=moved[part.id], since=since) for part in arrived]
    if done:
        await trip.write(transfer_moves.finish_parts, [one for ended in done for one in ledger.close(ended)])
    return [part for part in parts if part.id not in over]


async def _alone(trip: Trip, part: Part, ledger: Ledger) -> None:
    since = trip.world.clock.now()
    try:
        await trip.tried(part, lambda: _copy(trip, part))
    except Problem as problem:
        trip.forget(part)
        ended = failed(part, str(problem), since)
    else:
        ended = Ended(part=part, state=TransferState.COMPLETED, moved=trip.forget(part), since=since)
    await trip.write(transfer_moves.finish_parts, ledger.close(ended))
    _check_needed([ended])


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
        what = paths.told(part.source)
        pieces = await within(silence, trip.world.fetch.fetch(part.source), what)
        return Patient(silence, pieces, what), 0, None
    if read_packed(part.source):
        archive, member = await trip.archives.member(part)
        runs = member.mode & 0o111 and target.system.kind == "linux"
        return archive.read(member.path), member.size, member.mode | 0o600 if runs else None
    source = await trip.ends.open(part.source, part.account_id)
    facts = await within(silence, source.login.facts(source.host_path), str(source))
    pieces = Patient(silence, source.login.read(source.host_path), str(source))
    return pieces, facts.size, kept_mode(facts.mode, source, target)
