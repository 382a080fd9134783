"""The few things that a node knows of itself, by name."""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from dragoman.store.edge.tables import fact


def get_fact(conn: Connection, name: str) -> Any:
    """What is known under the name; None: nothing."""
    return conn.execute(select(fact.c.value).where(fact.c.name == name)).scalar()


def put_fact(conn: Connection, name: str, value: Any) -> None:
    """Know this under the name."""
    new = insert(fact).values(name=name, value=value)
    conn.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def first_fact(conn: Connection, name: str, value: Any) -> Any:
    """What is known under the name; ``value`` from now on, if nothing was."""
    conn.execute(insert(fact).values(name=name, value=value).on_conflict_do_nothing())
    return get_fact(conn, name)
