"""Jobs of one run in directories of people's own: started in one go, listed with their run, shared by topics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select

from dragoman.core.job import NO_WORKLOAD, Draft, Event, Job, Run, workload_as_json
from dragoman.core.notices import NewSubscription
from dragoman.core.sources import Wanted
from dragoman.core.things import Page, Verb, Whose
from dragoman.store.chunks import chunks
from dragoman.store.jobs import add_job, get_job, submit_job
from dragoman.store.rows import read_event, read_job, read_run
from dragoman.store.search import Search
from dragoman.store.subscriptions import subscribe, tell_change
from dragoman.store.tables import event, grants, job, run, transfer

JOB = "job"
_BARE = workload_as_json(NO_WORKLOAD)
_LEFT_OUT = {"letter", "workload", "subscriptions"}
"""Columns that lists have no use for, and that may be long or lie behind those."""
_COLUMNS = [column for column in job.c if column.name not in _LEFT_OUT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A job, its run, the run's moves, and the ids of the transfers that were made for it, by their tags."""

    job: Job
    run: Run | None
    moves: Sequence[Event]
    transfers: Mapping[str, str]


def start_job(
    conn: Connection,
    draft: Draft,
    *,
    owner_id: int,
    system_id: int,
    app_id: int | None = None,
    at: int,
    subscriptions: Sequence[NewSubscription] = (),
) -> Job:
    """Store a job and open it; its subscribers hear of it from the start. Raises Conflict when its alias is taken."""
    made = add_job(conn, draft, owner_id=owner_id, workload=draft.workload, input_bytes=0, at=at)
    if subscriptions:
        subscribe(conn, made.id, subscriptions, owner_id=owner_id, at=at)
    submit_job(conn, made, system_id=system_id, app_id=app_id, runs=1, at=at)
    if subscriptions:
        tell_change(conn, made.id, len(subscriptions), added=True, at=at)
    return get_job(conn, made.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Jobs of a list."""

    jobs: Sequence[Listed]
    is_part: bool
    """They are the wanted part in its order; else all among which it is to be found."""
    total: int = -1
    """How many there are before the list is cut, where that was wanted and ``is_part``."""


def list_jobs_with_runs(
    conn: Connection, wanted: Wanted, *, door: str, account_id: int, whose: Whose, topic: str
) -> Found:
    """Jobs with their one run and its moves, without letters and workloads.

    Shared are those of which the account may read ``topic``. Those that changed last are at the end, unless another
    order is wanted; with ALL, its own come first.
    """
    search = Search(conn, wanted)
    (narrowing, is_all), order = search.conditions(), search.order()
    fitting, usual = _fitting(search, narrowing, door=door, account_id=account_id, whose=whose, topic=topic)
    if not is_all or order is None:
        ids = [] if wanted.part_only else _ids(conn, fitting.order_by(*usual))
        return Found(jobs=listed_jobs(conn, ids), is_part=False)
    total = conn.execute(select(func.count()).select_from(fitting.subquery())).scalar_one() if wanted.total else -1
    listing = wanted.listing
    part = fitting.where(*search.after()).order_by(*order, *usual).offset(listing.skip)
    part = part.limit(listing.limit) if listing.limit > 0 else part
    return Found(jobs=listed_jobs(conn, _ids(conn, part)), is_part=True, total=total)


def fitting_jobs(
    conn: Connection, wanted: Wanted, *, door: str, account_id: int, whose: Whose, topic: str
) -> list[int]:
    """The ids of all jobs among which what is wanted is to be found, in the wanted order as far as the store knows it.

    The list is not cut. See ``list_jobs_with_runs``.
    """
    search = Search(conn, wanted)
    (narrowing, _), order = search.conditions(), search.order()
    fitting, usual = _fitting(search, narrowing, door=door, account_id=account_id, whose=whose, topic=topic)
    return _ids(conn, fitting.order_by(*(order or ()), *usual))


def _fitting(
    search: Search, narrowing: Sequence[ColumnElement[bool]], *, door: str, account_id: int, whose: Whose, topic: str
) -> "tuple[Select[tuple[int]], list[Any]]":
    """The jobs that somebody may see and that may be wanted, and the usual order of them."""
    mine = job.c.owner_id == account_id
    shared = and_(~mine, _is_shared(account_id, topic))
    which = {Whose.MINE: mine, Whose.SHARED: shared, Whose.ALL: or_(mine, shared)}[whose]
    fitting = select(job.c.id).where(job.c.door == door, which, *narrowing)
    if "run" in search.looks_at:
        fitting = fitting.join(run, (run.c.job_id == job.c.id) & (run.c.number == 1))
    return fitting, [*([mine.desc()] if whose is Whose.ALL else []), job.c.updated_at, job.c.id]


def _ids(conn: Connection, found: "Select[tuple[int]]") -> list[int]:
    return [row.id for row in conn.execute(found)]


def listed_jobs(conn: Connection, ids: Sequence[int]) -> list[Listed]:
    """Jobs with their one run and its moves, in this order; those that are gone are left out."""
    found, runs, moves, moved = _jobs(conn, ids), _runs(conn, ids), _moves(conn, ids), _transfers(conn, ids)
    return [
        Listed(job=found[one], run=runs.get(one), moves=moves.get(one, ()), transfers=moved.get(one, {}))
        for one in ids
        if one in found
    ]


def without_letters(
    conn: Connection, *which: ColumnElement[bool], order: Sequence[Any] = (job.c.id,), page: Page | None = None
) -> list[Job]:
    """Jobs, or a page of them, whose letters and workloads are left out: these may be long."""
    # A page is chosen by an index alone: the rows of other pages are not read.
    ids = select(job.c.id).where(*which).order_by(*order)
    chosen = which if page is None else (job.c.id.in_(ids.limit(page.limit).offset(page.offset)),)
    return [_read(row) for row in conn.execute(select(*_COLUMNS).where(*chosen).order_by(*order))]


def _is_shared(account_id: int, topic: str) -> Any:
    fits = (grants.c.kind == JOB, grants.c.ref == job.c.id, grants.c.account_id == account_id, grants.c.path == topic)
    return select(literal(1)).where(*fits, grants.c.verb == Verb.READ.value).exists()


def may_read_topic(conn: Connection, job_id: int, account_id: int, topic: str) -> bool:
    """Whether that much of a job was shared with an account."""
    row = select(literal(1)).where(job.c.id == job_id, _is_shared(account_id, topic))
    return conn.execute(row).first() is not None


def _jobs(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, Job]:
    found: dict[int, Job] = {}
    for first in range(0, len(job_ids), some):
        found |= {one.id: one for one in without_letters(conn, job.c.id.in_(job_ids[first : first + some]))}
    return found


def _runs(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, Run]:
    found: dict[int, Run] = {}
    for first in range(0, len(job_ids), some):
        rows = conn.execute(select(run).where(run.c.job_id.in_(job_ids[first : first + some]), run.c.number == 1))
        found |= {row.job_id: read_run(row) for row in rows}
    return found


def _moves(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    for first in range(0, len(job_ids), some):
        fits = (event.c.job_id.in_(job_ids[first : first + some]), event.c.kind == "move", event.c.run_id.is_not(None))
        for row in conn.execute(select(event).where(*fits).order_by(event.c.job_id, event.c.seq)):
            found.setdefault(row.job_id, []).append(read_event(row))
    return found


def _transfers(conn: Connection, job_ids: Sequence[int], some: int = 500) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    columns = select(run.c.job_id, transfer.c.tag, transfer.c.alias).join(run, run.c.id == transfer.c.run_id)
    for first in range(0, len(job_ids), some):
        rows = conn.execute(columns.where(run.c.job_id.in_(job_ids[first : first + some])).order_by(transfer.c.id))
        for row in rows:
            found.setdefault(row.job_id, {}).setdefault(row.tag, row.alias)
    return found


def aliases_of(conn: Connection, run_ids: Iterable[int]) -> dict[int, str]:
    """The aliases of the jobs that runs are of, by the ids of the runs."""
    columns = select(run.c.id, job.c.alias).join(job, job.c.id == run.c.job_id)
    return {row.id: row.alias for some in chunks(run_ids) for row in conn.execute(columns.where(run.c.id.in_(some)))}


class _Row:
    """A row of which some columns were not read."""

    letter = ""
    workload = _BARE

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _read(row: Any) -> Job:
    return read_job(_Row(row))
