"""The systems that people have chosen for when a request names none."""

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from dragoman.store.tables import chosen_system, system


def choose(conn: Connection, *, account_id: int | None, purpose: str, system_id: int | None) -> int:
    """Choose a system for a purpose (None: no longer any); for somebody, or for everybody. How many were there."""
    there = conn.execute(delete(chosen_system).where(*_which(account_id, purpose))).rowcount
    if system_id is not None:
        row = {"account_id": account_id, "purpose": purpose, "system_id": system_id}
        conn.execute(insert(chosen_system).values(**row))
    return there


def find(conn: Connection, *, account_id: int) -> list[tuple[str, str, bool]]:
    """What somebody, and what was chosen for everybody: purpose, name of a system, whether it is everybody's."""
    mine = or_(chosen_system.c.account_id == account_id, chosen_system.c.account_id.is_(None))
    rows = conn.execute(
        select(chosen_system.c.purpose, chosen_system.c.account_id, system.c.name)
        .join(system, system.c.id == chosen_system.c.system_id)
        .where(mine, system.c.deleted_at.is_(None))
        .order_by(chosen_system.c.id)
    )
    return [(row.purpose, row.name, row.account_id is None) for row in rows]


def _which(account_id: int | None, purpose: str) -> list[ColumnElement[bool]]:
    # ``== None`` becomes IS NULL here.
    return [chosen_system.c.account_id == account_id, chosen_system.c.purpose == purpose]
