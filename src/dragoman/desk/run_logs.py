"""The verbs on what plugins on nodes have written: keep it for a job, find it by job and execution."""

import asyncio

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.field import Node
from dragoman.core.ports import BlobStore, Clock, Db, Stored
from dragoman.core.things import File
from dragoman.store import Connection, accounts, catalogue, files, goals

DOOR = "field-log"
"""Logs of nodes are files of no other door, and no uploads."""
ROLE = "log"
AT_ONCE = 500
"""So many are forgotten in one write."""


class RunLogs:
    """One log of each execution that has written something."""

    def __init__(self, db: Db, clock: Clock, blobs: BlobStore) -> None:
        self._db, self._clock, self._blobs = db, clock, blobs

    async def keep(self, node: Node, goal: str, pod: str, stored: Stored) -> bool:
        """Keep the log of an execution on a node, whose bytes are stored; whether it is new.

        Raises NotFound when the node never had that goal, Conflict when another log is there.
        """
        is_new = False
        try:
            is_new = await self._db.write(_keep, node, goal, pod, stored, at=self._clock.now())
        finally:
            if not is_new:
                await asyncio.to_thread(self._blobs.remove, [stored.key])
        return is_new

    async def find(self, job_id: int, pod: str) -> File:
        """The log of an execution of a job. Raises NotFound."""
        found = await self._db.read(files.find_file, door=DOOR, alias=_place(job_id, pod))
        if found is None or found.deleted_at is not None:
            raise NotFound(
                f"There is no log of {pod[:200]}.", hint="It wrote nothing, or its node is still to send it."
            )
        return found

    async def forget(self, before: int) -> None:
        """Delete the logs that were kept before that time (nanoseconds), some at a time. Raises Unavailable."""
        while keys := await self._db.write(_forget, before // 1000, at=self._clock.now()):
            await asyncio.to_thread(self._blobs.remove, keys)


def _place(job_id: int, pod: str) -> str:
    return f"{job_id}/{pod}"


def _keep(conn: Connection, node: Node, goal: str, pod: str, stored: Stored, *, at: int) -> bool:
    job_id = goals.job_of(conn, alias=goal, node_id=node.id)
    if job_id is None:
        raise NotFound("This node has no such goal, and never had it.")
    there = files.find_file(conn, door=DOOR, alias=_place(job_id, pod))
    if there is not None:
        if there.sha512 != stored.sha512:
            raise Conflict(f"Another log of {pod} is there already.")
        return False
    about = {"door": DOOR, "alias": _place(job_id, pod), "name": f"{pod}.log", "role": ROLE}
    files.add_file(conn, **about, owner_id=_owner(conn), stored=stored, at=at)
    return True


def _owner(conn: Connection) -> int:
    return accounts.find_account(conn, name=catalogue.OWNER).id


def _forget(conn: Connection, before: int, *, at: int) -> list[str]:
    old = files.old_files(conn, door=DOOR, owner_id=_owner(conn), before=before, most=AT_ONCE)
    return files.delete_files(conn, old, at=at)
