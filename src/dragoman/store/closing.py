"""How an account is closed for good: what would let somebody in is forgotten, and its jobs may be stopped."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from dragoman.core.job import Job
from dragoman.core.states import JobState, Wish
from dragoman.store.field_jobs import GOAL, end_job
from dragoman.store.jobs import wish_for_job
from dragoman.store.rows import read_job
from dragoman.store.tables import account, issued_token, job, oauth_client, standing_trigger, token


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What an account had when it was closed."""

    tokens: int
    triggers: int


def close_account(conn: Connection, account_id: int) -> Ended:
    """Let nobody in as this account any longer; its name and what it owns stay.

    Its triggers start nothing more. Its jobs go on, but their own keys are worth nothing (``accounts.identify``).
    """
    conn.execute(update(account).where(account.c.id == account_id).values(password_hash=""))
    conn.execute(update(oauth_client).where(oauth_client.c.owner_id == account_id).values(active=False))
    issued = conn.execute(delete(issued_token).where(issued_token.c.account_id == account_id)).rowcount
    kept = conn.execute(delete(token).where(token.c.account_id == account_id)).rowcount
    triggers = conn.execute(delete(standing_trigger).where(standing_trigger.c.owner_id == account_id)).rowcount
    return Ended(tokens=issued + kept, triggers=triggers)


def count_open_jobs(conn: Connection, account_id: int) -> int:
    """How many jobs of an account go on."""
    return conn.execute(select(func.count()).select_from(job).where(*_open(account_id))).scalar_one()


def stop_jobs(conn: Connection, account_id: int, *, at: int) -> int:
    """Wish that the runs of an account end, and suspend its jobs on nodes; how many jobs that are."""
    found: list[Job] = [read_job(row) for row in conn.execute(select(job).where(*_open(account_id)))]
    for one in found:
        if one.notes.get(GOAL):
            end_job(conn, one, JobState.SUSPENDED, at=at)
        else:
            wish_for_job(conn, one, Wish.STOP, at=at)
    return len(found)


def _open(account_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return job.c.owner_id == account_id, job.c.state == JobState.OPEN.value
