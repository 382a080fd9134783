"""The verbs by which people hear of jobs and of things, and send word to those who do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.notices import SAID, Delivery, NewSubscription, Notice, Subscription, Trouble
from dragoman.core.ports import Clock, Db
from dragoman.core.states import JobState
from dragoman.core.things import Identity
from dragoman.desk.hosted_jobs import job_for, own_job
from dragoman.desk.subscribing import check_number
from dragoman.store import Connection, accounts, deliveries, events, jobs, subscriptions, topics, undelivered
from dragoman.store.outbox import OF_JOBS, OF_TOPICS, Outbox

REMOVED = "The subscription was removed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A subscription, what it is about, and what was sent for it lately."""

    job: str
    """Its id at the door; empty: it is about a topic."""
    has_ended: bool
    subscription: Subscription
    owner: str
    deliveries: Sequence[Delivery]


class Subscriptions:
    """Subscriptions to jobs, for their owners and admins, and to things, for those who may see them."""

    def __init__(self, db: Db, clock: Clock, hint: Callable[[], None]) -> None:
        self._db, self._clock, self._hint = db, clock, hint

    async def add(self, who: Identity, door: str, alias: str, new: NewSubscription) -> None:
        """Subscribe to a job. Raises NotFound, Denied, Invalid (too many receivers), and Conflict after its end.

        One that stays is told after the end, too, what is done to the job.
        """
        await self._db.write(_add, who, door, alias, new=new, at=self._clock.now())
        self._hint()

    async def troubles(self, who: Identity, door: str, alias: str) -> list[Trouble]:
        """The receivers that notices of a job did not reach, as long as deliveries are kept."""
        return await self._db.read(_troubles, who, door, alias)

    async def list(self, who: Identity, door: str, alias: str) -> list[Subscription]:
        """The subscriptions to a job, oldest first."""
        return await self._db.read(_list, who, door, alias, at=self._clock.now())

    async def remove(self, who: Identity, door: str, alias: str) -> int:
        """End all subscriptions to a job; how many there were."""
        return await self._db.write(_remove_all, who, door, alias, at=self._clock.now())

    async def remove_one(self, who: Identity, door: str, alias: str) -> int:
        """End a subscription; how many that were: none when there is no such, or it has ended. Raises Denied."""
        return await self._db.write(_remove_one, who, door, alias, at=self._clock.now())

    async def mine(self, who: Identity, door: str) -> Sequence[Followed]:
        """All of one's own subscriptions at a door, oldest first."""
        return await self._db.read(_mine, who, door, at=self._clock.now())

    async def find(self, who: Identity, door: str, alias: str) -> Followed:
        """A subscription of one's own. Raises NotFound, and Denied for somebody else's."""
        return await self._db.read(_find, who, door, alias)

    async def change(self, who: Identity, door: str, alias: str, new: NewSubscription) -> None:
        """Give a subscription other words and receivers. Raises as ``find`` does."""
        await self._db.write(_change, who, door, alias, new=new)

    async def send(self, who: Identity, door: str, alias: str, notice: Notice) -> None:
        """Send a notice to the receivers of a subscription, now. Raises as ``find`` does."""
        await self._db.write(_send, who, door, alias, notice=notice, at=self._clock.now())
        self._hint()

    async def forget(self, who: Identity, door: str, alias: str, deliveries: Sequence[int]) -> int:
        """Forget what became of these deliveries; how many. Raises as ``find`` does."""
        return await self._db.write(_forget, who, door, alias, ids=deliveries)

    async def say(self, who: Identity, door: str, alias: str, *, topic: str, heading: str, text: str) -> None:
        """Write into the history of a job that goes on, and so to those who have subscribed to it.

        For its owner, admins, and those that topic of it was shared with. Raises NotFound, Denied and Conflict.
        """
        await self._db.write(_say, who, door, alias, topic=topic, heading=heading, text=text, at=self._clock.now())
        self._hint()


def _mine(conn: Connection, who: Identity, door: str, *, at: int) -> list[Followed]:
    found: list[Followed] = []
    for box in (OF_JOBS, OF_TOPICS):
        mine = subscriptions.list_of_owner(conn, door=door, owner_id=who.account.id, at=at, box=box)
        sent = deliveries.list_of_subscriptions(conn, [one.id for one in mine], box=box)
        found += [_followed(conn, one, sent[one.id], owner=who.account.name, box=box) for one in mine]
    return sorted(found, key=lambda one: one.subscription.created_at)


