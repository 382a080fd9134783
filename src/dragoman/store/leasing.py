"""How rows of work are leased: nobody else takes them for a while, and a fence tells who had them last."""

from typing import Any

from sqlalchemy import Select, bindparam, update
from sqlalchemy.sql.dml import ReturningUpdate

from dragoman.core.work import Claim
from dragoman.store.tables import work

_LEASE = {
    "lease_owner": bindparam("owner"),
    "lease_until": bindparam("until"),
    "fence": work.c.fence + 1,
    "attempt": work.c.attempt + 1,
}
_COLUMNS = (work.c.id, work.c.kind, work.c.ref, work.c.fence, work.c.attempt, work.c.lease_until, work.c.note)


def leasing(rows: "Select[tuple[int]]", **values: Any) -> "ReturningUpdate[Any]":
    """Lease the rows of work that a SELECT of their ids finds and that nobody else is just leasing."""
    found = rows.with_for_update(skip_locked=True)
    return update(work).where(work.c.id.in_(found)).values(**_LEASE, **values).returning(*_COLUMNS)


def claims_of(rows: Any) -> list[Claim]:
    """The rows that were leased, as their holders know them."""
    return [
        Claim(
            id=row.id,
            kind=row.kind,
            ref=row.ref,
            fence=row.fence,
            attempt=row.attempt,
            lease_until=row.lease_until,
            note=row.note,
        )
        for row in rows
    ]
