"""The verbs by which people hear of jobs, and send word to those who do."""

from collections.abc import Callable

from dragoman.core.errors import Conflict
from dragoman.core.notices import SAID, NewSubscription, Subscription, Trouble
from dragoman.core.ports import Clock, Db
from dragoman.core.states import JobState
from dragoman.core.things import Identity
from dragoman.desk.hosted_jobs import job_for, own_job
from dragoman.desk.subscribing import check_number
from dragoman.store import Connection, jobs, subscriptions, undelivered


class Subscriptions:
    """Subscriptions to jobs, for their owners and admins."""

    def __init__(self, db: Db, clock: Clock, hint: Callable[[], None]) -> None:
        self._db, self._clock, self._hint = db, clock, hint

    async def add(self, who: Identity, door: str, alias: str, new: NewSubscription) -> None:
        """Subscribe to a job. Raises NotFound, Denied, Invalid (too many receivers), and Conflict after its end."""
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

    async def say(self, who: Identity, door: str, alias: str, *, topic: str, heading: str, text: str) -> None:
        """Write into the history of a job that goes on, and so to those who have subscribed to it.

        For its owner, admins, and those that topic of it was shared with. Raises NotFound, Denied and Conflict.
        """
        await self._db.write(_say, who, door, alias, topic=topic, heading=heading, text=text, at=self._clock.now())
        self._hint()


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
    one = subscriptions.find_subscription(conn, alias)
    if one is None:
        return 0
    found = jobs.get_job(conn, one.job_id)
    if found.door != door:
        return 0
    own_job(conn, who, door, found.alias)
    return _remove(conn, found.id, [one.id], at=at)


def _remove(conn: Connection, job_id: int, ids: list[int], *, at: int) -> int:
    gone = subscriptions.unsubscribe(conn, job_id, ids, why="The subscription was removed.", at=at)
    if gone:
        subscriptions.tell_change(conn, job_id, gone, added=False, at=at)
    return gone


def _say(
    conn: Connection, who: Identity, door: str, alias: str, *, topic: str, heading: str, text: str, at: int
) -> None:
    found = job_for(conn, who, door, alias, topic)
    if found.state is JobState.ENDED:
        raise Conflict(f"The job {alias} has ended.")
    jobs.add_events(conn, found.id, [jobs.new_event(at, kind=SAID, was=heading, reason=text)])
