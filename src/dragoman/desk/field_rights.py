"""Finds jobs of the field for those who may change them."""

from dragoman.core.errors import Denied, NotFound
from dragoman.core.job import Job
from dragoman.core.things import Identity
from dragoman.store import Connection, field_jobs


def job_named(conn: Connection, door: str, alias: str, *, lock: bool = False) -> Job:
    """A job, removed ones too, whoever asks; with ``lock``, nobody changes it meanwhile. Raises NotFound."""
    job = field_jobs.find_field_job(conn, door=door, alias=alias, lock=lock)
    if job is None:
        raise NotFound(f"There is no job {alias}.")
    return job


def own_job(conn: Connection, who: Identity, door: str, alias: str, *, override: bool, lock: bool = True) -> Job:
    """A job, for its owner, or for an admin who overrides that. Raises NotFound and Denied."""
    job = job_named(conn, door, alias, lock=lock)
    if job.owner_id != who.account.id and not (override and who.account.is_admin):
        raise Denied(f"The job {alias} belongs to somebody else.")
    return job
