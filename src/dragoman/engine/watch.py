"""Looks at everything that a system runs, with one look for each login, however many runs there are."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence

from dragoman.core.errors import Problem
from dragoman.core.job import Run
from dragoman.core.launch import Look
from dragoman.core.patience import ended
from dragoman.core.ports import Scheduler
from dragoman.core.states import RunState
from dragoman.core.work import Claim, Decision
from dragoman.engine.world import Group, Seen, World
from dragoman.store import moves, watches

log = logging.getLogger(__name__)

SECOND = 1_000_000


async def handle_watch(world: World, claim: Claim) -> None:
    """Look at everything that one system runs; what changed is handled at once.

    What cannot be looked at now is unknown, not ended: it is looked at again. A login that takes long keeps no other
    one waiting: what it sees is taken by a later turn. A system that runs nothing is left alone until the next run is
    started there, but for those whose starts tell nobody.
    """
    watched, looks = await world.db.read(moves.watched_runs, claim.ref), world.looks.setdefault(claim.ref, {})
    if not watched and claim.ref not in world.places and await world.db.write(watches.end_watch, claim):
        world.news.pop(claim.ref, None)
        await ended(world.looks.pop(claim.ref).values())
        return
    groups: dict[Group, list[Run]] = {}
    for run in watched:
        groups.setdefault((run.handle.get("account"), bool(run.handle.get("batch"))), []).append(run)
    for group, runs in groups.items():
        if group not in looks:
            looks[group] = asyncio.create_task(_look(world, claim.ref, group, runs))
    seen = await _taken(looks, world.limits.look)
    changed = [(run, look) for run, look in seen if _is_news(run, look)]
    handles = [(run.id, run.token, {**run.handle, **look.handle}) for run, look in seen if _has_new_handle(run, look)]
    now = world.clock.now()
    if handles:
        await world.db.write(moves.keep_handles, handles)
    world.news[claim.ref] = {run.token: look for run, look in changed}
    if changed:
        await world.db.write(moves.make_due, [run.id for run, _ in changed], at=now)
    await world.db.write(moves.apply, claim, Decision(due_at=now + _pause(world, groups, looks)), at=now)


async def _taken(looks: dict[Group, "asyncio.Task[Seen]"], seconds: float) -> Seen:
    """What those looks have seen that come to their end in time."""
    if looks:
        await asyncio.wait(looks.values(), timeout=seconds)
    done = [group for group, look in looks.items() if look.done()]
    return [one for group in done for one in looks.pop(group).result()]


async def _look(world: World, system_id: int, group: Group, runs: Sequence[Run]) -> Seen:
    try:
        found = await _found(world, system_id, group, runs)
    except Problem as problem:
        log.warning("cannot look at system=%s account=%s: %s", system_id, group[0], problem)
        return []
    except Exception:  # whatever it was, it concerns nobody else's runs
        log.exception("cannot look at system=%s account=%s", system_id, group[0])
        return []
    return [(run, found[run.token]) for run in runs if run.token in found]


async def _found(world: World, system_id: int, group: Group, runs: Sequence[Run]) -> Mapping[str, Look]:
    account_id, batch = group
    if account_id is None:
        place = world.places[system_id]
        return await place.scheduler.look([(place.directory(run.id), run.token, run.handle) for run in runs])
    site = await world.sites.of(system_id, account_id)
    scheduler: Scheduler = (site.batch if batch else None) or site.fork
    return await scheduler.look([(str(run.handle["directory"]), run.token, run.handle) for run in runs])


def _is_news(run: Run, look: Look) -> bool:
    if look.ended or look.dead or not (look.started or look.pending):
        return True
    return run.state is RunState.QUEUED and not look.pending


def _has_new_handle(run: Run, look: Look) -> bool:
    return any(run.handle.get(name) != value for name, value in look.handle.items())


def _pause(world: World, groups: Iterable[Group], looks: Mapping[Group, object]) -> int:
    """Ends that nobody tells are looked for often; where the kernel tells them, a look now and then is enough."""
    untold = bool(looks) or any(account_id is not None for account_id, _ in groups)
    return int((world.limits.look if untold else world.limits.watch) * SECOND)
