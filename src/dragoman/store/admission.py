"""Lets in those who stand in line for a slot of a system: the next ones for whom there is room."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select

from dragoman.core.work import Claim
from dragoman.store.leasing import claims_of, leasing
from dragoman.store.quotas import Budgets, next_in_line, of_apps
from dragoman.store.tables import system, work

_ADMIT = leasing(
    select(work.c.id).where(work.c.gate == bindparam("at_gate")).order_by(work.c.turn).limit(bindparam("most")),
    gate=None,
    holds=work.c.gate,
    due_at=bindparam("at"),
)
_ADMIT_CHOSEN = leasing(
    select(work.c.id).where(work.c.id.in_(bindparam("chosen", expanding=True))),
    gate=None,
    holds=work.c.gate,
    due_at=bindparam("at"),
)
_held = work.alias("held")
_waiting = work.alias("waiting")
_GATES = select(
    system.c.id,
    system.c.budgets,
    (system.c.slots - select(func.count()).where(_held.c.holds == system.c.id).scalar_subquery()).label("free"),
).where(exists().where(_waiting.c.gate == system.c.id))
_LOCK = select(system.c.id).where(system.c.id == bindparam("at_gate")).with_for_update()


def let_in(conn: Connection, most: int, who: Mapping[str, Any]) -> tuple[list[Claim], bool]:
    """Lease up to ``most`` of those who are next in their lines; and whether somebody could not be let in.

    ``who`` says by whom, when and until when, as bound in ``leasing``.
    """
    admitted: list[Claim] = []
    full = False
    gates = conn.execute(_GATES).all() if most > 0 else ()
    apps = of_apps(conn) if gates else {}
    for gate in gates:
        wanted = min(gate.free, most - len(admitted))
        some = _admit(conn, gate.id, wanted, (gate.budgets or {}, apps), who)
        full = full or gate.free <= 0 or (wanted > 0 and not some)
        admitted += some
    return admitted, full


def _admit(
    conn: Connection, gate: int, most: int, budgets: tuple[Budgets, Mapping[int, Budgets]], who: Mapping[str, Any]
) -> list[Claim]:
    """Let in whoever is next and has room in the ``budgets`` of the system and of apps."""
    if most <= 0:
        return []
    if conn.dialect.name != "sqlite":  # where others claim at the same time, one after the other counts the slots
        conn.execute(_LOCK, {"at_gate": gate})
        free = next((row.free for row in conn.execute(_GATES) if row.id == gate), 0)
        most = min(most, free)
    if most <= 0:
        return []
    if any(budgets):
        return claims_of(conn.execute(_ADMIT_CHOSEN, {**who, "chosen": next_in_line(conn, gate, most, *budgets)}))
    return claims_of(conn.execute(_ADMIT, {**who, "at_gate": gate, "most": most}))
