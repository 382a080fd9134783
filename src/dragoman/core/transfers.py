"""The nouns of transfers: copies of files between places, done in the background."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

INPUTS, APP, ARCHIVE = "inputs", "app", "archive"
"""The tags of the transfers that a run needs: what comes in before it, its program among that where it has to be
fetched, and what is kept after it."""

IMPORT = "import"
"""The tag of what was asked for by the path that takes it: the history of that path tells how it has ended."""
TRANSFERRED = "transfer"
"""What is noted then; the detail holds the ``state``, and what was ``told``."""


class TransferState(StrEnum):
    """Where a transfer, or one part of it, stands."""

    ACCEPTED = "ACCEPTED"
    STAGED = "STAGED"
    """What is to be copied was found."""
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    FAILED_OPTIONAL = "FAILED_OPTIONAL"
    """It failed, and was not needed."""
    CANCELLED = "CANCELLED"


DONE = frozenset(
    {TransferState.COMPLETED, TransferState.FAILED, TransferState.FAILED_OPTIONAL, TransferState.CANCELLED}
)
"""States that never change again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing to copy: a file, a directory with everything in it, or something on the web."""

    source: str
    """A kept address (paths.address), or an http(s) address."""
    target: str
    """A kept address: the new file, or the directory that takes what a source directory holds."""
    optional: bool = False
    """The transfer succeeds without it."""
    account_id: int | None = None
    """Whose login reads the source; None: that of the transfer's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer as a whole. Times in microseconds since 1970."""

    id: int
    alias: str
    owner_id: int
    run_id: int | None
    tag: str
    state: TransferState
    wish: str
    """Not empty: somebody wants its end."""
    message: str
    """What went wrong."""
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One element, or one file or directory that was found in it."""

    id: int
    transfer_id: int
    parent_id: int | None
    """The element; None for an element itself."""
    alias: str
    source: str
    target: str
    optional: bool
    is_directory: bool
    state: TransferState
    message: str
    total_bytes: int
    moved_bytes: int
    retries: int
    account_id: int | None
    """Whose login reads the source; None: that of the transfer's owner."""
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a transfer, or an element of it, has come."""

    bytes: int = 0
    moved: int = 0
    files: int = 0
    finished: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """A transfer as a door shows it."""

    transfer: Transfer
    tally: Tally
    job: str = ""
    """The alias of the job that it was made for."""
    elements: Sequence[tuple[Part, Tally]] = ()
    """Only when details were asked for."""
    files: Sequence[Part] = ()
    """What was found, by element and order of finding; only when details were asked for."""
