"""Carries one claimed run from step to step until it has to wait, and decides what a failed step means."""

import logging
from dataclasses import replace

from dragoman.core.errors import Broken, Closed, LoginRefused, Problem, Unavailable
from dragoman.core.instants import SECOND as NANOSECONDS
from dragoman.core.instants import write_instant
from dragoman.core.job import Job, Run
from dragoman.core.states import Cause, RunState, is_final
from dragoman.core.work import Claim, Decision, Move
from dragoman.engine.boxed import Boxed
from dragoman.engine.case import SECOND, Case
from dragoman.engine.hosting import Hosting
from dragoman.engine.steps import STEPS
from dragoman.engine.ways import Way
from dragoman.engine.world import World
from dragoman.store import Connection, events, moves

log = logging.getLogger(__name__)

_PASSES = (Unavailable, LoginRefused)
"""Problems that may pass: the host comes back, or somebody renews the secret."""
_WITH_SCHEDULER = (RunState.SUBMITTING, RunState.QUEUED, RunState.RUNNING)
_FAILURES = {
    RunState.STAGING_IN: Cause.STAGING,
    RunState.STAGING_JOB: Cause.STAGING,
    RunState.STAGING_OUT: Cause.OUTPUTS,
}


async def handle_run(world: World, claim: Claim, run: Run, job: Job) -> None:
    """Handle a claimed run until it has to wait, has ended, or the claim was lost."""
    again = True
    while True:
        decision = await _decide(world, claim, job, run, again=again)
        applied, fresh = await world.db.write(commit, claim, decision, run, job, at=world.clock.now())
        if not applied:
            log.warning("lease lost run=%s fence=%s", run.id, claim.fence)
            return
        _log_moves(job, run, decision)
        if decision.moves and is_final(decision.moves[-1].now):
            await _clear(world, job, run)
        if fresh is None:
            return
        run, again, claim = fresh, False, replace(claim, attempt=1)


def commit(
    conn: Connection, claim: Claim, decision: Decision, run: Run, job: Job, *, at: int
) -> tuple[bool, Run | None]:
    """Write what was decided: whether the claim still held, and the run as it is then when there is more to do.

    It is looked at again so that nothing is begun that was wished away meanwhile.
    """
    applied = moves.apply(conn, claim, decision, was=run, of=job, at=at)
    return applied, moves.get_run(conn, run.id) if applied and decision.keep_lease else None


async def _decide(world: World, claim: Claim, job: Job, run: Run, *, again: bool) -> Decision:
    held, at = run.state is RunState.BLOCKED, world.clock.now()
    if held and run.left is not None:
        run = await _as_it_was(world, run, run.left)
    if is_final(run.state):
        return Decision(due_at=None)
    try:
        case = Case(world=world, way=await way_of(world, job, run), job=job, run=run, again=again)
        _check_survivable(claim, world.limits.attempts)
        decision = await STEPS[run.state](case)
    except Problem as problem:
        decision = await _failed(world, claim, job, run, problem, held=held)
    except Exception as error:
        log.exception("step failed run=%s state=%s", run.id, run.state)
        decision = await _failed(world, claim, job, run, error, held=held)
    if held and decision.moves and decision.moves[0].was is run.state:
        back = Move(was=RunState.BLOCKED, now=run.state, at=at, cause=run.cause, reason=run.reason)
        decision = replace(decision, moves=(back, *decision.moves))
    return decision


async def _as_it_was(world: World, run: Run, left: RunState) -> Run:
    """The run before it was held up: how its program has ended does not change by what came in the way later."""
    before = await world.db.read(events.last_move, run.job_id, run.id, into=left)
    cause, reason = (before.cause, before.reason) if before else (Cause.NONE, "")
    return replace(run, state=left, cause=cause, reason=reason)


def _check_survivable(claim: Claim, most: int) -> None:
    if claim.attempt > most:  # nobody lived to tell what went wrong: it may be this step that kills us
        raise Broken(f"The service ended, or was halted, at this step {claim.attempt - 1} times.")


