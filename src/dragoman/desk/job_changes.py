"""What an owner does to a job that is there: changes, sharing, removal. Runs inside a transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from dragoman.core.errors import Invalid, NotFound
from dragoman.core.ports import ending
from dragoman.core.things import Account, Identity, JobView, Verb
from dragoman.core.work import NewWork
from dragoman.desk.seen import own_job_for, view_job
from dragoman.store import Connection, accounts, files, jobs, queue

MOST_READERS = 200
"""People with whom one job may be shared: they are named wherever the job is shown."""


def change(
    conn: Connection,
    who: Identity,
    door: str,
    alias: str,
    *,
    name: str | None,
    notes: Mapping[str, Any] | None,
    at: int,
) -> JobView:
    """Give a job another name, or other values for some of its notes."""
    jobs.change_job(conn, own_job_for(conn, who, door, alias), name=name, notes=notes, at=at)
    return view_job(conn, own_job_for(conn, who, door, alias))


def amend(
    conn: Connection,
    who: Identity,
    door: str,
    alias: str,
    amended: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    at: int,
) -> Mapping[str, Any]:
    """Give some of a job's notes the values that ``amended`` makes of those they have; all notes afterwards."""
    job = own_job_for(conn, who, door, alias)
    notes = {**job.notes, **amended(job.notes)}
    jobs.change_job(conn, job, name=None, notes=notes, at=at)
    return notes


def share(conn: Connection, who: Identity, door: str, alias: str, email: str, *, at: int) -> Account:
    """Let another account see a job, its history and its files. Raises Invalid: nobody's address, too many people."""
    job = own_job_for(conn, who, door, alias)
    try:
        other = accounts.find_account(conn, email=email)
    except NotFound as problem:
        raise Invalid.field("email", why=f"No account here has the address {email}.") from problem
    readers = accounts.shared_with(conn, kind="job", refs=[job.id]).get(job.id, ())
    if other.id != who.account.id and other.email not in readers:
        if len(readers) >= MOST_READERS:
            raise Invalid.field("email", why=f"A job can be shared with at most {MOST_READERS} people.")
        accounts.add_grant(conn, kind="job", ref=job.id, account_id=other.id, verb=Verb.READ, at=at)
    return other


@ending
def remove(conn: Connection, who: Identity, door: str, alias: str, *, with_inputs: bool, at: int) -> None:
    """Delete a job and its outputs (its inputs too when asked). Raises Conflict while it runs."""
    job = own_job_for(conn, who, door, alias)
    blobs = jobs.remove_job(conn, job)
    if with_inputs:
        found = files.get_files(conn, [item.file_id for item in job.workload.inputs])
        mine = [file.id for file in found.values() if file.owner_id == who.account.id]
        blobs += files.delete_files(conn, mine, at=at)
    if blobs:
        queue.add_work(conn, NewWork(kind="sweep-job", ref=job.id, due_at=at, note={"blobs": blobs}))
