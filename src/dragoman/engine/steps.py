"""What is done with a run in each of its states: one function each, from what is to a Decision. See core.ports.

A step may be entered again after a crash at any point, so each looks, or starts over, before it acts.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from dragoman.core.errors import Problem
from dragoman.core.launch import Ended, Look
from dragoman.core.patience import within
from dragoman.core.states import RunState, Wish
from dragoman.core.work import Decision, NewWork
from dragoman.engine.case import SECOND, Case
from dragoman.engine.outcomes import cancelled, ended, staging_out
from dragoman.store import events

FAR = 1 << 60
"""Nothing is due by itself: the run's end is pushed, or its watch sees it."""
HEARING = 5
"""Seconds between two looks at what a workload says while it runs."""

log = logging.getLogger(__name__)

Step = Callable[[Case], Awaitable[Decision]]


async def accepted(case: Case) -> Decision:
    """It has its slot: give it its attempt token, and go on to what it needs first."""
    if case.run.wish:
        return await cancelled(case)
    token = secrets.token_hex(12)
    states = await case.way.begin(token)
    if states[-1] is RunState.SUBMITTING:
        return _intent(case, token, states)
    return Decision(due_at=None, moves=case.move(*states), patch={"token": token}, keep_lease=True)


async def staging_in(case: Case) -> Decision:
    """Bring every input in."""
    if case.run.wish:
        return await cancelled(case)
    if not await case.way.stage():
        return case.later()
    return Decision(due_at=None, moves=case.move(RunState.STAGING_JOB), keep_lease=True)


async def staging_job(case: Case) -> Decision:
    """Write down what is to be started."""
    return await prepared(case, case.run.token, (RunState.SUBMITTING,))


async def prepared(case: Case, token: str, states: tuple[RunState, ...]) -> Decision:
    """Write the launch under this token."""
    if case.run.wish:
        return await cancelled(case)
    await case.way.write_launch(token)
    return _intent(case, token, states)


def _intent(case: Case, token: str, states: tuple[RunState, ...]) -> Decision:
    """The commit after which a start may happen: from here on the token is looked for before anything else."""
    key = case.way.key(token)
    patch = {"token": token, "key_digest": case.world.digest(key) if key else ""}
    return Decision(due_at=None, moves=case.move(*states) if states else (), patch=patch, keep_lease=True)


async def submitting(case: Case) -> Decision:
    """Start it, unless an earlier attempt under the same token did."""
    run = case.run
    if case.again:
        look = await case.look()
        if look.dead:
            return await prepared(case, secrets.token_hex(12), ())
        if look.started:
            return under_way(case, look.handle or run.handle, look)
        return await prepared(case, run.token, ())  # what a host that lost its power kept of it may be half
    if run.wish:
        return await cancelled(case)
    handle = await case.way.scheduler.start(case.way.directory, run.token, case.way.batch)
    return under_way(case, handle, Look(started=True))


def under_way(case: Case, handle: Mapping[str, object], look: Look) -> Decision:
    """It is with the scheduler; one that has ended already is nobody's news, so it is due at once."""
    now, way = case.now, case.way
    states = (RunState.QUEUED,) if way.queues else (RunState.QUEUED, RunState.RUNNING)
    patch: dict[str, object] = {"handle": {**handle, **way.where}}
    if not way.queues:
        patch["started_at"] = min(look.started_at or now, now)
    watch = (NewWork(kind="watch", ref=case.run.system_id, due_at=now),) if way.where else ()
    due = now if case.run.wish or look.ended else _next_look(case)
    return Decision(due_at=due, moves=case.move(*states), patch=patch, work=watch)


async def running(case: Case) -> Decision:
    """Look whether it ended; pass a wish on to it."""
    run, way = case.run, case.way
    look = await case.look()
    if look.dead:
        return await prepared(case, secrets.token_hex(12), (RunState.SUBMITTING,))
    said = await _hear(case)
    if look.ended is not None:
        return replace(await ended(case, look), said=said)
    if not look.started and not look.pending:
        return replace(await ended(case, Look(started=False, ended=Ended.LOST)), said=said)
    due, begun = _next_look(case), _begun(case, look)
    if run.wish:
        await way.scheduler.stop(way.directory, run.token, run.handle, kill=run.wish is Wish.KILL)
        due = case.now + int((case.world.limits.grace + 5) * SECOND)
    return replace(begun, due_at=due, said=said)


def _next_look(case: Case) -> int:
    return case.now + HEARING * SECOND if case.way.tells else FAR


async def _hear(case: Case) -> tuple[str, ...]:
    """What its workload has said since the last time; nothing, when that cannot be told now."""
    if not case.way.tells:
        return ()
    known = await case.world.db.read(events.count_said, case.run.job_id, case.run.id)
    try:
        return await within(case.world.limits.silence, case.way.hear(known), "The host")
    except Problem as problem:
        log.warning("cannot hear run=%s: %s", case.run.id, problem)
        return ()


def _begun(case: Case, look: Look) -> Decision:
    """The step from its batch scheduler's line to a machine, if it has been made."""
    if look.pending or case.run.state is not RunState.QUEUED:
        return Decision(due_at=None)
    started = {"started_at": min(look.started_at or case.now, case.now)}
    return Decision(due_at=None, moves=case.move(RunState.RUNNING), patch=started)


STEPS: Mapping[RunState, Step] = {
    RunState.ACCEPTED: accepted,
    RunState.STAGING_IN: staging_in,
    RunState.STAGING_JOB: staging_job,
    RunState.SUBMITTING: submitting,
    RunState.QUEUED: running,
    RunState.RUNNING: running,
    RunState.STAGING_OUT: staging_out,
}
"""PLANNING is entered and left in one commit, so no run is ever found in it."""
