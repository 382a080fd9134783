"""People: accounts with what their owners say of themselves, and who of them may do something on a node."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dragoman.core.errors import NotFound
from dragoman.core.things import AccountProfile, Person, Verb
from dragoman.store.nodes import KIND
from dragoman.store.rows import read_account
from dragoman.store.tables import account, account_profile, grants

_SAID = tuple(column for column in account_profile.c if column.name != "account_id")
_ALL = (
    select(account, *_SAID)
    .outerjoin(account_profile, account_profile.c.account_id == account.c.id)
    .where(account.c.password_hash != "")
    .order_by(account.c.name)
)


def list_people(conn: Connection) -> list[Person]:
    """Everybody who can log in here, by name."""
    return [_read(row) for row in conn.execute(_ALL)]


def find_person(conn: Connection, name: str) -> Person:
    """Somebody who can log in here. Raises NotFound."""
    row = conn.execute(_ALL.where(account.c.name == name)).first()
    if row is None:
        raise NotFound(f"There is no account {name}.")
    return _read(row)


def people_of_node(conn: Connection, node_id: int, verb: Verb) -> list[Person]:
    """Who may do something on a node, by name."""
    may = select(grants.c.account_id).where(grants.c.kind == KIND, grants.c.ref == node_id, grants.c.verb == verb.value)
    return [_read(row) for row in conn.execute(_ALL.where(account.c.id.in_(may)))]


def change_profile(conn: Connection, name: str, changes: Mapping[str, str]) -> AccountProfile:
    """Have somebody say these things of themselves from now on, and the rest as before. Raises NotFound."""
    there = find_person(conn, name).account.id
    conn.execute(select(account.c.id).where(account.c.id == there).with_for_update())
    here = account_profile.c.account_id == there
    if conn.execute(select(account_profile.c.account_id).where(here)).first() is None:
        conn.execute(insert(account_profile).values(account_id=there, **{**asdict(AccountProfile()), **changes}))
    elif changes:
        conn.execute(update(account_profile).where(here).values(**changes))
    return find_person(conn, name).profile


def _read(row: Any) -> Person:
    said = {column.name: getattr(row, column.name) or "" for column in _SAID}
    return Person(account=read_account(row), joined_at=row.created_at, profile=AccountProfile(**said))
