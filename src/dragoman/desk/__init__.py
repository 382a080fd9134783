"""The verbs anybody may ask of the house: checks who may, writes rows, never waits for a host but to read from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman.core.ports import BlobStore, Clock, Db, Shell
from dragoman.desk.accounts import Accounts
from dragoman.desk.catalogue import Catalogue
from dragoman.desk.files import Files
from dragoman.desk.jobs import Jobs
from dragoman.desk.live import Live

__all__ = ["Accounts", "Catalogue", "Desk", "Files", "Jobs", "open_desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One desk for all doors."""

    accounts: Accounts
    catalogue: Catalogue
    jobs: Jobs
    live: Live
    files: Files


def open_desk(
    *,
    db: Db,
    clock: Clock,
    blobs: BlobStore,
    shells: Mapping[int, Shell],
    work_of: Callable[[int, int], str],
    hint: Callable[[], None],
    hint_line: Callable[[], None],
    digest: Callable[[str], str],
) -> Desk:
    """Wire a desk.

    ``work_of(system id, run id)`` is a run's working directory. ``hint`` wakes the engine; ``hint_line`` tells it that
    a run has joined a line.
    """
    jobs = Jobs(db, clock, hint, hint_line)
    return Desk(
        accounts=Accounts(db, clock, digest),
        catalogue=Catalogue(db),
        jobs=jobs,
        live=Live(jobs, shells, work_of),
        files=Files(db, clock, blobs, hint),
    )
