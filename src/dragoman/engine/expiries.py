"""Ends jobs of the field whose criteria are met: their goal was served for as long as they ask."""

import logging

from dragoman.core.states import JobState, RunState
from dragoman.core.work import Claim, Decision
from dragoman.engine.world import World
from dragoman.store import Connection, field_jobs, goals, jobs, moves

log = logging.getLogger(__name__)


async def handle_expiry(world: World, claim: Claim) -> None:
    """Complete the job of a goal, unless the goal was withdrawn meanwhile."""
    await world.db.write(_expire, claim, at=world.clock.now())


def _expire(conn: Connection, claim: Claim, *, at: int) -> None:
    if not moves.apply(conn, claim, Decision(due_at=None), at=at):
        return
    goal = goals.get_goals(conn, [claim.ref]).get(claim.ref)
    if goal is None:
        return
    job = jobs.get_job(conn, goal.job_id, lock=True)
    # Whoever has just served it anew is through by now.
    goal = goals.get_goals(conn, [claim.ref]).get(claim.ref)
    if job.state is JobState.OPEN and goal is not None and goal.withdrawn_at is None:
        failed = goal.tally.failed > 0 and goal.tally.completed == 0
        outcome, reason = (RunState.FAILED, goal.tally.error) if failed else (RunState.FINISHED, "")
        field_jobs.end_job(conn, job, JobState.ENDED, outcome=outcome, reason=reason, at=at)
        log.info("job %s is complete: it was served for as long as it asks", job.alias)
