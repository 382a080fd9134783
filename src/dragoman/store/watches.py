"""When the watch of a system is over: no run is left that it could look at. The next that is started begins it anew."""

from sqlalchemy import Connection, and_, bindparam, delete, select

from dragoman.core.states import RunState
from dragoman.core.work import Claim
from dragoman.store.tables import run, work

_MINE = and_(work.c.id == bindparam("row"), work.c.fence == bindparam("of"))
_LOCK = select(work.c.id).where(_MINE).with_for_update()
_WITH_IT = (RunState.QUEUED, RunState.RUNNING, RunState.BLOCKED, RunState.PAUSED)
"""What is held up or pauses may go on where it was, and nothing begins a watch then."""
_LEFT = (
    select(run.c.id)
    .join(work, and_(work.c.kind == "run", work.c.ref == run.c.id))
    .where(run.c.system_id == bindparam("system"), run.c.state.in_([state.value for state in _WITH_IT]))
    .limit(1)
)
_DONE = delete(work).where(_MINE)


def end_watch(conn: Connection, claim: Claim) -> bool:
    """End a watch unless a run has come meanwhile; False: one has, or the fence was passed.

    Whoever starts a run adds the watch in the same transaction: the lock is for those that are just doing so, and what
    comes later finds no row and makes one.
    """
    mine = {"row": claim.id, "of": claim.fence}
    if conn.execute(_LOCK, mine).first() is None or conn.execute(_LEFT, {"system": claim.ref}).first() is not None:
        return False
    return conn.execute(_DONE, mine).rowcount == 1
