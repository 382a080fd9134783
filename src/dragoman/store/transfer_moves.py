"""The only place that moves a transfer and its parts. Everything is written behind the fence of a claim, or not at all.

Each function says False, and has written nothing, when the fence was passed: somebody else has the transfer now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from dragoman.core.paths import read_address
from dragoman.core.standing import PATH
from dragoman.core.transfers import IMPORT, TRANSFERRED, Part, Transfer, TransferState
from dragoman.core.work import Claim
from dragoman.store.audit import note
from dragoman.store.moves import make_due
from dragoman.store.systems import find_system
from dragoman.store.tables import transfer, transfer_part, work
from dragoman.store.transfers import KIND, add_parts, list_elements, tell_job

_MINE = (work.c.id == bindparam("row")) & (work.c.fence == bindparam("of"))
_HOLD = update(work).where(_MINE).values(attempt=1, last_error="")
_LOOK = select(transfer.c.wish).where(transfer.c.id == bindparam("id"), select(work.c.id).where(_MINE).exists())
_LEFT = transfer_part.c.ended_at.is_(None)
_PROGRESS = (
    update(transfer_part)
    .where(transfer_part.c.id == bindparam("part"), _LEFT)
    .values(
        moved_bytes=bindparam("moved"),
        total_bytes=bindparam("total"),
        state=TransferState.IN_PROGRESS.value,
        started_at=func.coalesce(transfer_part.c.started_at, bindparam("at")),
    )
)
_STAGED = (
    update(transfer_part)
    .where(transfer_part.c.id == bindparam("part"))
    .values(state=TransferState.STAGED.value, started_at=bindparam("at"))
)
_FINISH = (
    update(transfer_part)
    .where(transfer_part.c.id == bindparam("part"))
    .values(
        state=bindparam("now"),
        message=bindparam("told"),
        started_at=func.coalesce(transfer_part.c.started_at, bindparam("since")),
        ended_at=bindparam("at"),
    )
)
_COPIED = _FINISH.values(moved_bytes=bindparam("moved"), total_bytes=bindparam("moved"))
_RETRY = (
    update(transfer_part)
    .where(transfer_part.c.id == bindparam("part"))
    .values(
        retries=transfer_part.c.retries + 1,
        message=bindparam("told"),
        moved_bytes=0,
        started_at=func.coalesce(transfer_part.c.started_at, bindparam("at")),
    )
)
_PARK = update(work).where(_MINE).values(lease_owner="", lease_until=0, attempt=0, due_at=bindparam("until"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one part has ended."""

    part: Part
    state: TransferState
    message: str = ""
    moved: int | None = None
    """How many bytes were copied; None: as many as were noted before."""
    since: int


def _hold(conn: Connection, claim: Claim) -> bool:
    return conn.execute(_HOLD, {"row": claim.id, "of": claim.fence}).rowcount == 1


def look(conn: Connection, claim: Claim, transfer_id: int) -> str | None:
    """What is wished of a transfer in hand; None when the fence was passed."""
    wish: str | None = conn.execute(_LOOK, {"id": transfer_id, "row": claim.id, "of": claim.fence}).scalar()
    return wish


def park(conn: Connection, claim: Claim, transfer_id: int, *, until: int, at: int) -> None:
    """Put a transfer aside until there is room for it; one whose end is wished needs none and stays due."""
    wish = conn.execute(select(transfer.c.wish).where(transfer.c.id == transfer_id)).scalar()
    conn.execute(_PARK, {"row": claim.id, "of": claim.fence, "until": at if wish else until})


def stage(
    conn: Connection,
    claim: Claim,
    staged: Sequence[tuple[Part, Sequence[Mapping[str, Any]]]],
    ended: Sequence[Ended],
    *,
    at: int,
) -> bool:
    """Note what was found in elements of one transfer (rows as ``add_parts`` takes them), and which have failed."""
    if not _hold(conn, claim):
        return False
    if staged:
        rows = [
            {**row, "parent_id": element.id, "optional": element.optional} for element, found in staged for row in found
        ]
        add_parts(conn, staged[0][0].transfer_id, rows, at=at)
        conn.execute(_STAGED, [{"part": element.id, "at": at} for element, _ in staged])
    _finish(conn, ended, at=at)
    return True


