"""Systems as places of files: who stands how before their paths, and with whom those are shared."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select

from dragoman.core.paths import ancestors, is_below
from dragoman.core.standing import PATH, SYSTEM, Held, Standing
from dragoman.core.things import Account, System, Verb
from dragoman.store.logins import find_login
from dragoman.store.rows import read_account, read_system
from dragoman.store.tables import account, grants, system

_SYSTEM = select(system).where(system.c.name == bindparam("name"), system.c.deleted_at.is_(None))
_HELD = select(grants.c.kind, grants.c.verb, grants.c.path).where(
    grants.c.ref == bindparam("system_id"),
    or_(grants.c.kind == SYSTEM, (grants.c.kind == PATH) & grants.c.path.in_(bindparam("paths", expanding=True))),
    or_(grants.c.account_id == bindparam("account_id"), grants.c.account_id.is_(None)),
)
_SHARES = (
    select(grants.c.path, account.c.name)
    .join(account, account.c.id == grants.c.account_id, isouter=True)
    .where(
        grants.c.kind == PATH,
        grants.c.ref == bindparam("system_id"),
        grants.c.verb == Verb.SHARE.value,
        grants.c.path.in_(bindparam("paths", expanding=True)),
    )
    .order_by(grants.c.id)
)
_ACCOUNTS = select(account).where(account.c.name.in_(bindparam("names", expanding=True)))
_ACCOUNT = select(account).where(account.c.id == bindparam("id"))


def find_place(conn: Connection, name: str) -> System | None:
    """The system of that name, enabled or not; None when there is none, or it was deleted."""
    row = conn.execute(_SYSTEM, {"name": name}).first()
    return None if row is None else read_system(row)


def standing(conn: Connection, place: System, path: str, who: Account) -> Standing:
    """How an account stands before a path of a system."""
    if place.owner_id == who.id:  # who needs nothing from anybody
        return Standing(system=place, account=who, path=path, held=(), own_login=True)
    asked: dict[str, Any] = {"system_id": place.id, "paths": list(ancestors(path)), "account_id": who.id}
    held = tuple(Held(kind=row.kind, verb=row.verb, path=row.path) for row in conn.execute(_HELD, asked))
    for_all = find_login(conn, system_id=place.id, account_id=None)
    return Standing(system=place, account=who, path=path, held=held, own_login=for_all is None)


def get_account(conn: Connection, account_id: int) -> Account | None:
    """The account with this id of ours."""
    row = conn.execute(_ACCOUNT, {"id": account_id}).first()
    return None if row is None else read_account(row)


def accounts_named(conn: Connection, names: Sequence[str]) -> dict[str, Account]:
    """The accounts with these names, by name; those that do not exist are left out."""
    return {row.name: read_account(row) for row in conn.execute(_ACCOUNTS, {"names": list(names)})}


def list_shares(conn: Connection, *, system_id: int, path: str) -> list[tuple[str, str | None]]:
    """With whom a path, or one above it, is shared: (shared path, account name), the name None for everybody."""
    asked: dict[str, Any] = {"system_id": system_id, "paths": list(ancestors(path))}
    return [(row.path, row.name) for row in conn.execute(_SHARES, asked)]


def remove_shares(conn: Connection, *, system_id: int, path: str, below: bool) -> None:
    """End all shares of a path, with people and with everybody; with ``below`` also of what lies in it."""
    which = [grants.c.kind == PATH, grants.c.ref == system_id, grants.c.verb == Verb.SHARE.value]
    rows = conn.execute(select(grants.c.id, grants.c.path).where(*which)).all()
    ids = [row.id for row in rows if row.path == path or (below and is_below(row.path, path))]
    if ids:
        conn.execute(delete(grants).where(grants.c.id.in_(ids)))
