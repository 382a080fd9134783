"""The verbs on jobs that run in directories of people's own: start, look at, list, stop."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Conflict, Denied, NotFound
from dragoman.core.job import Draft, Event, Job, Run
from dragoman.core.notices import NewSubscription
from dragoman.core.ports import Clock, Db, ending
from dragoman.core.sources import Wanted
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Account, Identity, Whose
from dragoman.core.transfers import TransferView
from dragoman.desk.rights import account_named
from dragoman.desk.subscribing import check_number
from dragoman.desk.transfers import view_transfer
from dragoman.store import Connection, accounts, events, hosted_jobs, jobs, transfers
from dragoman.store.hosted_jobs import Found, Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A job, its run, its whole history and the transfers that were made for it."""

    job: Job
    owner: Account
    run: Run | None
    events: Sequence[Event]
    transfers: Sequence[TransferView]


class HostedJobs:
    """Jobs of one run, as their owners and those they are shared with see them.

    A job is shared by topics: words of the door, each for a part of what there is to see.
    """

    def __init__(self, db: Db, clock: Clock, hint: Callable[[], None], hint_line: Callable[[], None]) -> None:
        self._db, self._clock, self._hint, self._hint_line = db, clock, hint, hint_line

    @property
    def now(self) -> int:
        """The time, in microseconds."""
        return self._clock.now()

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

    async def stop(self, who: Identity, door: str, alias: str, topic: str, wish: Wish) -> None:
        """Ask for a job's end, also for somebody that topic was shared with. Raises Conflict when it has ended."""
        await self._db.write(_stop, who, door, alias, topic=topic, wish=wish, at=self._clock.now())
        self._hint()

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
    return Seen(job=made, owner=account, run=run, events=events.list_events(conn, made.id), transfers=())


def _find(conn: Connection, who: Identity, door: str, alias: str, topic: str) -> Seen:
    return _see(conn, job_for(conn, who, door, alias, topic))


def job_for(conn: Connection, who: Identity, door: str, alias: str, topic: str, *, lock: bool = False) -> Job:
    """A job, for its owner, an admin, or somebody that topic of it was shared with. Raises NotFound and Denied.

    With ``lock``, nobody changes it before this transaction ends.
    """
    found = job_named(conn, door, alias, lock=lock)
    me = who.account
    mine = found.owner_id == me.id or me.is_admin
    if not mine and not (topic and hosted_jobs.may_read_topic(conn, found.id, me.id, topic)):
        raise Denied(f"The job {alias} is not yours.")
    return found


def job_named(conn: Connection, door: str, alias: str, *, lock: bool = False) -> Job:
    """A job, whoever asks; see ``job_for`` for ``lock``. Raises NotFound."""
    found = jobs.find_job(conn, door=door, alias=alias, lock=lock)
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
        events=events.list_events(conn, found.id),
        transfers=[view_transfer(conn, one, details=False) for one in moved],
    )


def own_job(conn: Connection, who: Identity, door: str, alias: str, *, lock: bool = False) -> Job:
    """A job, for its owner or an admin; see ``job_for``. Raises NotFound and Denied."""
    return job_for(conn, who, door, alias, "", lock=lock)


@ending
def _stop(conn: Connection, who: Identity, door: str, alias: str, *, topic: str, wish: Wish, at: int) -> None:
    found = job_for(conn, who, door, alias, topic, lock=True)
    if found.state is JobState.ENDED:
        raise Conflict(f"The job {alias} has ended.")
    if found.wish is Wish.NONE:
        jobs.wish_for_job(conn, found, wish, at=at)
