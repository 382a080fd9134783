"""Tells those who have subscribed to a job what happens to it: in order for each receiver, again until it has heard."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from dragoman.core.errors import Denied, Invalid, Problem, Unavailable
from dragoman.core.job import Job
from dragoman.core.notices import ALTERNATIVE, EMAIL, WEBHOOK, Delivery, DeliveryState, Tried, pause_after
from dragoman.core.patience import within
from dragoman.core.work import Claim, Decision
from dragoman.engine.world import Persistence, World
from dragoman.store import deliveries, moves
from dragoman.store.outbox import OF_JOBS, Outbox

log = logging.getLogger(__name__)

SECOND = 1_000_000
_HOPELESS = (Invalid, Denied)
"""An address that is refused stays refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What people are to be told of, and how that is written down before any of it is sent."""

    box: Outbox
    subject: int
    """The job or the topic."""
    owner_id: int
    name: str
    """For the log."""
    write: Callable[[], Awaitable[bool]]
    """False: somebody else has the work now."""


async def handle_delivery(world: World, claim: Claim) -> None:
    """Send what is due of a job's notices, or put it aside when enough others are on their way."""
    of = await world.db.read(deliveries.find_job, claim.ref)
    if of is None:
        await world.db.write(moves.apply, claim, Decision(due_at=None), at=world.clock.now())
        return
    write = partial(_write_notices, world, claim, of)
    telling = Telling(box=OF_JOBS, subject=of.id, owner_id=of.owner_id, name=f"job={of.alias}", write=write)
    await tell(world, claim, telling)


async def tell(world: World, claim: Claim, telling: Telling) -> None:
    """Send what is due, or put it aside when enough others are on their way."""
    if not _has_room(world, telling.owner_id):
        now = world.clock.now()
        due = now + int(min(8.0, 0.25 * 2.0 ** min(claim.attempt, 8)) * SECOND)
        await world.db.write(moves.apply, claim, Decision(due_at=due, error="Too many others come first."), at=now)
        return
    world.telling[telling.owner_id] += 1
    try:
        await _send_all(world, claim, telling)
    finally:
        world.telling[telling.owner_id] -= 1


def _has_room(world: World, owner_id: int) -> bool:
    most = world.limits.notify.at_once
    return world.telling.total() < most and world.telling[owner_id] < max(1, most // 2)


async def _send_all(world: World, claim: Claim, telling: Telling) -> None:
    db, clock, box, subject = world.db, world.clock, telling.box, telling.subject
    is_ours = await telling.write()
    while is_ours and (due := await db.read(deliveries.due_deliveries, subject, at=clock.now(), box=box)):
        tries = await asyncio.gather(*(_try(world, telling.name, one) for one in due))
        is_ours = await db.write(deliveries.note_tries, claim, subject, tries, at=clock.now(), box=box)
    keep = int(world.limits.notify.keep * SECOND)
    is_ours = is_ours and await db.write(deliveries.put_back, claim, subject, keep=keep, at=clock.now(), box=box)
    if not is_ours:
        log.warning("lease lost notices of %s fence=%s", telling.name, claim.fence)


async def _write_notices(world: World, claim: Claim, of: Job) -> bool:
    """Write down what is to be sent, once and for all, before any of it is sent."""
    at = world.clock.now()
    story, subscribed = await world.db.read(deliveries.read_story, of, at=at)
    last = story.events[-1].seq if story.events else 0
    behind = [one for one in subscribed if one.told < last]
    if not behind:
        return True
    render = world.notices.get(of.door)
    notices = {one.id: render(story, one) if render else () for one in behind}
    return await world.db.write(deliveries.add_deliveries, claim, of.id, notices, told=last, at=at)


async def _try(world: World, of: str, delivery: Delivery) -> Tried:
    try:
        code = await within(world.limits.notify.longest, _send(world, delivery), "The receiver")
    except Exception as error:
        if not isinstance(error, Problem):
            log.exception("sending failed %s delivery=%s", of, delivery.id)
        tried = _failed(world, delivery, error)
        what = "gave up" if tried.state is DeliveryState.GIVEN_UP else "waits"
        log.warning("notice %s %s event=%s: %s", what, of, delivery.seq, tried.error)
        return tried
    return Tried(delivery=delivery, state=DeliveryState.DELIVERED, code=code)


class _Answered(Unavailable):
    """A receiver that has answered, but does not take the notice."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The receiver answers with status {status}.")
        self.status = status


async def _send(world: World, delivery: Delivery) -> int | None:
    """The status of the answer, where the receiver gives one."""
    target = delivery.target
    if target.method == WEBHOOK and world.post is not None:
        status = await world.post.post(target.address, delivery.body.encode(), delivery.headers)
        if not 200 <= status < 300:
            raise _Answered(status)
        return status
    if target.method == EMAIL and world.mail is not None:
        also_html = delivery.headers.get("Content-Type") == ALTERNATIVE
        await world.mail.send(target.address, delivery.title, delivery.body, also_html=also_html)
        return None
    raise Denied(f"This service sends nothing by {target.method}.")


def _failed(world: World, delivery: Delivery, error: Exception) -> Tried:
    reason = str(error) if isinstance(error, Problem) else f"Internal error: {type(error).__name__}."
    tries, code = delivery.attempts + 1, error.status if isinstance(error, _Answered) else None
    wait = pause_after(delivery.pauses, tries) if delivery.pauses else _pause(world.limits.notify, tries)
    if wait is None or isinstance(error, _HOPELESS):
        return Tried(delivery=delivery, state=DeliveryState.GIVEN_UP, error=reason, code=code)
    due = world.clock.now() + int(wait * SECOND)
    return Tried(delivery=delivery, state=DeliveryState.WAITING, error=reason, due_at=due, code=code)


def _pause(limits: Persistence, tries: int) -> float | None:
    """How long to wait after so many tries; None: no more of them."""
    if tries < limits.tries:
        return limits.pause
    return limits.later_pause if tries < limits.tries + limits.later_tries else None
