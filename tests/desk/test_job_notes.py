"""What is kept with a job is changed by one at a time, on both databases."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from dragoman.core.job import Job
from dragoman.core.things import Account, Identity
from dragoman.desk.job_notes import JobNotes
from dragoman.host.clock import HostClock
from dragoman.store import Connection
from tests.store.conftest import AnyDb, db, postgres_url
from tests.store.things import add_account, add_job

__all__ = ["db", "postgres_url"]
pytestmark = pytest.mark.anyio


def fill(conn: Connection) -> tuple[Account, Job]:
    """Somebody with a job."""
    ada = add_account(conn)
    return ada, add_job(conn, ada)


async def test_of_many_who_add_at_once_none_is_lost(db: AnyDb) -> None:
    """Each is told of its own, and of those before it."""
    ada, job = await db.write(fill)
    notes = JobNotes(db, HostClock())

    def adding(number: int) -> Any:
        def revised(old: Mapping[str, Any]) -> Mapping[str, Any]:
            return {"all": [*old.get("all", ()), number]}

        return notes.revise(Identity(account=ada), job.door, job.alias, revised)

    revised = await asyncio.gather(*map(adding, range(30)))
    assert {*range(30)} == {one.notes["all"][-1] for one in revised}
    longest = max((one.notes["all"] for one in revised), key=len)
    assert [*range(30)] == sorted(longest)
