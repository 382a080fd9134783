"""What the engine sees of the world: the ports it works through and the limits it keeps."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dragoman.core.errors import Unavailable
from dragoman.core.job import Run
from dragoman.core.launch import Look
from dragoman.core.notices import Render
from dragoman.core.ports import BlobStore, Clock, Db, Fetch, Logins, Mail, Post, Runtime, Scheduler, Shell, Site, Sites
from dragoman.core.starts import Starter
from dragoman.core.topics import Report

Group = tuple[int | None, bool]
"""The runs of one account with one scheduler of a system; None: those in the system's own place."""
Seen = Sequence[tuple[Run, Look]]
"""What a look has seen of runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the runs of one system execute: shell x runtime x scheduler, and the folder for run directories."""

    name: str
    shell: Shell
    runtime: Runtime
    scheduler: Scheduler
    root: str
    private_processes: bool
    """The runtime gives each step a process space of its own."""

    def directory(self, run_id: int) -> str:
        """The run directory of a run, on its host."""
        return f"{self.root}/{run_id}"

    def home(self, run_id: int) -> str:
        """What the run's commands see as HOME."""
        return f"{self.directory(run_id)}/home"

    def work(self, run_id: int) -> str:
        """The working directory of a run."""
        return f"{self.directory(run_id)}/home/work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How hard it is tried to deliver a notice. Times in seconds."""

    tries: int = 3
    pause: float = 20.0
    """Between the first tries."""
    later_tries: int = 150
    later_pause: float = 600.0
    """Between those after them."""
    keep: float = 7 * 86_400.0
    """How long it stays known what became of a notice."""
    longest: float = 60.0
    """How long one try may take."""
    at_once: int = 16
    """Jobs and topics whose notices are on their way at the same moment; half of them may be one account's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How hard the engine tries. Times in seconds."""

    workers: int = 64
    """Rows of work in hand at once."""
    lease: float = 10.0
    poll: float = 5.0
    watch: float = 10.0
    """How often everything that a system runs is looked at, beside the ends that are pushed."""
    look: float = 1.5
    """The same where no end is pushed: on hosts behind a login."""
    attempts: int = 40
    """Attempts at a step that is held up from outside, before the run fails."""
    surprises: int = 4
    """Attempts at a step that fails in a way nobody foresaw."""
    closed: float = 7 * 86_400.0
    """How long a run waits for a system that somebody has switched off."""
    slowest: float = 300.0
    """The longest wait between two attempts."""
    transfers: int = 8
    """Transfers that copy at once."""
    silence: float = 120.0
    """How long a host may keep a transfer waiting for its next bytes, or for an answer."""
    grace: float = 10.0
    log_bytes: int = 100 << 20
    output_bytes: int = 100 << 30
    """What the outputs of a run may have together, holes and all."""
    output_files: int = 200_000
    notify: Persistence = field(default_factory=Persistence)


class _Nowhere:
    """A house that reaches no hosts but its own."""

    async def of(self, system_id: int, account_id: int) -> Site:
        raise Unavailable("This service reaches no other hosts.")


NOWHERE = _Nowhere()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a handler may use."""

    db: Db
    clock: Clock
    blobs: BlobStore
    places: Mapping[int, Place]
    """By system id."""
    limits: Limits
    mint: Mapping[str, Callable[[], str]]
    """For each door, how it makes the id it shows for a file."""
    job_key: Callable[[str], str]
    """A running job's own token, from its attempt token."""
    digest: Callable[[str], str]
    """What is stored of a token."""
    sites: Sites = NOWHERE
    """Hosts behind logins."""
    logins: Logins | None = None
    """How people reach the places they transfer files between; None: not at all."""
    fetch: Fetch | None = None
    """Gets what a transfer wants from the web; None: nothing."""
    news: dict[int, dict[str, Look]] = field(default_factory=dict)
    """For each system, what the last watch in this process has seen of those that changed, by token."""
    looks: dict[int, dict[Group, "asyncio.Task[Seen]"]] = field(default_factory=dict)
    """For each system, the looks at it that are under way right now in this process."""
    copying: set[int] = field(default_factory=set)
    """The transfers that copy right now in this process."""
    notices: Mapping[str, Render] = field(default_factory=dict)
    """For each door that tells people of its jobs, how it does."""
    post: Post | None = None
    """Takes notices to addresses on the web; None: it cannot be done."""
    mail: Mail | None = None
    """Takes notices to mailboxes; None: it cannot be done."""
    starters: dict[str, Starter] = field(default_factory=dict)
    """For each door whose stored jobs events may start, how it is done; filled in when the doors are open."""
    reports: dict[str, Report] = field(default_factory=dict)
    """For each door that tells people of the things they follow, how it does; filled in when the doors are open."""
    telling: Counter[int] = field(default_factory=Counter)
    """Of how many jobs and topics notices are on their way right now in this process, by their owners."""
