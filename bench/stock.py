"""Fills a stopped service's database with jobs that have ended, through the store's own tables."""

from pathlib import Path

from sqlalchemy import Connection, insert, select
from tests.store.things import T0, WORKLOAD

from dragoman.store import accounts, tables
from dragoman.store.sqlite import SqliteDb


def stock_jobs(data: Path, owner: str, count: int) -> None:
    """Give an account ``count`` jobs in the Rescale door, each with one run that has ended well."""
    from dragoman.core.job import workload_as_json

    row = {
        "door": "rescale",
        "state": "ENDED",
        "outcome": "FINISHED",
        "cause": "",
        "reason": "",
        "progress": "FINISHED",
        "wish": "",
        "letter": "{}",
        "workload": workload_as_json(WORKLOAD),
        "notes": {"resolved": [{"analysis": {"name": "Bring Your Own Software"}}]},
        "input_bytes": 0,
        "output_bytes": 100,
        "events": 0,
        "runs": 1,
        "runs_open": 0,
        "created_at": T0,
        "updated_at": T0,
        "submitted_at": T0,
        "ended_at": T0,
    }

    def fill(conn: Connection) -> None:
        who = accounts.find_account(conn, name=owner).id
        taken = conn.execute(select(tables.job.c.id)).all()
        letters = [_letters(number) for number in range(len(taken), len(taken) + count)]
        rows = [{**row, "owner_id": who, "alias": alias, "name": f"job {place}"} for place, alias in enumerate(letters)]
        conn.execute(insert(tables.job), rows)

    db = SqliteDb(str(data / "dragoman.db"))
    try:
        db.write_now(fill)
    finally:
        db.close()


def _letters(number: int) -> str:
    digits = []
    for _ in range(6):
        number, digit = divmod(number, 26)
        digits.append(chr(ord("a") + digit))
    return "".join(digits)
