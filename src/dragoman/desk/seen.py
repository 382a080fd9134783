"""Finds a thing for somebody: what one may not see looks like what does not exist. Runs inside a transaction."""

from collections.abc import Iterable, Sequence

from dragoman.core.errors import Denied, NotFound
from dragoman.core.job import Job, JobHead
from dragoman.core.things import File, FileView, Identity, JobView, ListedJob
from dragoman.store import Connection, accounts, files, job_lists, jobs


def job_for(conn: Connection, who: Identity, door: str, alias: str, *, lock: bool = False) -> Job:
    """The job, when the account owns it or it was shared with it; see ``find_job`` for ``lock``. Raises NotFound."""
    job, me = jobs.find_job(conn, door=door, alias=alias, lock=lock), who.account.id
    if job is None or not (job.owner_id == me or job_lists.sees_job(conn, job_id=job.id, account_id=me)):
        raise NotFound("Not found.")
    return job


def own_job_for(conn: Connection, who: Identity, door: str, alias: str) -> Job:
    """The job, when the account owns it, for a change: nobody else changes it before this transaction ends.

    Raises NotFound, or Denied when it was only shared with the account.
    """
    job = job_for(conn, who, door, alias, lock=True)
    if job.owner_id != who.account.id:
        raise Denied("You do not have permission to perform this action.")
    return job


def file_for(conn: Connection, who: Identity, door: str, alias: str) -> File:
    """The file, when the account may read it; deleted ones too. Raises NotFound."""
    file = files.find_file(conn, door=door, alias=alias)
    if file is None or not files.readable_files(conn, [file], who.account.id):
        raise NotFound("Not found.")
    return file


def own_file_for(conn: Connection, who: Identity, door: str, alias: str) -> File:
    """The file, when the account owns it. Raises NotFound, or Denied when it was only shared with it."""
    file = file_for(conn, who, door, alias)
    if file.owner_id != who.account.id:
        raise Denied("You do not have permission to perform this action.")
    return file


def view_files(conn: Connection, found: Iterable[File]) -> list[FileView]:
    """Files with their owners and with whom they are shared (by themselves or with their job)."""
    found = list(found)
    owners = accounts.find_accounts(conn, {file.owner_id for file in found})
    outputs_of = {file.job_id for file in found if file.job_id is not None}
    by_job = accounts.shared_with(conn, kind="job", refs=outputs_of)
    by_file = accounts.shared_with(conn, kind="file", refs={file.id for file in found})
    places = files.places_of(conn, {file.run_id for file in found if file.run_id is not None})
    return [
        FileView(
            file=file,
            owner=owners[file.owner_id],
            shared_with=by_job.get(file.job_id or 0, ()) + by_file.get(file.id, ()),
            job_alias=alias,
            run_number=number,
        )
        for file in found
        for alias, number in (places.get(file.run_id or 0, ("", 0)),)
    ]


def listed_jobs(conn: Connection, found: Sequence[JobHead]) -> list[ListedJob]:
    """Jobs with their owners and the people they are shared with."""
    owners = accounts.find_accounts(conn, {job.owner_id for job in found})
    people = accounts.shared_with(conn, kind="job", refs=[job.id for job in found])
    return [ListedJob(job=job, owner=owners[job.owner_id], shared_with=people.get(job.id, ())) for job in found]


def view_job(conn: Connection, job: Job) -> JobView:
    """A job with everything a door shows of it."""
    listed = listed_jobs(conn, [job])[0]
    inputs = files.get_files(conn, [item.file_id for item in job.workload.inputs])
    seen = {one.file.alias: one for one in view_files(conn, inputs.values())}
    return JobView(job=job, owner=listed.owner, shared_with=listed.shared_with, files=seen)