async def _failed(world: World, claim: Claim, job: Job, run: Run, error: Exception, *, held: bool) -> Decision:
    """Wait and try again what is held up from outside or surprises us, a bounded number of times; else it fails."""
    reason = str(error) if isinstance(error, Problem) else f"Internal error: {type(error).__name__}: {error}"
    limits, now = world.limits, world.clock.now()
    if isinstance(error, Closed):
        return await _closed(world, run, reason, held=held)
    tries = limits.attempts if isinstance(error, _PASSES) else 1 if isinstance(error, Problem) else limits.surprises
    # What may go on running on another's host is not given up because somebody wants its end.
    insists = job.workload.hosted is not None and run.state in _WITH_SCHEDULER
    waits = claim.attempt < tries and (insists or not run.wish)
    if not waits and run.state in _WITH_SCHEDULER:
        # A run on this host that may go on must not have its directory cleared under it.
        waits = not await _kill(world, job, run) and job.workload.hosted is None
    if waits:
        wait = min(limits.slowest, 0.5 * 2.0 ** min(claim.attempt, 20))
        due = now + int(wait * SECOND)
        if held:
            return Decision(due_at=due, patch={"reason": reason}, error=reason)
        blocked = Move(was=run.state, now=RunState.BLOCKED, at=now, cause=Cause.BROKEN, reason=reason)
        return Decision(due_at=due, moves=(blocked,), error=reason)
    cause = _FAILURES.get(run.state, Cause.BROKEN)
    was = RunState.BLOCKED if held and isinstance(error, _PASSES) else run.state  # it never got out of it
    return Decision(due_at=None, moves=(Move(was=was, now=RunState.FAILED, at=now, cause=cause, reason=reason),))


async def _closed(world: World, run: Run, reason: str, *, held: bool) -> Decision:
    """Wait for a system that somebody has switched off, saying until when; then fail, or end as was wished.

    To wait is no failure: it is tried again when the system is switched on, and once in a while.
    """
    now = world.clock.now()
    since = await world.db.read(events.last_move, run.job_id, run.id, into=RunState.BLOCKED) if held else None
    until = (since.at if since else now) + int(world.limits.closed * SECOND)
    was = RunState.BLOCKED if held else run.state
    if run.wish or now >= until:
        end, cause = (RunState.CANCELLED, Cause.STOPPED) if run.wish else (RunState.FAILED, Cause.CLOSED)
        return Decision(due_at=None, moves=(Move(was=was, now=end, at=now, cause=cause, reason=reason),))
    told = f"{reason} It is waited for until {write_instant(until // SECOND * NANOSECONDS)}."
    due = min(until, now + int(world.limits.slowest * SECOND))
    if held:
        return Decision(due_at=due, patch={"reason": told, "cause": Cause.CLOSED.value})
    blocked = Move(was=was, now=RunState.BLOCKED, at=now, cause=Cause.CLOSED, reason=told)
    return Decision(due_at=due, moves=(blocked,))


async def _kill(world: World, job: Job, run: Run) -> bool:
    """Nothing that we gave up on goes on running, as far as its host can still be told; whether it could."""
    try:
        way = await way_of(world, job, run)
        await way.scheduler.stop(way.directory, run.token, run.handle, kill=True)
        await way.undo()
    except Problem as problem:
        log.warning("could not stop run=%s: %s", run.id, problem)
        return False
    return True


async def _clear(world: World, job: Job, run: Run) -> None:
    try:
        await (await way_of(world, job, run)).clear()
    except Problem as problem:
        log.warning("could not clear up after run=%s: %s", run.id, problem)


async def way_of(world: World, job: Job, run: Run) -> Way:
    """How this run is handled. Raises Problems when its host cannot be reached."""
    hosted = job.workload.hosted
    if hosted is None:
        return Boxed(world, job, run)
    return Hosting(world, run, hosted, await world.sites.of(hosted.system_id, hosted.account_id))


def _log_moves(job: Job, run: Run, decision: Decision) -> None:
    for move in decision.moves:
        log.info("move job=%s run=%s %s -> %s %s", job.alias, run.number, move.was, move.now, move.reason)
