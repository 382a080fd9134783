"""Tells people what was done to the systems, apps and paths that they follow."""

from collections.abc import Mapping, Sequence
from functools import partial

from dragoman.core.notices import Notice
from dragoman.core.topics import Reported, Topic
from dragoman.core.work import Claim, Decision
from dragoman.engine.deliveries import Telling, tell
from dragoman.engine.world import World
from dragoman.store import Connection, deliveries, moves, subscriptions, topics
from dragoman.store.outbox import OF_TOPICS

NOTHING = Reported()
UNSEEN = "Who follows this may not see it any longer."


async def handle_topic(world: World, claim: Claim) -> None:
    """Send what is due of the notices of a topic, or put it aside when enough others are on their way."""
    of = await world.db.read(topics.get_topic, claim.ref)
    if of is None:
        await world.db.write(moves.apply, claim, Decision(due_at=None), at=world.clock.now())
        return
    write = partial(_write_notices, world, claim, of)
    name = f"{of.kind}={of.ref} for={of.owner.name}"
    await tell(world, claim, Telling(box=OF_TOPICS, subject=of.id, owner_id=of.owner.id, name=name, write=write))


async def _write_notices(world: World, claim: Claim, of: Topic) -> bool:
    """Write down what is to be sent; who may not see the thing any longer follows it no more."""
    at = world.clock.now()
    noted, subscribed, last = await world.db.read(topics.read_noted, of, at=at)
    behind = [one for one in subscribed if one.told < last]
    if not behind:
        return True
    report = world.reports.get(of.door)
    notices = await report(of, behind, noted) if report else {}
    if notices is None:
        ids = [one.id for one in subscribed]
        await world.db.write(subscriptions.unsubscribe, of.id, ids, why=UNSEEN, at=at, box=OF_TOPICS)
        return True
    told = {one.id: notices.get(one.id, NOTHING).notices for one in behind}
    over = [which for which, one in notices.items() if one.is_over]
    return await world.db.write(_write, claim, of, told, over, told_to=last, at=at)


def _write(
    conn: Connection,
    claim: Claim,
    of: Topic,
    told: Mapping[int, Sequence[Notice]],
    over: Sequence[int],
    *,
    told_to: int,
    at: int,
) -> bool:
    is_ours = deliveries.add_deliveries(conn, claim, of.id, told, told=told_to, at=at, box=OF_TOPICS)
    if is_ours:
        subscriptions.switch_off(conn, over, box=OF_TOPICS)
    return is_ours
