"""The verbs on jobs of the field: create, edit, submit, suspend, remove; what nodes are to do, and what they tell."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from uuid import uuid4

from dragoman.core.errors import Conflict, Unavailable
from dragoman.core.field import FieldDraft, FieldJob, Goal, Heard, Planning, Submitted
from dragoman.core.job import Job
from dragoman.core.ports import Clock, Db, ending
from dragoman.core.states import JobState, RunState
from dragoman.core.things import Account, Identity, Page
from dragoman.desk.board import Board
from dragoman.desk.field_plans import Doors
from dragoman.desk.field_rights import job_named, own_job
from dragoman.desk.field_submits import planned_new, planned_stored, start_copy, submit, submit_new, tried
from dragoman.desk.hearing import hear
from dragoman.store import Connection, field_jobs, goals

_TRIES = 4

T = TypeVar("T")


class FieldJobs:
    """Jobs that nodes in the field work on until they are withdrawn."""

    def __init__(self, db: Db, clock: Clock, board: Board, hint: Callable[[], None], *, startable: Doors) -> None:
        self._db, self._clock, self._board, self._hint, self._startable = db, clock, board, hint, startable

    async def create(self, who: Identity, draft: FieldDraft) -> Job:
        """Store a job as a draft, under the next number of its door."""
        return await self._numbered(partial(_create, who=who, draft=draft))

    async def find(self, door: str, alias: str) -> FieldJob:
        """A job, removed ones too; everybody may see it. Raises NotFound."""
        return await self._db.read(_find, door, alias)

    async def edit(self, who: Identity, alias: str, draft: FieldDraft, *, override: bool = False) -> None:
        """Make a job what a new request says; nodes stop working on it. Raises NotFound and Denied."""
        await self._db.write(_edit, who, alias, draft, override=override, at=self._clock.now())
        self._board.hint()

    async def submit(
        self, who: Identity, door: str, alias: str, planning: Planning, *, override: bool = False, dry: bool = False
    ) -> Sequence[str]:
        """Serve a job under a new goal, unless something stands in the way: that is returned.

        A dry run changes nothing. Raises NotFound and Denied.
        """
        asked = partial(
            planned_stored,
            who=who,
            door=door,
            alias=alias,
            planning=planning,
            override=override,
            startable=self._startable,
        )
        if dry:
            return (await self._db.read(tried, asked)).complaints
        complaints = await self._db.write(submit, asked, goal=str(uuid4()), at=self._clock.now())
        self._board.hint()
        return complaints

    async def submit_new(
        self, who: Identity, draft: FieldDraft, planning: Planning, *, keep: bool = False, dry: bool = False
    ) -> Submitted:
        """Store a job and serve it, in one go.

        What cannot be served is stored as a draft only when ``keep`` says so, and nothing is in a dry run.
        """
        asked = partial(planned_new, who=who, draft=draft, planning=planning, startable=self._startable)
        if dry:
            return Submitted(job=None, complaints=(await self._db.read(tried, asked)).complaints)

        def stored(conn: Connection, *, at: int) -> Submitted:
            return submit_new(conn, asked, who, draft, keep=keep, goal=goal, at=at)

        goal = str(uuid4())
        found = await self._numbered(stored)
        self._board.hint()
        return found

    async def start_copy(
        self,
        who: Identity,
        door: str,
        alias: str,
        copied: Callable[[Job], FieldDraft],
        planning: Planning,
        *,
        start_id: int,
    ) -> Sequence[str]:
        """Store what ``copied`` makes of a job under a number of its own, and serve it; nothing when this start did so.

        What stands in the way is returned, and nothing is stored then. Raises NotFound and Denied, and Unavailable
        while others take each number first. ``copied`` is pure.
        """
        made = partial(start_copy, copied=copied, startable=self._startable, start_id=start_id, goal=str(uuid4()))
        try:
            complaints = await self._numbered(partial(made, who=who, door=door, alias=alias, planning=planning))
        except Conflict as problem:
            raise Unavailable("Other jobs took each number that was tried.") from problem
        self._board.hint()
        return complaints

    async def _numbered(self, fn: Callable[..., T]) -> T:
        """Write what takes the next number, and again while somebody else has just taken it."""
        for _ in range(_TRIES):
            try:
                return await self._db.write(fn, at=self._clock.now())
            except Conflict:
                continue
        return await self._db.write(fn, at=self._clock.now())

    async def suspend(self, who: Identity, door: str, alias: str, *, override: bool = False) -> None:
        """Have nodes work on a job no longer, whatever it is doing. Raises NotFound and Denied."""
        await self._db.write(_suspend, who, door, alias, override=override, at=self._clock.now())
        self._board.hint()

    async def remove(
        self, who: Identity, door: str, alias: str, *, force: bool = False, override: bool = False
    ) -> None:
        """Hide a job, and have nodes work on it no longer. Raises Conflict while it runs, unless it is forced."""
        await self._db.write(_remove, who, door, alias, force=force, override=override, at=self._clock.now())
        self._board.hint()

    async def goals(self, vsn: str) -> list[Goal]:
        """What a node is to do, each goal with that node's part alone."""
        found = await self._db.read(goals.goals_for, [vsn.lower()])
        return found[vsn.lower()][1] if vsn.lower() in found else []

    async def news(self, vsn: str, than: int | None, *, seconds: float) -> tuple[int, list[Goal]] | None:
        """Another version than that of what a node is to do, and its goals (None: what there is now).

        None when there is none in that time.
        """
        return await self._board.news(vsn, than, seconds=seconds)

    async def hear(self, node_id: int, news: Sequence[Heard]) -> None:
        """Take what a node tells about its goals, in order. News of goals that were withdrawn count no longer."""
        await self._db.write(hear, node_id, news, at=self._clock.now())
        self._hint()

    async def counts(self, door: str) -> Mapping[tuple[JobState, bool], int]:
        """How many jobs of a door there are of each state; for open ones, by whether a node has their goal."""
        return await self._db.read(field_jobs.count_field_jobs, door=door)

    async def list(self, door: str, owner: Account | None, page: Page | None = None) -> list[FieldJob]:
        """All jobs of a door, or an owner's, or a page of them, newest first; removed ones too, without letters."""
        owner_id = owner.id if owner else None
        return await self._db.read(field_jobs.list_field_jobs, door=door, owner_id=owner_id, page=page)


def _create(conn: Connection, *, who: Identity, draft: FieldDraft, at: int) -> Job:
    return field_jobs.add_field_job(conn, draft, owner_id=who.account.id, at=at)


def _find(conn: Connection, door: str, alias: str) -> FieldJob:
    return field_jobs.view_field_jobs(conn, [job_named(conn, door, alias)])[0]


def _edit(conn: Connection, who: Identity, alias: str, draft: FieldDraft, *, override: bool, at: int) -> None:
    field_jobs.replace_job(conn, own_job(conn, who, draft.door, alias, override=override), draft, at=at)


@ending
def _suspend(conn: Connection, who: Identity, door: str, alias: str, *, override: bool, at: int) -> None:
    job = own_job(conn, who, door, alias, override=override)
    field_jobs.end_job(conn, job, JobState.SUSPENDED, at=at)


@ending
def _remove(conn: Connection, who: Identity, door: str, alias: str, *, force: bool, override: bool, at: int) -> None:
    job = own_job(conn, who, door, alias, override=override)
    if job.state is JobState.OPEN and job.progress is RunState.RUNNING and not force:
        raise Conflict(f"The job {alias} is running.", hint="Suspend it first, or force its removal.")
    field_jobs.end_job(conn, job, JobState.REMOVED, at=at)
