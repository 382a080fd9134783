"""Finds a thing for somebody: what one may not see looks like what does not exist. Runs inside a transaction."""

from collections.abc import Iterable

from dragoman.core.errors import Denied, NotFound
from dragoman.core.job import Job
from dragoman.core.things import File, FileView, Identity, JobView
from dragoman.store import Connection, accounts, files, jobs


def job_for(conn: Connection, who: Identity, door: str, alias: str) -> Job:
    """The job, when the account owns it or it was shared with it. Raises NotFound."""
    job = jobs.find_job(conn, door=door, alias=alias)
    if job is None or not _may_read(conn, who, job):
        raise NotFound("Not found.")
    return job


def own_job_for(conn: Connection, who: Identity, door: str, alias: str) -> Job:
    """The job, when the account owns it. Raises NotFound, or Denied when it was only shared with it."""
    job = job_for(conn, who, door, alias)
    if job.owner_id != who.account.id:
        raise Denied("You do not have permission to perform this action.")
    return job


def _may_read(conn: Connection, who: Identity, job: Job) -> bool:
    me = who.account.id
    return job.owner_id == me or job.id in accounts.refs_granted(conn, account_id=me, kind="job")


def file_for(conn: Connection, who: Identity, door: str, alias: str) -> File:
    """The file, when the account owns it or it was shared with it; deleted ones too. Raises NotFound."""
    file = files.find_file(conn, door=door, alias=alias)
    if file is None or not files.may_read_file(conn, file, who.account.id):
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
    owners = accounts.find_accounts(conn, {file.owner_id for file in found}) if found else {}
    by_job = _shared(conn, "job", {file.job_id for file in found if file.job_id is not None})
    by_file = _shared(conn, "file", {file.id for file in found})
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


def view_jobs(conn: Connection, found: Iterable[Job]) -> list[JobView]:
    """Jobs with their owners and the people they are shared with, without files."""
    found = list(found)
    owners = accounts.find_accounts(conn, {job.owner_id for job in found}) if found else {}
    people = _shared(conn, "job", {job.id for job in found})
    return [JobView(job=job, owner=owners[job.owner_id], shared_with=people.get(job.id, ())) for job in found]


def _shared(conn: Connection, kind: str, refs: set[int]) -> dict[int, tuple[str, ...]]:
    return accounts.shared_with(conn, kind=kind, refs=sorted(refs)) if refs else {}


def view_job(conn: Connection, job: Job) -> JobView:
    """A job with everything a door shows of it."""
    view = view_jobs(conn, [job])[0]
    inputs = files.get_files(conn, [item.file_id for item in job.workload.inputs])
    seen = view_files(conn, inputs.values())
    return JobView(job=job, owner=view.owner, shared_with=view.shared_with, files={one.file.alias: one for one in seen})
