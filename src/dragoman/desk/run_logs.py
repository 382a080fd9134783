"""The verbs on what plugins on nodes have written: keep it for a job, list and find it by job and run."""

import asyncio

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.field import Node
from dragoman.core.ports import BlobStore, Clock, Db, Stored
from dragoman.core.things import File
from dragoman.core.uploads import LogQuery, RunLog
from dragoman.store import Connection, goals, run_logs


class RunLogs:
    """One log of each execution that has written something."""

    def __init__(self, db: Db, clock: Clock, blobs: BlobStore) -> None:
        self._db, self._clock, self._blobs = db, clock, blobs

    async def keep(self, node: Node, goal: str, run: str, stored: Stored) -> bool:
        """Keep the log of an execution on a node, whose bytes are stored; whether it is new.

        Raises NotFound when the node never had that goal, Conflict when another log is there.
        """
        is_new = False
        try:
            is_new = await self._db.write(_keep, node, goal, run, stored, at=self._clock.now())
        finally:
            if not is_new:
                await asyncio.to_thread(self._blobs.remove, [stored.key])
            await asyncio.to_thread(self._blobs.settle, [stored.key])
        return is_new

    async def find(self, job_id: int, run: str) -> File:
        """The log of an execution of a job. Raises NotFound."""
        found = await self._db.read(run_logs.find_log, job_id=job_id, run=run)
        if found is None or found.deleted_at is not None:
            raise NotFound(
                f"There is no log of {run[:200]}.", hint="It wrote nothing, or its node is still to send it."
            )
        return found

    async def list(self, job_id: int, query: LogQuery) -> list[RunLog]:
        """Logs of a job's runs, the last that came first."""
        return await self._db.read(run_logs.list_logs, job_id, query)


def _keep(conn: Connection, node: Node, goal: str, run: str, stored: Stored, *, at: int) -> bool:
    job_id = goals.job_of(conn, alias=goal, node_id=node.id)
    if job_id is None:
        raise NotFound("This node has no such goal, and never had it.")
    there = run_logs.find_log(conn, job_id=job_id, run=run)
    if there is not None:
        if there.sha512 != stored.sha512:
            raise Conflict(f"Another log of {run} is there already.")
        return False
    run_logs.add_log(conn, job_id=job_id, vsn=node.vsn, run=run, stored=stored, at=at)
    return True
