"""Who else may see parts of a job that runs in directories of people's own."""

from collections.abc import Sequence

from dragoman.core.job import Job
from dragoman.core.notices import ADDED, REMOVED, SHARE, Shared
from dragoman.core.ports import Clock, Db
from dragoman.core.things import Identity, Verb
from dragoman.desk.hosted_jobs import job_named, own_job
from dragoman.desk.rights import account_named
from dragoman.store import Connection, events, grants
from dragoman.store.grants import Grant

KIND = "job"


class JobShares:
    """Shares of jobs: topics of each, which are words of its door, for somebody."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def share(self, who: Identity, door: str, alias: str, name: str, topics: Sequence[str]) -> None:
        """Let somebody see parts of a job. Raises NotFound, Denied, and Invalid for an unknown account."""
        await self._db.write(_share, who, door, alias, name=name, topics=topics, at=self._clock.now())

    async def unshare(self, who: Identity, door: str, alias: str, name: str) -> int:
        """Take back all that somebody may see of a job; how many topics that was.

        Anybody may give up what they may see themselves. Raises NotFound, Denied, and Invalid for an unknown account.
        """
        return await self._db.write(_unshare, who, door, alias, name=name, at=self._clock.now())

    async def shares(self, who: Identity, door: str, alias: str) -> list[Grant]:
        """With whom a job is shared, in the order of sharing."""
        return await self._db.read(_shares, who, door, alias)


def _share(
    conn: Connection, who: Identity, door: str, alias: str, *, name: str, topics: Sequence[str], at: int
) -> None:
    found = own_job(conn, who, door, alias)
    other = account_named(conn, name, where="grantee")
    for topic in topics:
        grants.give(conn, kind=KIND, ref=found.id, account_id=other.id, verb=Verb.READ, path=topic, at=at)
    _tell_shares(conn, found, topics, Shared(grantee=name, grantor=who.account.name), now=ADDED, at=at)


def _unshare(conn: Connection, who: Identity, door: str, alias: str, *, name: str, at: int) -> int:
    found = job_named(conn, door, alias)
    given = grants.list_grants(conn, kind=KIND, refs=[found.id])[found.id]
    if name != who.account.name or not any(one.name == name for one in given):
        own_job(conn, who, door, alias)
    other = account_named(conn, name, where="user")
    topics = sorted({one.path for one in given})
    taken = [
        topic
        for topic in topics
        if grants.take(conn, kind=KIND, ref=found.id, account_id=other.id, verbs=[Verb.READ], path=topic)
    ]
    _tell_shares(conn, found, taken, Shared(grantee=name, grantor=who.account.name), now=REMOVED, at=at)
    return len(taken)


def _tell_shares(conn: Connection, of: Job, topics: Sequence[str], shared: Shared, *, now: str, at: int) -> None:
    if topics:
        told = [events.new_event(at, kind=SHARE, was=topic, now=now, reason=str(shared)) for topic in topics]
        events.add_events(conn, of.id, told)


def _shares(conn: Connection, who: Identity, door: str, alias: str) -> list[Grant]:
    found = own_job(conn, who, door, alias)
    return grants.list_grants(conn, kind=KIND, refs=[found.id])[found.id]
