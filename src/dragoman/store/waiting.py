"""Those who have stood in line for long, and what keeps them waiting."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from dragoman.core.job import Run
from dragoman.core.work import Budget
from dragoman.store.queue import FAR
from dragoman.store.quotas import Budgets, Ledger, of_apps
from dragoman.store.rows import read_run
from dragoman.store.tables import app, run, system, work

_LONG_WAITERS = (
    select(
        run,
        work.c.id.label("row"),
        work.c.owner_id,
        system.c.name.label("place"),
        system.c.budgets,
        app.c.name.label("app"),
    )
    .join(work, work.c.ref == run.c.id)
    .join(system, system.c.id == run.c.system_id)
    .outerjoin(app, app.c.id == run.c.app_id)
    .where(work.c.kind == "run", work.c.gate.is_not(None), work.c.due_at <= bindparam("at"))
    .limit(bindparam("most"))
    .with_for_update(of=work, skip_locked=True)  # who is just let in, or wished away, waits no longer
)
_TOLD = update(work).where(work.c.id.in_(bindparam("rows", expanding=True))).values(due_at=FAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """A run in line, the names of its system and app, and the budget that it waits for."""

    run: Run
    place: str
    app: str
    budget: Budget
    most: int
    """How many runs the budget allows at once."""


def long_waiters(conn: Connection, *, at: int, most: int) -> list[Waiter]:
    """Some runs that have stood in line for long; each told of once."""
    rows = list(conn.execute(_LONG_WAITERS, {"at": at, "most": most}))
    if not rows:
        return []
    conn.execute(_TOLD, {"rows": [row.row for row in rows]})
    apps, budgets = of_apps(conn), {row.system_id: row.budgets or {} for row in rows}
    ledgers = _ledgers(conn, budgets, apps)
    found = []
    for row in rows:
        spent = ledgers[row.system_id].spent_by(row.owner_id, row.queue, row.app_id or 0)
        budget, allowed = spent or (Budget.SLOTS, 0)
        found.append(Waiter(run=read_run(row), place=row.place, app=row.app or "", budget=budget, most=allowed))
    return found


def _ledgers(conn: Connection, budgets: Mapping[int, Budgets], apps: Mapping[int, Budgets]) -> Mapping[int, Ledger]:
    return {system_id: Ledger(conn, system_id, of_system, apps) for system_id, of_system in budgets.items()}
