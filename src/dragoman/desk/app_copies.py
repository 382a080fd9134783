"""What adds copies of apps, each inside one transaction; desk.apps says what they promise."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from dragoman.core.errors import Denied, NotFound
from dragoman.core.registered import AppDraft, AppView, Kind, Need
from dragoman.core.things import Identity
from dragoman.desk import app_rows
from dragoman.desk.sharing import share
from dragoman.store import Connection, apps

Told = Sequence[tuple[str, Mapping[str, Any]]]
"""What the histories of apps tell, by their names; one that is not there, or not seen, tells nothing."""


def next_number(conn: Connection, before: str) -> int:
    """See Apps.next_number."""
    return next(number for number in count(1) if not apps.list_versions(conn, f"{before}{number}"))


def add_copy(
    conn: Connection, who: Identity, door: str, draft: AppDraft, told: Told, *, is_public: bool, at: int
) -> AppView:
    """See Apps.add_copy."""
    app_rows.create(conn, who, door, draft, at=at)
    if is_public:
        share(conn, who, door, Kind.APP, draft.name, users=None, on=True, at=at)
    for name, detail in told:
        with suppress(NotFound, Denied):
            app_rows.note_copy(conn, who, door, name, detail=detail, at=at)
    return app_rows.find(conn, who, door, draft.name, draft.version, need=Need.READ)
