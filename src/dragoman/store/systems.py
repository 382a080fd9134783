"""Systems as people register them. Names are never given twice, not even those of deleted systems."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import NotFound, Taken
from dragoman.core.things import System
from dragoman.store.grants import may_read
from dragoman.store.rows import read_system
from dragoman.store.tables import system

_BY_NAME = select(system).where(system.c.name == bindparam("name"))
_BY_ID = select(system).where(system.c.id == bindparam("id"))


def find_system(conn: Connection, name: str) -> System | None:
    """The system of that name; deleted ones too."""
    row = conn.execute(_BY_NAME, {"name": name}).first()
    return None if row is None else read_system(row)


def get_system(conn: Connection, system_id: int) -> System:
    """The system with this id of ours; deleted ones too. Raises NotFound."""
    row = conn.execute(_BY_ID, {"id": system_id}).first()
    if row is None:
        raise NotFound("The system is gone.")
    return read_system(row)


def list_systems(
    conn: Connection, *, owner_id: int | None = None, reader_id: int | None = None, deleted: bool = False
) -> list[System]:
    """All systems, or an owner's, or those that a reader may see, by name; deleted ones when asked."""
    which = select(system).order_by(system.c.name)
    if owner_id is not None:
        which = which.where(system.c.owner_id == owner_id)
    if reader_id is not None:
        which = which.where(may_read(system, reader_id))
    if not deleted:
        which = which.where(system.c.deleted_at.is_(None))
    return [read_system(row) for row in conn.execute(which)]


def add_system(conn: Connection, *, name: str, owner_id: int, values: Mapping[str, Any], at: int) -> System:
    """Add a system. Raises Taken when another has the name, or had it."""
    row = {"name": name, "owner_id": owner_id, "created_at": at, "updated_at": at, **values}
    try:
        added = conn.execute(insert(system).values(row).returning(system.c.id)).scalar_one()
    except IntegrityError as error:
        raise Taken(f"There is a system {name} already, or there was one.", hint="Choose another id.") from error
    return get_system(conn, added)


def change_system(conn: Connection, system_id: int, values: Mapping[str, Any], *, at: int) -> None:
    """Give a system other values."""
    conn.execute(update(system).where(system.c.id == system_id).values(**values, updated_at=at))


def settle_system(conn: Connection, system_id: int, *, uuid: str, at: int) -> bool:
    """Give a system that came with the house its uuid and age, once; whether it had none."""
    new = (system.c.id == system_id) & (system.c.uuid == "")
    return conn.execute(update(system).where(new).values(uuid=uuid, created_at=at, updated_at=at)).rowcount == 1
