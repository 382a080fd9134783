"""What is kept of the field for some time only: uploads, logs, and what is remembered so that nothing counts twice."""

from collections.abc import Callable
from functools import partial

from dragoman.core.ports import Clock, Db, Measurements
from dragoman.core.uploads import UPLOAD
from dragoman.core.work import NewWork
from dragoman.desk import data
from dragoman.store import Connection, accounts, catalogue, files, goals, heard, queue, run_logs, topics, triggers

LOOKED_AT = 5_000
"""Files that are looked at in one go."""
AT_ONCE = 500
"""So many are forgotten in one write."""
DAY = 86_400_000_000
"""Microseconds."""


class Forgetting:
    """Each verb takes the time (nanoseconds) before which things are too old, goes by steps, and raises Unavailable.

    A verb that breaks off has done no harm: the next one goes on.
    """

    def __init__(self, db: Db, clock: Clock, measurements: Measurements, hint: Callable[[], None]) -> None:
        self._db, self._clock, self._measurements, self._hint = db, clock, measurements, hint

    async def uploads(self, before: int) -> None:
        """Delete uploads that were made before then: first what tells of them, then they themselves."""
        await self._measurements.forget(before, UPLOAD)
        await self._files(data.DOOR, before)

    async def logs(self, before: int) -> None:
        """Delete logs of plugins that were handed over before then."""
        await self._files(run_logs.DOOR, before)

    async def past(self, before: int) -> None:
        """Forget goals that were withdrawn before then, starts, and marks of outboxes that their nodes have left.

        And what was noted only for those who follow things: they were told long ago.

        What was heard goes before the mark: whoever reads the outbox again finds both, or neither.
        """
        while outboxes := await self._measurements.left(before, AT_ONCE):
            await self._db.write(heard.forget_heard, outboxes)
            await self._measurements.forget_marks(before, outboxes)
        while await self._db.write(goals.forget_goals, before=before // 1000, most=AT_ONCE):
            pass
        # An event may be told up to a day ahead of its time, and may start something for that much longer.
        while await self._db.write(triggers.forget_starts, before=before // 1000 - DAY, most=AT_ONCE):
            pass
        while await self._db.write(topics.forget_notes, before=before // 1000, most=AT_ONCE):
            pass

    async def _files(self, door: str, before: int) -> None:
        last: int | None = 0
        while last is not None:
            look = partial(_old, door=door, before=before // 1000, after=last)
            old, last = await self._db.read(look)
            for start in range(0, len(old), AT_ONCE):
                await self._db.write(_remove, old[start : start + AT_ONCE], at=self._clock.now())
                self._hint()


def _old(conn: Connection, *, door: str, before: int, after: int) -> tuple[list[int], int | None]:
    owner_id = accounts.find_account(conn, name=catalogue.OWNER).id
    return files.old_files(conn, door=door, owner_id=owner_id, before=before, after=after, most=LOOKED_AT)


def _remove(conn: Connection, ids: list[int], *, at: int) -> None:
    """Forget files, and have their bytes deleted."""
    blobs = files.remove_files(conn, ids)
    queue.add_work(conn, NewWork(kind="sweep-file", ref=ids[0], due_at=at, note={"blobs": blobs}))