def move_transfer(conn: Connection, claim: Claim, moved: Transfer, state: TransferState, *, at: int) -> bool:
    """Show how far a transfer has come."""
    if not _hold(conn, claim):
        return False
    begun = func.coalesce(transfer.c.started_at, at)
    conn.execute(update(transfer).where(transfer.c.id == moved.id).values(state=state.value, started_at=begun))
    if moved.tag == IMPORT and state is TransferState.IN_PROGRESS and moved.state is not state:
        _note(conn, moved, state, message="", at=at)
    return True


def note_progress(conn: Connection, claim: Claim, moved: Mapping[int, tuple[int, int]], *, at: int) -> bool:
    """Note how many bytes of which parts have been copied, and how many there are."""
    if not _hold(conn, claim):
        return False
    rows = [{"part": part, "moved": got, "total": total, "at": at} for part, (got, total) in moved.items()]
    conn.execute(_PROGRESS, rows)
    return True


def note_retry(conn: Connection, claim: Claim, part: Part, *, message: str, at: int) -> bool:
    """Note that copying a part failed and will be tried again."""
    if not _hold(conn, claim):
        return False
    conn.execute(_RETRY, {"part": part.id, "told": message, "at": at})
    return True


def finish_parts(conn: Connection, claim: Claim, ended: Sequence[Ended], *, at: int) -> bool:
    """Note how parts have ended: a file, and its element when it was the last one of it."""
    if not _hold(conn, claim):
        return False
    _finish(conn, ended, at=at)
    return True


def _finish(conn: Connection, ended: Sequence[Ended], *, at: int) -> None:
    other, copied = [], []
    for one in ended:
        values = {"part": one.part.id, "now": one.state.value, "told": one.message, "since": one.since, "at": at}
        if one.moved is None:
            other.append(values)
        else:
            copied.append({**values, "moved": one.moved})
    if other:
        conn.execute(_FINISH, other)
    if copied:
        conn.execute(_COPIED, copied)


def end_transfer(
    conn: Connection, claim: Claim, ended: Transfer, state: TransferState, *, message: str, at: int
) -> bool:
    """End a transfer: what is not done of it never will be. Wakes its run, and the next transfer that waits."""
    if conn.execute(delete(work).where(_MINE), {"row": claim.id, "of": claim.fence}).rowcount != 1:
        return False
    mine = transfer_part.c.transfer_id == ended.id
    never = {"state": TransferState.CANCELLED.value, "ended_at": at}
    conn.execute(update(transfer_part).where(mine, _LEFT).values(never))
    values = {"state": state.value, "message": message, "ended_at": at}
    conn.execute(update(transfer).where(transfer.c.id == ended.id).values(values))
    if ended.run_id is not None:
        tell_job(conn, ended, state, at=at)
        make_due(conn, [ended.run_id], at=at)
    elif ended.tag == IMPORT:
        _note(conn, ended, state, message=message, at=at)
    _wake_next(conn, at=at)
    return True


def _note(conn: Connection, moved: Transfer, state: TransferState, *, message: str, at: int) -> None:
    """Write into the history of the paths that are to take something that it has begun, or how it has ended."""
    for one in list_elements(conn, moved.id):
        place = read_address(one.target)
        system = find_system(conn, place[0]) if place else None
        if place and system:
            detail = {"state": state.value, "told": message or one.message}
            about: dict[str, Any] = {"kind": PATH, "ref": system.id, "version": place[1]}
            note(conn, **about, account_id=moved.owner_id, operation=TRANSFERRED, detail=detail, at=at)


_other, _others = work.alias("other"), transfer.alias("others")
_IN_HAND = (
    select(func.count())
    .select_from(_other.join(_others, _others.c.id == _other.c.ref))
    .where(_other.c.kind == KIND, _other.c.lease_until > 0, _others.c.owner_id == transfer.c.owner_id)
    .scalar_subquery()
)
_NEXT = (
    select(work.c.id)
    .join(transfer, transfer.c.id == work.c.ref)
    .where(work.c.kind == KIND, work.c.lease_until == 0, work.c.due_at > bindparam("at"))
    .order_by(_IN_HAND, work.c.id)
    .limit(1)
)


def _wake_next(conn: Connection, *, at: int) -> None:
    """There is room for one more: the oldest of whoever has the fewest under way."""
    found = conn.execute(_NEXT, {"at": at}).scalar()
    if found is not None:
        conn.execute(update(work).where(work.c.id == found).values(due_at=at))
