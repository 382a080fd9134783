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
    owner_id = accounts.find_account(conn, name=catalogue.OWNER).id
    files.add_file(conn, **about, owner_id=owner_id, stored=stored, at=at)
    return True
