"""Which jobs an account sees: as a part of queries about other things, and as lists. Changes nothing."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_, union_all

from dragoman.core.job import JobHead
from dragoman.core.states import JobState, RunState, Wish
from dragoman.core.things import JobQuery, Page
from dragoman.store.accounts import is_granted
from dragoman.store.rows import read_job_head
from dragoman.store.tables import grants, job

PART = 100
"""Jobs of a list that are in memory at the same moment."""

_LEFT_OUT = ("letter", "workload", "subscriptions")
_HEAD = tuple(column for column in job.c if column.name not in _LEFT_OUT)
_EVERY = (len(RunState) + 1) * len(Wish)
"""How many phases a state of a job has."""


def may_see(account_id: int) -> ColumnElement[bool]:
    """Whether an account owns the job or it was shared with it, as a part of a query."""
    return or_(job.c.owner_id == account_id, is_granted("job", job.c.id, account_id))


def sees_job(conn: Connection, *, job_id: int, account_id: int) -> bool:
    """Whether an account owns the job or it was shared with it."""
    return conn.execute(select(job.c.id).where(job.c.id == job_id, may_see(account_id))).first() is not None


def list_jobs(
    conn: Connection, *, account_id: int, door: str, query: JobQuery, page: Page
) -> tuple[int, Iterator[list[JobHead]]]:
    """How many jobs of a door an account may see, and one page of them, part by part."""
    own_and_shared = _seen(account_id, door, query)
    count = sum(conn.execute(select(func.count()).select_from(some.subquery())).scalar_one() for some in own_and_shared)
    found = union_all(*own_and_shared)
    chosen = found.order_by(*_order(found.selected_columns, query)).limit(page.limit).offset(page.offset).subquery()
    whole = select(*_HEAD).join(chosen, chosen.c.id == job.c.id).order_by(*_order(job.c, query))
    rows = conn.execute(whole, execution_options={"yield_per": PART})
    return count, ([read_job_head(row) for row in part] for part in rows.partitions())


def _order(columns: Any, query: JobQuery) -> list[ColumnElement[Any]]:
    keys = ("name", "id") if query.order.lstrip("-") == "name" else ("id",)
    return [columns[key].desc() if query.order.startswith("-") else columns[key] for key in keys]


def _seen(account_id: int, door: str, query: JobQuery) -> "tuple[Select[tuple[int, str]], Select[tuple[int, str]]]":
    # Two queries, for each has an index of its own to go along; what they find has nothing in common.
    here = [job.c.door == door, job.c.state != JobState.REMOVED.value, *_filters(query)]
    columns = select(job.c.id, job.c.name)
    held = select(grants.c.ref).where(grants.c.account_id == account_id, grants.c.kind == "job").distinct().subquery()
    shared = columns.join(held, held.c.ref == job.c.id).where(job.c.owner_id != account_id, *here)
    return columns.where(job.c.owner_id == account_id, *here), shared


def _filters(query: JobQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.search:
        found.append(job.c.name.icontains(query.search, autoescape=True))
    if query.phases is not None:
        found.append(_in_phases(query.phases))
    return found


def _in_phases(phases: frozenset[tuple[str, str, str]]) -> ColumnElement[bool]:
    # The index knows states: a state all of whose phases are wanted is found there, without a look at the rows.
    by_state: dict[str, list[tuple[str, str, str]]] = {}
    for phase in sorted(phases):
        by_state.setdefault(phase[0], []).append(phase)
    whole = [state for state, some in by_state.items() if len(some) == _EVERY]
    rest = [phase for state in by_state if state not in whole for phase in by_state[state]]
    some = and_(job.c.state.in_(set(by_state) - set(whole)), tuple_(job.c.state, job.c.progress, job.c.wish).in_(rest))
    return or_(job.c.state.in_(whole), some) if rest else job.c.state.in_(whole)
