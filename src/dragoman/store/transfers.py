"""Transfers as they are asked for, shown and cancelled. What moves them is in transfer_moves."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from dragoman.core.notices import TRANSFER
from dragoman.core.things import Page
from dragoman.core.transfers import DONE, Element, Part, Tally, Transfer, TransferState
from dragoman.core.work import NewWork
from dragoman.store.events import add_events, new_event
from dragoman.store.queue import add_work
from dragoman.store.tables import run, transfer, transfer_part, work

KIND = "transfer"
"""The kind of work that a transfer is."""
STOP = "STOP"

_ADD = insert(transfer).returning(transfer)
_ADD_PARTS = insert(transfer_part)
_FIND = select(transfer).where(transfer.c.alias == bindparam("alias"))
_GET = select(transfer).where(transfer.c.id == bindparam("id"))
_OF_RUN = select(transfer).where(transfer.c.run_id == bindparam("run_id"), transfer.c.tag == bindparam("tag"))
_ALL_OF_RUN = select(transfer).where(transfer.c.run_id == bindparam("run_id")).order_by(transfer.c.id)
_JOB_OF = select(run.c.job_id).where(run.c.id == bindparam("id"))
_PARTS = select(transfer_part).where(transfer_part.c.transfer_id == bindparam("id"))
_TALLY = (
    select(
        transfer_part.c.parent_id,
        func.sum(transfer_part.c.total_bytes).label("bytes"),
        func.sum(transfer_part.c.moved_bytes).label("moved"),
        func.count().label("files"),
        func.sum(case((transfer_part.c.state == TransferState.COMPLETED.value, 1), else_=0)).label("finished"),
    )
    .where(transfer_part.c.transfer_id == bindparam("id"), transfer_part.c.parent_id.is_not(None))
    .group_by(transfer_part.c.parent_id)
)
_WAKE = update(work).where(work.c.kind == KIND, work.c.ref == bindparam("which")).values(due_at=bindparam("at"))


def add_transfer(
    conn: Connection, *, owner_id: int, tag: str, elements: Sequence[Element], at: int, run_id: int | None = None
) -> Transfer:
    """Ask for a transfer. A run's, asked for again under the same tag, is the one that is there."""
    if run_id is not None and (there := conn.execute(_OF_RUN, {"run_id": run_id, "tag": tag}).first()):
        return _read(there)
    row = {
        "alias": str(uuid4()),
        "owner_id": owner_id,
        "run_id": run_id,
        "tag": tag,
        "state": TransferState.ACCEPTED.value,
        "wish": "",
        "message": "",
        "created_at": at,
    }
    made = _read(conn.execute(_ADD, row).one())
    add_parts(conn, made.id, [element_row(element) for element in elements], at=at)
    add_work(conn, NewWork(kind=KIND, ref=made.id, due_at=at))
    if run_id is not None:
        tell_job(conn, made, made.state, at=at)
    return made


def tell_job(conn: Connection, moved: Transfer, state: TransferState, *, at: int) -> None:
    """Note in the history of a run's job what became of a transfer for the run."""
    of = conn.execute(_JOB_OF, {"id": moved.run_id}).scalar()
    if of is not None:
        told = new_event(at, kind=TRANSFER, was=moved.tag, now=state.value, run_id=moved.run_id, reason=moved.alias)
        add_events(conn, of, [told])


def element_row(element: Element) -> dict[str, Any]:
    """An element as ``add_parts`` takes it."""
    names = ("source", "target", "optional", "account_id")
    return {name: getattr(element, name) for name in names}


def add_parts(conn: Connection, transfer_id: int, parts: Sequence[dict[str, Any]], *, at: int) -> None:
    """Note what is to be copied."""
    same = {
        "transfer_id": transfer_id,
        "parent_id": None,
        "optional": False,
        "account_id": None,
        "is_directory": False,
        "state": TransferState.ACCEPTED.value,
        "message": "",
        "total_bytes": 0,
        "moved_bytes": 0,
        "retries": 0,
        "created_at": at,
    }
    if parts:
        conn.execute(_ADD_PARTS, [{**same, **part, "alias": str(uuid4())} for part in parts])