def _followed(conn: Connection, one: Subscription, sent: Sequence[Delivery], *, owner: str, box: Outbox) -> Followed:
    if box is OF_TOPICS:
        return Followed(job="", has_ended=False, subscription=one, owner=owner, deliveries=sent)
    of = jobs.get_job(conn, one.about)
    has_ended = of.state is JobState.ENDED
    return Followed(job=of.alias, has_ended=has_ended, subscription=one, owner=owner, deliveries=sent)


def _find(conn: Connection, who: Identity, door: str, alias: str) -> Followed:
    box, one = _owned(conn, who, door, alias)
    owner = accounts.find_accounts(conn, {one.owner_id})[one.owner_id].name
    sent = deliveries.list_of_subscriptions(conn, [one.id], box=box)[one.id]
    return _followed(conn, one, sent, owner=owner, box=box)


def _owned(conn: Connection, who: Identity, door: str, alias: str) -> tuple[Outbox, Subscription]:
    for box in (OF_JOBS, OF_TOPICS):
        one = subscriptions.find_subscription(conn, alias, box=box)
        if one is not None and _door_of(conn, one, box) == door:
            break
    else:
        raise NotFound(f"There is no subscription {alias}.")
    if one.owner_id != who.account.id and not who.account.is_admin:
        raise Denied(f"The subscription {alias} is somebody else's.")
    return box, one


def _door_of(conn: Connection, one: Subscription, box: Outbox) -> str:
    if box is OF_JOBS:
        return jobs.get_job(conn, one.about).door
    of = topics.get_topic(conn, one.about)
    return of.door if of else ""


def _change(conn: Connection, who: Identity, door: str, alias: str, *, new: NewSubscription) -> None:
    box, one = _owned(conn, who, door, alias)
    subscriptions.change(conn, one.id, new, box=box)


def _send(conn: Connection, who: Identity, door: str, alias: str, *, notice: Notice, at: int) -> None:
    box, one = _owned(conn, who, door, alias)
    deliveries.send(conn, notice, subject=one.about, subscription_id=one.id, at=at, box=box)


def _forget(conn: Connection, who: Identity, door: str, alias: str, *, ids: Sequence[int]) -> int:
    box, one = _owned(conn, who, door, alias)
    return deliveries.forget(conn, one.id, ids, box=box)


def _add(conn: Connection, who: Identity, door: str, alias: str, *, new: NewSubscription, at: int) -> None:
    found = own_job(conn, who, door, alias)
    check_number([new], subscriptions.list_subscriptions(conn, found.id, at=at))
    subscriptions.subscribe(conn, found.id, [new], owner_id=who.account.id, at=at)
    subscriptions.tell_change(conn, found.id, 1, added=True, at=at)


def _list(conn: Connection, who: Identity, door: str, alias: str, *, at: int) -> list[Subscription]:
    return subscriptions.list_subscriptions(conn, own_job(conn, who, door, alias).id, at=at)


def _troubles(conn: Connection, who: Identity, door: str, alias: str) -> list[Trouble]:
    return undelivered.list_troubles(conn, own_job(conn, who, door, alias).id)


def _remove_all(conn: Connection, who: Identity, door: str, alias: str, *, at: int) -> int:
    found = own_job(conn, who, door, alias)
    there = subscriptions.list_subscriptions(conn, found.id, at=at)
    return _remove(conn, found.id, [one.id for one in there], at=at)


def _remove_one(conn: Connection, who: Identity, door: str, alias: str, *, at: int) -> int:
    if subscriptions.find_subscription(conn, alias, box=OF_TOPICS):
        box, mine = _owned(conn, who, door, alias)
        return subscriptions.unsubscribe(conn, mine.about, [mine.id], why=REMOVED, at=at, box=box)
    one = subscriptions.find_subscription(conn, alias)
    if one is None:
        return 0
    found = jobs.get_job(conn, one.about)
    if found.door != door:
        return 0
    own_job(conn, who, door, found.alias)
    return _remove(conn, found.id, [one.id], at=at)


def _remove(conn: Connection, job_id: int, ids: list[int], *, at: int) -> int:
    gone = subscriptions.unsubscribe(conn, job_id, ids, why=REMOVED, at=at)
    if gone:
        subscriptions.tell_change(conn, job_id, gone, added=False, at=at)
    return gone


def _say(
    conn: Connection, who: Identity, door: str, alias: str, *, topic: str, heading: str, text: str, at: int
) -> None:
    found = job_for(conn, who, door, alias, topic)
    if found.state is JobState.ENDED:
        raise Conflict(f"The job {alias} has ended.")
    events.add_events(conn, found.id, [events.new_event(at, kind=SAID, was=heading, reason=text)])
