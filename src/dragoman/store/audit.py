"""What was done to systems, apps and paths, by whom, in order."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from dragoman.core.registered import HistoryItem
from dragoman.store import topics
from dragoman.store.tables import account, audit


def note(
    conn: Connection,
    *,
    kind: str,
    ref: int,
    account_id: int,
    operation: str,
    detail: Mapping[str, Any],
    at: int,
    version: str = "",
) -> None:
    """Write down that something was done, and have those who follow the thing told. ``detail`` never holds a secret."""
    row = {"kind": kind, "ref": ref, "version": version, "account_id": account_id, "operation": operation}
    followed = topics.touched(conn, kind=kind, ref=ref, path=version)
    seq = conn.execute(insert(audit).values(**row, detail=dict(detail), at=at).returning(audit.c.id)).scalar_one()
    topics.tell(conn, followed, seq=seq, at=at)


def list_history(conn: Connection, *, kind: str, refs: Sequence[int], version: str = "") -> list[HistoryItem]:
    """All that was done to these things, or to one version of them, oldest first."""
    which = select(audit, account.c.name).outerjoin(account, account.c.id == audit.c.account_id)
    fits = [audit.c.kind == kind, audit.c.ref.in_(refs), *([audit.c.version == version] if version else [])]
    rows = conn.execute(which.where(*fits).order_by(audit.c.id))
    return [
        HistoryItem(at=row.at, account=row.name or "", operation=row.operation, version=row.version, detail=row.detail)
        for row in rows
    ]
