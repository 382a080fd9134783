"""Who of those in line may go next where an owner, or a queue, may have only so many runs at once."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from dragoman.store.tables import run, work

Budgets = Mapping[str, Any]
"""A system's budgets: ``per_owner``, and for each of ``queues`` its ``runs`` and ``per_owner``; absent: no limit."""

_KEYS = select(work.c.id, work.c.owner_id, run.c.queue).join(run, run.c.id == work.c.ref).where(work.c.kind == "run")


class _Ledger:
    """What is taken of each budget."""

    def __init__(self, conn: Connection, gate: int, budgets: Budgets) -> None:
        self._per_owner: int | None = budgets.get("per_owner")
        self._queues: Mapping[str, Mapping[str, int]] = budgets.get("queues", {})
        held = (
            select(work.c.owner_id, run.c.queue, func.count().label("taken"))
            .join(run, run.c.id == work.c.ref)
            .where(work.c.kind == "run", work.c.holds == gate)
            .group_by(work.c.owner_id, run.c.queue)
        )
        self._owners: Counter[int] = Counter()
        self._lines: Counter[str] = Counter()
        self._pairs: Counter[tuple[int, str]] = Counter()
        for row in conn.execute(held):
            self.take(row.owner_id, row.queue, row.taken)

    def take(self, owner: int, queue: str, count: int = 1) -> None:
        self._owners[owner] += count
        self._lines[queue] += count
        self._pairs[owner, queue] += count

    def has_room(self, owner: int, queue: str) -> bool:
        limits = self._queues.get(queue, {})
        return all(
            most is None or taken < most
            for most, taken in (
                (self._per_owner, self._owners[owner]),
                (limits.get("runs"), self._lines[queue]),
                (limits.get("per_owner"), self._pairs[owner, queue]),
            )
        )

    def spent(self) -> list[Any]:
        """Conditions that leave out everybody who has no room."""
        owners = [
            one for one, taken in self._owners.items() if self._per_owner is not None and taken >= self._per_owner
        ]
        lines = [name for name, limits in self._queues.items() if self._lines[name] >= limits.get("runs", 1 << 60)]
        pairs = [
            and_(work.c.owner_id == owner, run.c.queue == queue)
            for (owner, queue), taken in self._pairs.items()
            if taken >= self._queues.get(queue, {}).get("per_owner", 1 << 60)
        ]
        left_out = [work.c.owner_id.in_(owners), run.c.queue.in_(lines), *pairs]
        return [~or_(*left_out)]


def next_in_line(conn: Connection, gate: int, most: int, budgets: Budgets) -> list[int]:
    """The rows of work, ``most`` at the most, that may go next, in their order."""
    ledger, chosen = _Ledger(conn, gate, budgets), list[int]()
    while len(chosen) < most:
        waiting = _KEYS.where(work.c.gate == gate, work.c.id.not_in(chosen), *ledger.spent())
        rows = conn.execute(waiting.order_by(work.c.turn).limit(most - len(chosen))).all()
        before = len(chosen)
        for row in rows:
            if ledger.has_room(row.owner_id, row.queue):
                ledger.take(row.owner_id, row.queue)
                chosen.append(row.id)
        if len(chosen) == before:
            break
    return chosen
