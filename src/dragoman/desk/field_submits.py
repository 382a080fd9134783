"""The transactions of submits of jobs of the field: tried, served, stored and served, copied and served."""

from collections.abc import Callable, Sequence
from functools import partial

from dragoman.core.errors import NotFound
from dragoman.core.field import FieldDraft, Plan, Planning, Submitted
from dragoman.core.job import Job
from dragoman.core.states import JobState
from dragoman.core.things import Identity
from dragoman.desk.field_plans import Doors, Planned, planned, serve
from dragoman.desk.field_rights import own_job
from dragoman.store import Connection, field_jobs, triggers


def planned_stored(
    conn: Connection,
    *,
    who: Identity,
    door: str,
    alias: str,
    planning: Planning,
    startable: Doors,
    override: bool,
    lock: bool,
) -> Planned:
    """What comes of a submit of a stored job."""
    job = own_job(conn, who, door, alias, override=override, lock=lock)
    return planned(conn, who, planning.reread(job), planning, doors=startable, job=job)


def planned_new(
    conn: Connection, *, who: Identity, draft: FieldDraft, planning: Planning, startable: Doors, lock: bool
) -> Planned:
    """What comes of a submit of a job that is not stored yet."""
    return planned(conn, who, draft, planning, doors=startable)


def tried(conn: Connection, asked: Callable[..., Planned]) -> Plan:
    """The plan that would be served."""
    return asked(conn, lock=False).plan


def submit(conn: Connection, asked: Callable[..., Planned], *, goal: str, at: int) -> Sequence[str]:
    """Serve what is planned, unless something stands in the way: that is returned."""
    found = asked(conn, lock=True)
    if found.job is not None and not found.plan.complaints:
        serve(conn, found.job, found, goal=goal, at=at)
    return found.plan.complaints


def submit_new(
    conn: Connection, asked: Callable[..., Planned], who: Identity, draft: FieldDraft, *, keep: bool, goal: str, at: int
) -> Submitted:
    """Store what is planned and serve it; what cannot be served is stored only when ``keep`` says so."""
    found = asked(conn, lock=True)
    complaints = found.plan.complaints
    if complaints and not keep:
        return Submitted(job=None, complaints=complaints)
    job = field_jobs.add_field_job(conn, draft, owner_id=who.account.id, at=at)
    if not complaints:
        serve(conn, job, found, goal=goal, at=at)
    return Submitted(job=job, complaints=complaints)


def start_copy(
    conn: Connection,
    *,
    who: Identity,
    door: str,
    alias: str,
    copied: Callable[[Job], FieldDraft],
    planning: Planning,
    startable: Doors,
    start_id: int,
    goal: str,
    at: int,
) -> Sequence[str]:
    """See ``FieldJobs.start_copy``."""
    if field_jobs.find_field_job(conn, door=door, alias=triggers.chosen_alias(conn, start_id)) is not None:
        return ()
    stored = own_job(conn, who, door, alias, override=False)
    if stored.state is JobState.REMOVED:
        raise NotFound(f"There is no job {alias}.")
    draft = copied(stored)
    asked = partial(planned_new, who=who, draft=draft, planning=planning, startable=startable)
    submitted = submit_new(conn, asked, who, draft, keep=False, goal=goal, at=at)
    if submitted.job is not None:
        triggers.rename_start(conn, start_id, submitted.job.alias)
    return submitted.complaints
