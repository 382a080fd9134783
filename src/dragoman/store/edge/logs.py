"""What plugins have written and the centre has not been given yet; the blobs themselves are the engine's."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from dragoman.core.edge import Firing
from dragoman.store.edge.tables import log


class WaitingLog(NamedTuple):
    """The log of an execution that has ended: what names that, and the key of the blob."""

    id: int
    goal: str
    pod: str
    blob: str


def add_log(conn: Connection, firing: Firing, blob: str) -> None:
    """Have the log of an execution handed over."""
    conn.execute(insert(log).values(goal=firing.goal, pod=firing.pod, blob=blob))


def next_logs(conn: Connection, *, most: int) -> list[WaitingLog]:
    """The oldest logs that wait."""
    return [WaitingLog(*row) for row in conn.execute(select(log).order_by(log.c.id).limit(most))]


def remove_log(conn: Connection, log_id: int) -> None:
    """The centre has it, or never will."""
    conn.execute(delete(log).where(log.c.id == log_id))
