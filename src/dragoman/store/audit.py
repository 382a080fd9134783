"""What was done to systems, apps and paths, by whom, in order."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from dragoman.core.registered import HistoryItem, Kind
from dragoman.core.standing import PATH
from dragoman.core.topics import PASSING, About
from dragoman.store import followers
from dragoman.store.tables import account, audit


def note(
    conn: Connection,
    *,
    kind: str,
    ref: int,
    account_id: int | None,
    operation: str,
    detail: Mapping[str, Any],
    at: int,
    version: str = "",
    also: Sequence[About] = (),
) -> None:
    """Write down that something was done, and have those who follow the thing told. ``detail`` never holds a secret.

    ``also`` is what it counts for beside the thing itself. What is only for followers is written where there are some.
    """
    about = [About(kind=kind, ref=ref, path=version if kind == PATH else ""), *also]
    about += followers.apps_on(conn, ref) if kind == Kind.SYSTEM else []
    row = {"version": version, "account_id": account_id, "operation": operation, "at": at}
    for one, hearers in zip(about, followers.touched(conn, about), strict=True):
        if hearers or one.kind not in PASSING:
            more = {"kind": one.kind, "ref": one.ref, "detail": {**detail, **one.detail}}
            followers.write(conn, {**row, **more}, hearers)


def list_history(conn: Connection, *, kind: str, refs: Sequence[int], version: str = "") -> list[HistoryItem]:
    """All that was done to these things, or to one version of them, oldest first."""
    which = select(audit, account.c.name).outerjoin(account, account.c.id == audit.c.account_id)
    fits = [audit.c.kind == kind, audit.c.ref.in_(refs), *([audit.c.version == version] if version else [])]
    rows = conn.execute(which.where(*fits).order_by(audit.c.id))
    return [
        HistoryItem(at=row.at, account=row.name or "", operation=row.operation, version=row.version, detail=row.detail)
        for row in rows
    ]
