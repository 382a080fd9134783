"""The verbs on jobs that run in directories of people's own: start, look at, list, hide, share."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Conflict, Denied, NotFound, Unavailable
from dragoman.core.job import Draft, Event, Job, Run
from dragoman.core.notices import ADDED, AMENDED, REMOVED, SHARE, NewSubscription, Shared
from dragoman.core.ports import Clock, Db, Sites, ending
from dragoman.core.sources import Wanted
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Account, Identity, Verb, Whose
from dragoman.core.transfers import TransferView
from dragoman.desk.rights import account_named
from dragoman.desk.subscribing import check_number
from dragoman.desk.transfers import view_transfer
from dragoman.store import Connection, accounts, grants, hosted_jobs, jobs, transfers
from dragoman.store.grants import Grant
from dragoman.store.hosted_jobs import Found, Listed

KIND = "job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A job, its run, its whole history and the transfers that were made for it."""

    job: Job
    owner: Account
    run: Run | None
    events: Sequence[Event]
    transfers: Sequence[TransferView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a system is to the commands of an account."""

    base: str
    """Where its root lies."""
    containers: Mapping[str, str] | None
    own_processes: bool
    """See core.ports.Site, as for ``containers``."""


class HostedJobs:
    """Jobs of one run, as their owners and those they are shared with see them.

    A job is shared by topics: words of the door, each for a part of what there is to see.
    """

    def __init__(
        self, db: Db, clock: Clock, sites: Sites | None, hint: Callable[[], None], hint_line: Callable[[], None]
    ) -> None:
        self._db, self._clock, self._sites, self._hint, self._hint_line = db, clock, sites, hint, hint_line

    @property
    def now(self) -> int:
        """The time, in microseconds."""
        return self._clock.now()

    async def ground(self, system_id: int, account_id: int) -> Ground:
        """What a system is to the commands of an account. Raises Denied without a login for it."""
        if self._sites is None:
            raise Unavailable("This service reaches no other hosts.")
        site = await self._sites.of(system_id, account_id)
        return Ground(base=site.base, containers=site.containers, own_processes=site.own_processes)

    async def owner(self, name: str) -> Account:
        """Somebody whose job is to be. Raises Invalid for an unknown account."""
        return await self._db.read(account_named, name, where="owner")

    async def start(
        self,
        who: Identity,
        draft: Draft,
        *,
        system_id: int,
        app_id: int | None = None,
        owner: str,
        subscriptions: Sequence[NewSubscription] = (),
    ) -> Seen:
        """Store a job and open it; from when this returns it is not lost. Raises Invalid for an unknown owner.

        ``app_id`` is the version of an app whose budgets count for it.
        """
        at, owner = self._clock.now(), owner or who.account.name
        check_number(subscriptions, [])
        place: dict[str, Any] = {"system_id": system_id, "app_id": app_id}
        seen = await self._db.write(_start, draft, **place, owner=owner, subscriptions=subscriptions, at=at)
        self._hint_line()
        return seen

    async def find(self, who: Identity, door: str, alias: str, topic: str = "") -> Seen:
        """A job, for its owner, an admin, or somebody that topic of it was shared with. Raises NotFound and Denied."""
        return await self._db.read(_find, who, door, alias, topic)

    async def has(self, who: Identity, door: str, alias: str) -> bool:
        """Whether there is such a job that is theirs, or whose topics they were given."""
        try:
            await self.find(who, door, alias)
        except NotFound:
            return False
        return True

    async def note(self, who: Identity, door: str, alias: str, key: str, value: object) -> bool:
        """Keep something with an ended job; False when it was so already. Raises Conflict while it goes on."""
        return await self._db.write(_note, who, door, alias, key=key, value=value, at=self._clock.now())

    async def amend(self, who: Identity, door: str, alias: str, topic: str, new: Mapping[str, object]) -> bool:
        """As ``note``, at any time, and also for somebody that topic of the job was shared with."""
        amended = await self._db.write(_amend, who, door, alias, topic=topic, new=new, at=self._clock.now())
        self._hint()
        return amended

    async def revise(
        self, who: Identity, door: str, alias: str, revised: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Job:
        """Give a job other notes, worked out of those that it has, at any time. Raises what ``revised`` does, too."""
        return await self._db.write(_revise, who, door, alias, revised=revised, at=self._clock.now())

    async def stop(self, who: Identity, door: str, alias: str, topic: str, wish: Wish) -> None:
        """Ask for a job's end, also for somebody that topic was shared with. Raises Conflict when it has ended."""
        await self._db.write(_stop, who, door, alias, topic=topic, wish=wish, at=self._clock.now())
        self._hint()

    async def share(self, who: Identity, door: str, alias: str, name: str, topics: Sequence[str]) -> None:
        """Let somebody see parts of a job. Raises NotFound, Denied, and Invalid for an unknown account."""
        await self._db.write(_share, who, door, alias, name=name, topics=topics, at=self._clock.now())
        self._hint()

    async def unshare(self, who: Identity, door: str, alias: str, name: str) -> int:
        """Take back all that somebody may see of a job; how many topics that was.

        Anybody may give up what they may see themselves. Raises NotFound, Denied, and Invalid for an unknown account.
        """
        count = await self._db.write(_unshare, who, door, alias, name=name, at=self._clock.now())
        self._hint()
        return count

    async def shares(self, who: Identity, door: str, alias: str) -> list[Grant]:
        """With whom a job is shared, in the order of sharing."""
        return await self._db.read(_shares, who, door, alias)

    async def owners(self, listed: Sequence[Listed]) -> dict[int, str]:
        """The names of the owners of jobs, by id."""
        return await self._db.read(_owners, {one.job.owner_id for one in listed})

    async def list(self, who: Identity, door: str, whose: Whose, topic: str, wanted: Wanted) -> Found:
        """The wanted part of a list of jobs, with their runs and moves, without letters and workloads.

        Where the store cannot tell the part, all among which it is to be found. See ``list_jobs_with_runs``.
        """
        me = who.account.id
        return await self._db.read(
            hosted_jobs.list_jobs_with_runs, wanted, door=door, account_id=me, whose=whose, topic=topic
        )

    async def walk(
        self, who: Identity, door: str, whose: Whose, topic: str, wanted: Wanted, *, stride: int = 500
    ) -> AsyncIterator[Sequence[Listed]]:
        """All jobs among which what is wanted is to be found, in its order, some at a time and none twice."""
        me = who.account.id
        place: dict[str, Any] = {"door": door, "account_id": me, "whose": whose, "topic": topic}
        ids = await self._db.read(hosted_jobs.fitting_jobs, wanted, **place)
        for first in range(0, len(ids), stride):
            yield await self._db.read(hosted_jobs.listed_jobs, ids[first : first + stride])


def _owners(conn: Connection, ids: set[int]) -> dict[int, str]:
    return {key: account.name for key, account in accounts.find_accounts(conn, ids).items()}


def _start(
    conn: Connection,
    draft: Draft,
    *,
    owner: str,
    system_id: int,
    app_id: int | None,
    subscriptions: Sequence[NewSubscription],
    at: int,
) -> Seen:
    account = account_named(conn, owner, where="owner")
    made = hosted_jobs.start_job(
        conn, draft, owner_id=account.id, system_id=system_id, app_id=app_id, subscriptions=subscriptions, at=at
    )
    # It is new: of what there may be to see, there is only this.
    run = jobs.find_run(conn, job_id=made.id, number=1)
    return Seen(job=made, owner=account, run=run, events=jobs.list_events(conn, made.id), transfers=())


def _find(conn: Connection, who: Identity, door: str, alias: str, topic: str) -> Seen:
    return _see(conn, job_for(conn, who, door, alias, topic))


def job_for(conn: Connection, who: Identity, door: str, alias: str, topic: str) -> Job:
    """A job, for its owner, an admin, or somebody that topic of it was shared with. Raises NotFound and Denied."""
    found = _job(conn, door, alias)
    me = who.account
    mine = found.owner_id == me.id or me.is_admin
    if not mine and not (topic and hosted_jobs.may_read_topic(conn, found.id, me.id, topic)):
        raise Denied(f"The job {alias} is not yours.")
    return found


def _job(conn: Connection, door: str, alias: str) -> Job:
    found = jobs.find_job(conn, door=door, alias=alias)
    if found is None:
        raise NotFound(f"There is no job {alias}.")
    return found


def _see(conn: Connection, found: Job) -> Seen:
    _, runs = jobs.list_runs(conn, found.id)
    moved = transfers.transfers_of_run(conn, runs[0].id) if runs else []
    return Seen(
        job=found,
        owner=accounts.find_accounts(conn, {found.owner_id})[found.owner_id],
        run=runs[0] if runs else None,
        events=jobs.list_events(conn, found.id),
        transfers=[view_transfer(conn, one, details=False) for one in moved],
    )


def own_job(conn: Connection, who: Identity, door: str, alias: str) -> Job:
    """A job, for its owner or an admin. Raises NotFound and Denied."""
    return job_for(conn, who, door, alias, "")


def _note(conn: Connection, who: Identity, door: str, alias: str, *, key: str, value: object, at: int) -> bool:
    found = own_job(conn, who, door, alias)
    if found.state is not JobState.ENDED:
        raise Conflict(f"The job {alias} has not ended.")
    if found.notes.get(key) == value:
        return False
    jobs.change_job(conn, found, name=None, notes={key: value}, at=at)
    return True


def _amend(
    conn: Connection, who: Identity, door: str, alias: str, *, topic: str, new: Mapping[str, object], at: int
) -> bool:
    found = job_for(conn, who, door, alias, topic)
    if all(found.notes.get(key) == value for key, value in new.items()):
        return False
    jobs.change_job(conn, found, name=None, notes=new, at=at)
    told = jobs.new_event(at, kind=AMENDED, now=json.dumps(dict(new)), reason=who.account.name)
    jobs.add_events(conn, found.id, [told])
    return True


def _revise(
    conn: Connection,
    who: Identity,
    door: str,
    alias: str,
    *,
    revised: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    at: int,
) -> Job:
    found = own_job(conn, who, door, alias)
    jobs.change_job(conn, found, name=None, notes=revised(found.notes), at=at)
    return own_job(conn, who, door, alias)


@ending
def _stop(conn: Connection, who: Identity, door: str, alias: str, *, topic: str, wish: Wish, at: int) -> None:
    found = job_for(conn, who, door, alias, topic)
    if found.state is JobState.ENDED:
        raise Conflict(f"The job {alias} has ended.")
    if found.wish is Wish.NONE:
        jobs.wish_for_job(conn, found, wish, at=at)


def _share(
    conn: Connection, who: Identity, door: str, alias: str, *, name: str, topics: Sequence[str], at: int
) -> None:
    found = own_job(conn, who, door, alias)
    other = account_named(conn, name, where="grantee")
    for topic in topics:
        grants.give(conn, kind=KIND, ref=found.id, account_id=other.id, verb=Verb.READ, path=topic, at=at)
    _tell_shares(conn, found, topics, Shared(grantee=name, grantor=who.account.name), now=ADDED, at=at)


def _unshare(conn: Connection, who: Identity, door: str, alias: str, *, name: str, at: int) -> int:
    found = _job(conn, door, alias)
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
        told = [jobs.new_event(at, kind=SHARE, was=topic, now=now, reason=str(shared)) for topic in topics]
        jobs.add_events(conn, of.id, told)


def _shares(conn: Connection, who: Identity, door: str, alias: str) -> list[Grant]:
    found = own_job(conn, who, door, alias)
    return grants.list_grants(conn, kind=KIND, refs=[found.id])[found.id]
