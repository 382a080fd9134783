"""Looks at everything that a system runs, with one look for each login, however many runs there are."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Problem
from dragoman.core.job import Run
from dragoman.core.launch import Look
from dragoman.core.ports import Scheduler
from dragoman.core.states import RunState
from dragoman.core.work import Claim, Decision
from dragoman.engine.world import World
from dragoman.store import moves, watches

log = logging.getLogger(__name__)

SECOND = 1_000_000

Group = tuple[int | None, bool]
"""The runs of one account with one scheduler; None: those in the system's own place."""


async def handle_watch(world: World, claim: Claim) -> None:
    """Look at everything that one system runs; what changed is handled at once.

    What cannot be looked at now is unknown, not ended: it is looked at again. A system that runs nothing is left alone
    until the next run is started there, but for those whose starts tell nobody.
    """
    watched = await world.db.read(moves.watched_runs, claim.ref)
    if not watched and claim.ref not in world.places and await world.db.write(watches.end_watch, claim):
        world.news.pop(claim.ref, None)
        return
    groups: dict[Group, list[Run]] = {}
    for run in watched:
        groups.setdefault((run.handle.get("account"), bool(run.handle.get("batch"))), []).append(run)
    looks = await asyncio.gather(*(_look(world, claim.ref, group, runs) for group, runs in groups.items()))
    changed: list[tuple[Run, Look]] = []
    handles: list[tuple[int, str, Mapping[str, Any]]] = []
    for runs, seen in zip(groups.values(), looks, strict=True):
        for run in runs:
            if look := seen.get(run.token):
                changed += [(run, look)] if _is_news(run, look) else []
                handles += [(run.id, run.token, {**run.handle, **look.handle})] if _has_new_handle(run, look) else []
    now = world.clock.now()
    if handles:
        await world.db.write(moves.keep_handles, handles)
    world.news[claim.ref] = {run.token: look for run, look in changed}
    if changed:
        await world.db.write(moves.make_due, [run.id for run, _ in changed], at=now)
    await world.db.write(moves.apply, claim, Decision(due_at=now + _pause(world, groups)), at=now)


async def _look(world: World, system_id: int, group: Group, runs: Sequence[Run]) -> Mapping[str, Look]:
    account_id, batch = group
    try:
        if account_id is None:
            place = world.places[system_id]
            return await place.scheduler.look([(place.directory(run.id), run.token, run.handle) for run in runs])
        site = await world.sites.of(system_id, account_id)
        scheduler: Scheduler = (site.batch if batch else None) or site.fork
        return await scheduler.look([(str(run.handle["directory"]), run.token, run.handle) for run in runs])
    except Problem as problem:
        log.warning("cannot look at system=%s account=%s: %s", system_id, account_id, problem)
        return {}


def _is_news(run: Run, look: Look) -> bool:
    if look.ended or look.dead or not (look.started or look.pending):
        return True
    return run.state is RunState.QUEUED and not look.pending


def _has_new_handle(run: Run, look: Look) -> bool:
    return any(run.handle.get(name) != value for name, value in look.handle.items())


def _pause(world: World, groups: Mapping[Group, object]) -> int:
    """Ends that nobody tells are looked for often; where the kernel tells them, a look now and then is enough."""
    untold = any(account_id is not None for account_id, _ in groups)
    return int((world.limits.look if untold else world.limits.watch) * SECOND)