def find_transfer(conn: Connection, alias: str) -> Transfer | None:
    """The transfer with this alias."""
    row = conn.execute(_FIND, {"alias": alias}).first()
    return None if row is None else _read(row)


def get_transfer(conn: Connection, transfer_id: int) -> Transfer | None:
    """The transfer with this id of ours."""
    row = conn.execute(_GET, {"id": transfer_id}).first()
    return None if row is None else _read(row)


def transfers_of_run(conn: Connection, run_id: int) -> list[Transfer]:
    """What was transferred for a run, in the order in which it was asked for."""
    return [_read(row) for row in conn.execute(_ALL_OF_RUN, {"run_id": run_id})]


def transfer_of_run(conn: Connection, run_id: int, tag: str) -> Transfer | None:
    """What was transferred for a run under this tag."""
    row = conn.execute(_OF_RUN, {"run_id": run_id, "tag": tag}).first()
    return None if row is None else _read(row)


def list_transfers(conn: Connection, *, owner_id: int, page: Page) -> list[Transfer]:
    """A page of somebody's transfers, newest first."""
    found = select(transfer).where(transfer.c.owner_id == owner_id).order_by(transfer.c.id.desc())
    return [_read(row) for row in conn.execute(found.limit(page.limit).offset(page.offset))]


def list_elements(conn: Connection, transfer_id: int) -> list[Part]:
    """What was asked for, in the order of asking."""
    found = _PARTS.where(transfer_part.c.parent_id.is_(None)).order_by(transfer_part.c.id)
    return [_read_part(row) for row in conn.execute(found, {"id": transfer_id})]


def list_files(conn: Connection, transfer_id: int, *, unfinished: bool = False) -> list[Part]:
    """What was found, by element and in the order of finding; only what is not done yet when ``unfinished``."""
    found = _PARTS.where(transfer_part.c.parent_id.is_not(None))
    if unfinished:
        found = found.where(transfer_part.c.state.not_in([state.value for state in DONE]))
    order = found.order_by(transfer_part.c.parent_id, transfer_part.c.id)
    return [_read_part(row) for row in conn.execute(order, {"id": transfer_id})]


def tallies(conn: Connection, transfer_id: int) -> dict[int, Tally]:
    """How far each element has come, by its id; those in which nothing was found yet are left out."""
    rows = conn.execute(_TALLY, {"id": transfer_id})
    return {
        row.parent_id: Tally(
            bytes=int(row.bytes), moved=int(row.moved), files=int(row.files), finished=int(row.finished)
        )
        for row in rows
    }


def wish_end(conn: Connection, transfer_id: int, *, at: int) -> None:
    """Ask for a transfer's end; it ends soon, unless it has ended."""
    conn.execute(update(transfer).where(transfer.c.id == transfer_id).values(wish=STOP))
    conn.execute(_WAKE, {"which": transfer_id, "at": at})


def _read(row: Any) -> Transfer:
    return Transfer(
        id=row.id,
        alias=row.alias,
        owner_id=row.owner_id,
        run_id=row.run_id,
        tag=row.tag,
        state=TransferState(row.state),
        wish=row.wish,
        message=row.message,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _read_part(row: Any) -> Part:
    return Part(
        id=row.id,
        transfer_id=row.transfer_id,
        parent_id=row.parent_id,
        alias=row.alias,
        source=row.source,
        target=row.target,
        optional=row.optional,
        is_directory=row.is_directory,
        state=TransferState(row.state),
        message=row.message,
        total_bytes=row.total_bytes,
        moved_bytes=row.moved_bytes,
        retries=row.retries,
        account_id=row.account_id,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
