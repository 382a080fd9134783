"""Who of those in line may go next where an owner, a queue or an app may have only so many runs at once."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from dragoman.core.work import Budget
from dragoman.store.tables import app, run, work

Budgets = Mapping[str, Any]
"""A system's budgets: ``per_owner``, and for each of ``queues`` its ``runs`` and ``per_owner``; absent: no limit. Those
of an app are its ``runs`` and ``per_owner`` on each system."""

_APP = func.coalesce(run.c.app_id, 0)
_KEYS = select(work.c.id, work.c.owner_id, run.c.queue, _APP.label("app")).join(run, run.c.id == work.c.ref)
_KEYS = _KEYS.where(work.c.kind == "run")
_OF_APPS = select(app.c.id, app.c.budgets).where(app.c.budgets.is_not(None))

_Key = tuple[Budget, Any, int | None]
"""A budget, the queue or app that it is of, and whose it is where everybody has one of their own."""


def _keys(owner: int, queue: str, app_id: int) -> tuple[_Key, ...]:
    return (
        (Budget.APP, app_id, None),
        (Budget.APP_OWNER, app_id, owner),
        (Budget.QUEUE, queue, None),
        (Budget.QUEUE_OWNER, queue, owner),
        (Budget.OWNER, None, owner),
    )


def of_apps(conn: Connection) -> Mapping[int, Budgets]:
    """The budgets of the versions of apps that have any."""
    return {row.id: row.budgets for row in conn.execute(_OF_APPS)}


class Ledger:
    """What is taken of each budget at a system."""

    def __init__(self, conn: Connection, gate: int, budgets: Budgets, apps: Mapping[int, Budgets]) -> None:
        self._budgets, self._apps = budgets, apps
        held = (
            select(work.c.owner_id, run.c.queue, _APP.label("app"), func.count().label("taken"))
            .join(run, run.c.id == work.c.ref)
            .where(work.c.kind == "run", work.c.holds == gate)
            .group_by(work.c.owner_id, run.c.queue, _APP)
        )
        self._taken: Counter[_Key] = Counter()
        for row in conn.execute(held):
            self.take(row.owner_id, row.queue, row.app, row.taken)

    def take(self, owner: int, queue: str, app_id: int, count: int = 1) -> None:
        """So many more runs are let in."""
        for key in _keys(owner, queue, app_id):
            self._taken[key] += count

    def most(self, key: _Key) -> int | None:
        """How many runs a budget allows; None: any number."""
        kind, what, _ = key
        if kind is Budget.OWNER:
            found: int | None = self._budgets.get("per_owner")
            return found
        is_of_app = kind in {Budget.APP, Budget.APP_OWNER}
        limits = self._apps.get(what, {}) if is_of_app else self._budgets.get("queues", {}).get(what, {})
        return limits.get("runs" if kind in {Budget.APP, Budget.QUEUE} else "per_owner")

    def spent_by(self, owner: int, queue: str, app_id: int) -> tuple[Budget, int] | None:
        """The budget that keeps somebody's run waiting, and how many it allows; None when all have room."""
        for key in _keys(owner, queue, app_id):
            if self._is_spent(key):
                return key[0], self.most(key) or 0
        return None

    def _is_spent(self, key: _Key) -> bool:
        most = self.most(key)
        return most is not None and self._taken[key] >= most

    def spent(self) -> list[Any]:
        """Conditions that leave out everybody who has no room."""
        return [~or_(*left_out)] if (left_out := [_fits(key) for key in self._taken if self._is_spent(key)]) else []


def _fits(key: _Key) -> Any:
    kind, what, owner = key
    conditions = [] if owner is None else [work.c.owner_id == owner]
    if kind is not Budget.OWNER:
        conditions.append((_APP if kind in {Budget.APP, Budget.APP_OWNER} else run.c.queue) == what)
    return and_(*conditions)


def next_in_line(
    conn: Connection, gate: int, most: int, budgets: Budgets, apps: Mapping[int, Budgets], *, but: Collection[int] = ()
) -> list[int]:
    """The rows of work, ``most`` at the most, that may go next, in their order; none of the accounts ``but``."""
    ledger, chosen = Ledger(conn, gate, budgets, apps), list[int]()
    while len(chosen) < most:
        fits = (work.c.gate == gate, work.c.id.not_in(chosen), work.c.owner_id.not_in(but))
        waiting = _KEYS.where(*fits, *ledger.spent())
        rows = conn.execute(waiting.order_by(work.c.turn).limit(most - len(chosen))).all()
        before = len(chosen)
        for row in rows:
            if ledger.spent_by(row.owner_id, row.queue, row.app) is None:
                ledger.take(row.owner_id, row.queue, row.app)
                chosen.append(row.id)
        if len(chosen) == before:
            break
    return chosen
