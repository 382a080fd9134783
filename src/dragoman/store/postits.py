"""Links that let whoever holds them fetch one path: made, counted, changed, removed."""

from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from dragoman.core.postits import UNLIMITED, Postit
from dragoman.store.tables import account, postit, system

_ALL = (
    select(postit, system.c.name.label("system"), account.c.name.label("owner"))
    .join(system, system.c.id == postit.c.system_id)
    .join(account, account.c.id == postit.c.owner_id)
)
_FIND = _ALL.where(postit.c.alias == bindparam("alias"))
_ADD = insert(postit).returning(postit.c.id)
_USE = (
    update(postit)
    .where(
        and_(
            postit.c.id == bindparam("which"),
            postit.c.expires_at > bindparam("at"),
            or_(postit.c.allowed_uses == UNLIMITED, postit.c.times_used < postit.c.allowed_uses),
        )
    )
    .values(times_used=postit.c.times_used + 1)
)


def add_postit(
    conn: Connection, *, alias: str, system_id: int, path: str, owner_id: int, uses: int, expires_at: int, at: int
) -> Postit:
    """Make a link."""
    row = {
        "alias": alias,
        "system_id": system_id,
        "path": path,
        "owner_id": owner_id,
        "allowed_uses": uses,
        "times_used": 0,
        "expires_at": expires_at,
        "created_at": at,
        "updated_at": at,
    }
    conn.execute(_ADD, row)
    return _read(conn.execute(_FIND, {"alias": alias}).one())


def find_postit(conn: Connection, alias: str) -> Postit | None:
    """The link with this alias."""
    row = conn.execute(_FIND, {"alias": alias}).first()
    return None if row is None else _read(row)


def list_postits(conn: Connection, *, owner_id: int | None) -> list[Postit]:
    """The links of one account, or of everybody, oldest first."""
    asked = _ALL if owner_id is None else _ALL.where(postit.c.owner_id == owner_id)
    return [_read(row) for row in conn.execute(asked.order_by(postit.c.id))]


def use_postit(conn: Connection, postit_id: int, *, at: int) -> bool:
    """Count one use; False, and nothing counted, when the link has expired or was used up meanwhile."""
    return conn.execute(_USE, {"which": postit_id, "at": at}).rowcount == 1


def change_postit(conn: Connection, postit_id: int, *, uses: int | None, expires_at: int | None, at: int) -> None:
    """Allow another number of uses, or another end."""
    values: dict[str, Any] = {"updated_at": at}
    if uses is not None:
        values["allowed_uses"] = uses
    if expires_at is not None:
        values["expires_at"] = expires_at
    conn.execute(update(postit).where(postit.c.id == postit_id).values(values))


def remove_postit(conn: Connection, postit_id: int) -> int:
    """Delete a link; how many there were."""
    return conn.execute(delete(postit).where(postit.c.id == postit_id)).rowcount


def _read(row: Any) -> Postit:
    return Postit(
        id=row.id,
        alias=row.alias,
        system=row.system,
        path=row.path,
        owner=row.owner,
        owner_id=row.owner_id,
        allowed_uses=row.allowed_uses,
        times_used=row.times_used,
        expires_at=row.expires_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
