"""The verbs on jobs. Each checks who asks, then reads or writes rows in one transaction; a hint wakes the engine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from dragoman.core.errors import Conflict, Faults, Invalid, NotFound
from dragoman.core.job import Draft, Event, Input, Job, Run
from dragoman.core.ports import Clock, Db, ending
from dragoman.core.states import JobState, Wish
from dragoman.core.things import Account, File, Identity, JobQuery, JobView, ListedJob, Page
from dragoman.desk import job_changes
from dragoman.desk.seen import job_for, listed_jobs, own_job_for, view_files, view_job
from dragoman.store import Connection, catalogue, events, files, job_lists, jobs

T = TypeVar("T")

START = "start"
"""The key in a job's notes of the start that has made it."""


class Jobs:
    """Create, find, list, submit, wish, change, share and remove jobs; read their history and runs."""

    def __init__(self, db: Db, clock: Clock, hint: Callable[[], None], hint_line: Callable[[], None]) -> None:
        self._db, self._clock, self._hint, self._hint_line = db, clock, hint, hint_line

    async def create(self, who: Identity, draft: Draft) -> JobView:
        """Store a draft. Raises Invalid where it names a file that the account may not use, or that was deleted."""
        return await self._db.write(_create, who, draft, at=self._clock.now())

    async def find(self, who: Identity, door: str, alias: str) -> JobView:
        """A job with everything a door shows of it."""
        return await self._db.read(_find, who, door, alias)

    async def submit(self, who: Identity, door: str, alias: str, *, runs: int = 1) -> None:
        """Open a draft. Raises Conflict when it was submitted before, or when one of its inputs was deleted."""
        await self._db.write(_submit, who, door, alias, runs=runs, at=self._clock.now())
        self._hint_line()

    async def start_copy(
        self, who: Identity, door: str, alias: str, copied: Callable[[Job], Draft], *, start_id: int
    ) -> None:
        """Make the job that ``copied`` makes of a stored one, and start it; nothing when this start did so before.

        Raises NotFound, and Conflict when its inputs were deleted or its alias is another job's. ``copied`` is pure.
        """
        await self._db.write(_start_copy, who, door, alias, copied, start_id=start_id, at=self._clock.now())
        self._hint_line()

    async def wish(self, who: Identity, door: str, alias: str, wish: Wish) -> None:
        """Ask for a job's end; nothing happens when it has ended. Raises Conflict when it was never submitted."""
        await self._db.write(_wish, who, door, alias, wish, at=self._clock.now())
        self._hint()

    async def wish_run(self, who: Identity, door: str, alias: str, number: int, wish: Wish) -> None:
        """Ask for one run's end; nothing happens when it has ended."""
        await self._db.write(_wish_run, who, door, alias, number=number, wish=wish, at=self._clock.now())
        self._hint()

    async def change(
        self, who: Identity, door: str, alias: str, *, name: str | None = None, notes: Mapping[str, Any] | None = None
    ) -> JobView:
        """Give a job another name, or other values for some of its notes."""
        return await self._db.write(job_changes.change, who, door, alias, name=name, notes=notes, at=self._clock.now())

    async def amend(
        self, who: Identity, door: str, alias: str, amended: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Give some of a job's notes the values that ``amended`` makes of those they have; all notes afterwards.

        Nobody changes them in between. ``amended`` is pure, and may be called twice.
        """
        return await self._db.write(job_changes.amend, who, door, alias, amended, at=self._clock.now())

    async def share(self, who: Identity, door: str, alias: str, email: str) -> Account:
        """Let another account see a job, its history and its files. Raises Invalid: nobody's address, too many."""
        return await self._db.write(job_changes.share, who, door, alias, email, at=self._clock.now())

    async def remove(self, who: Identity, door: str, alias: str, *, with_inputs: bool) -> None:
        """Delete a job and its outputs (its inputs too when asked). Raises Conflict while it runs."""
        await self._db.write(job_changes.remove, who, door, alias, with_inputs=with_inputs, at=self._clock.now())
        self._hint()

    async def events(self, who: Identity, door: str, alias: str) -> list[Event]:
        """A job's whole history, oldest first."""
        return await self._db.read(_events, who, door, alias)

    async def runs(self, who: Identity, door: str, alias: str, page: Page) -> tuple[int, list[Run]]:
        """How many runs a job has, and one page of them by number."""
        return await self._db.read(_runs, who, door, alias, page)

    async def run(self, who: Identity, door: str, alias: str, number: int) -> Run:
        """One run of a job."""
        return await self._db.read(_run, who, door, alias, number)

    async def list(
        self, who: Identity, door: str, query: JobQuery, page: Page, show: Callable[[ListedJob], T]
    ) -> tuple[int, list[T]]:
        """How many jobs the account may see (own and shared), and what ``show`` makes of each on one page.

        ``show`` is pure; jobs that it was shown are forgotten, so that a page of large ones needs no more memory.
        """
        return await self._db.read(_list, who, door, query, page=page, show=show)


def _create(conn: Connection, who: Identity, draft: Draft, *, at: int) -> JobView:
    found = files.find_files(conn, door=draft.door, aliases=sorted({item.alias for item in draft.inputs}))
    _check_inputs(conn, who, draft, found)
    inputs = tuple(
        Input(file_id=found[item.alias].id, name=found[item.alias].name, unpack=item.unpack) for item in draft.inputs
    )
    size = sum({file.id: file.size for file in found.values()}.values())
    workload = replace(draft.workload, inputs=inputs)
    job = jobs.add_job(conn, draft, owner_id=who.account.id, workload=workload, input_bytes=size, at=at)
    seen = view_files(conn, found.values())
    return JobView(job=job, owner=who.account, files={one.file.alias: one for one in seen})


def _check_inputs(conn: Connection, who: Identity, draft: Draft, found: Mapping[str, File]) -> None:
    wrong = Faults()
    readable = files.readable_files(conn, found.values(), who.account.id)
    for item in draft.inputs:
        file = found.get(item.alias)
        if file is None or file.id not in readable:
            wrong.add(item.where, f'Invalid id "{item.alias}" - file does not exist.')
        elif file.deleted_at is not None:
            wrong.add(item.where, f"The file {file.name} ({item.alias}) was deleted.")
    if wrong:
        raise Invalid(wrong)


def _find(conn: Connection, who: Identity, door: str, alias: str) -> JobView:
    return view_job(conn, job_for(conn, who, door, alias))


def _list(
    conn: Connection, who: Identity, door: str, query: JobQuery, *, page: Page, show: Callable[[ListedJob], T]
) -> tuple[int, list[T]]:
    count, parts = job_lists.list_jobs(conn, account_id=who.account.id, door=door, query=query, page=page)
    return count, [show(one) for part in parts for one in listed_jobs(conn, part)]


def _start_copy(
    conn: Connection, who: Identity, door: str, alias: str, copied: Callable[[Job], Draft], *, start_id: int, at: int
) -> None:
    of = job_for(conn, who, door, alias)
    draft = copied(of)
    made = jobs.find_job(conn, door=door, alias=draft.alias)
    if made is not None and made.notes.get(START) == start_id:
        return
    draft = replace(draft, notes={**draft.notes, START: start_id})
    owner_id, size = who.account.id, of.input_bytes
    job = jobs.add_job(conn, draft, owner_id=owner_id, workload=draft.workload, input_bytes=size, at=at)
    _open(conn, job, runs=1, at=at)


def _submit(conn: Connection, who: Identity, door: str, alias: str, *, runs: int, at: int) -> None:
    job = own_job_for(conn, who, door, alias)
    if job.state is not JobState.DRAFT:
        raise Conflict("The job was submitted already.", hint="Create a new job to run it again.")
    _open(conn, job, runs=runs, at=at)


def _open(conn: Connection, job: Job, *, runs: int, at: int) -> None:
    inputs = files.get_files(conn, [item.file_id for item in job.workload.inputs])
    for item in job.workload.inputs:
        if item.file_id not in inputs or inputs[item.file_id].deleted_at is not None:
            raise Conflict(f"The input file {item.name} was deleted.", hint="Upload it again and create a new job.")
    system_id = catalogue.find_system(conn, job.workload.resources.system)
    jobs.submit_job(conn, job, system_id=system_id, runs=runs, at=at)


@ending
def _wish(conn: Connection, who: Identity, door: str, alias: str, wish: Wish, *, at: int) -> None:
    job = own_job_for(conn, who, door, alias)
    if job.state is JobState.DRAFT:
        raise Conflict("The job was never submitted.", hint="There is nothing to stop.")
    if job.state is JobState.OPEN and _is_stronger(wish, job.wish):
        jobs.wish_for_job(conn, job, wish, at=at)


@ending
def _wish_run(conn: Connection, who: Identity, door: str, alias: str, *, number: int, wish: Wish, at: int) -> None:
    job = own_job_for(conn, who, door, alias)
    run = jobs.find_run(conn, job_id=job.id, number=number)
    if run is None:
        raise NotFound("Not found.")
    if run.ended_at is None and _is_stronger(wish, run.wish):
        jobs.wish_for_run(conn, run, wish, at=at)


def _is_stronger(wish: Wish, standing: Wish) -> bool:
    order = (Wish.NONE, Wish.STOP, Wish.KILL)
    return order.index(wish) > order.index(standing)


def _events(conn: Connection, who: Identity, door: str, alias: str) -> list[Event]:
    return events.list_events(conn, job_for(conn, who, door, alias).id)


def _runs(conn: Connection, who: Identity, door: str, alias: str, page: Page) -> tuple[int, list[Run]]:
    return jobs.list_runs(conn, job_for(conn, who, door, alias).id, page)


def _run(conn: Connection, who: Identity, door: str, alias: str, number: int) -> Run:
    run = jobs.find_run(conn, job_id=job_for(conn, who, door, alias).id, number=number)
    if run is None:
        raise NotFound("Not found.")
    return run
