"""Scheduler profiles: what a batch system wants around every job."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.registered import Profile
from dragoman.store.tables import account, scheduler_profile

_ALL = select(scheduler_profile, account.c.name.label("owner")).join(
    account, account.c.id == scheduler_profile.c.owner_id
)


def find_profile(conn: Connection, name: str) -> Profile | None:
    """The profile of that name."""
    row = conn.execute(_ALL.where(scheduler_profile.c.name == name)).first()
    return None if row is None else _read(row)


def list_profiles(conn: Connection) -> list[Profile]:
    """All profiles, by name."""
    return [_read(row) for row in conn.execute(_ALL.order_by(scheduler_profile.c.name))]


def add_profile(
    conn: Connection, *, name: str, description: str, owner_id: int, spec: Mapping[str, Any], at: int
) -> None:
    """Add a profile. Raises Conflict when the name is taken."""
    row = {"name": name, "description": description, "owner_id": owner_id, "spec": dict(spec), "created_at": at}
    try:
        conn.execute(insert(scheduler_profile).values(row))
    except IntegrityError as error:
        raise Conflict(f"There is a scheduler profile {name} already.", hint="Choose another name.") from error


def remove_profile(conn: Connection, name: str) -> int:
    """Delete a profile; how many there were."""
    return conn.execute(delete(scheduler_profile).where(scheduler_profile.c.name == name)).rowcount


def _read(row: Any) -> Profile:
    return Profile(
        name=row.name, description=row.description, owner=row.owner, spec=row.spec, created_at=row.created_at
    )
