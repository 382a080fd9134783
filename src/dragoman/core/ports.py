"""The ports behind which every adapter stands: clock, database, blobs, shells, schedulers.

The life of one run, seen from the engine::

    shell.fresh(directory)                         a run directory with nothing in it yet
    shell.put / shell.unpack (each input)          STAGING_IN
    shell.write(run.json)                          STAGING_JOB
    -- the attempt's token is committed --         SUBMITTING
    scheduler.start(directory, token)              QUEUED; starting twice with one token is starting once
    scheduler.look([...])                          RUNNING … ; or the scheduler pushes: on_end(token)
    shell.walk / shell.collect                     STAGING_OUT
    shell.remove(directory)                        some time after the last commit

Any of these calls may be made again after a crash and must then do no harm. All raise only Problems.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Concatenate, ParamSpec, Protocol, TypeVar

from dragoman.core.job import Step
from dragoman.core.launch import BatchScript, LaunchStep, Look
from dragoman.core.measurements import Batch, Measurement, Point, Receipt, Series, Wanted
from dragoman.core.things import Account, Credential, System

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...


F = TypeVar("F", bound=Callable[..., Any])


def ending(fn: F) -> F:
    """Mark a function for ``Db.write`` that ends or deletes something: a full disk must not stand in its way."""
    fn.__dict__["is_ending"] = True
    return fn


def is_ending(fn: Callable[..., Any]) -> bool:
    """Whether the function is marked so."""
    return getattr(fn, "is_ending", False)


class Db(Protocol):
    """Runs plain functions ``fn(conn, …)`` in transactions, in threads of its own.

    The functions may run twice and so hold no I/O beside ``conn``. A Problem raised in one rolls it back and reaches
    the caller.
    """

    async def write(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` in a write transaction; when this returns, its changes are on disk."""
        ...

    async def read(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` on a consistent snapshot."""
        ...

    def write_now(self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like ``write``, for a thread that is not the event loop's; blocks until it is on disk."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Bytes that are safe on disk: where, how many, their digests, and whether they read as plain text."""

    key: str
    size: int
    md5: str
    sha512: str
    is_text: bool


class BlobWriter(Protocol):
    """Takes one stream of bytes in constant memory. Nothing is visible before ``commit``."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes; returns when there is room for more. Raises Unavailable when the disk is full."""
        ...

    async def commit(self) -> Stored:
        """Make everything durable under its key."""
        ...

    async def abort(self) -> None:
        """Forget everything written; after ``commit`` it does nothing. May be called more than once."""
        ...


class BlobStore(Protocol):
    """Keeps bytes by key. The plain functions block: call them from a worker thread."""

    def writer(self) -> BlobWriter:
        """Start a new blob. Settle it when what refers to it is kept: others go when the service starts again."""
        ...

    def settle(self, keys: Sequence[str]) -> None:
        """These blobs of writers are referred to, or were removed. Doing it again is no error."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The blob's bytes, seekable, from the start. Raises NotFound."""
        ...

    def adopt(self, key: str, source: BinaryIO) -> Generator[None, None, Stored]:
        """Take an open, no longer changing file in under ``key``, without copying where the disk allows it.

        It yields between blocks, and returns in the end. Closed before that, it leaves nothing behind. Doing it again
        with the same key and content gives the same answer.
        """
        ...

    def remove(self, keys: Sequence[str]) -> None:
        """Delete blobs; a missing one is no error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A regular file below a directory: path with ``/`` between its parts, size in bytes, time of last change in ns."""

    path: str
    size: int
    changed: int


class Shell(Protocol):
    """Carries bytes to and from the host where runs execute.

    Paths below a directory never escape it: no absolute path, no ``..``, and no symbolic link is followed. Whatever
    takes long ends soon when its task is cancelled, and has let go of everything when that task ends.
    """

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        """Make a run directory with ``tmp``, ``home/work`` and these small text files; whatever was there is gone.

        The files are their owner's alone, and survive the death of this process.
        """
        ...

    async def put(self, directory: str, path: str, source: BinaryIO) -> None:
        """Write ``source`` to ``path`` below the directory (parents are made), executable by its owner."""
        ...

    async def unpack(self, directory: str, source: BinaryIO, name: str) -> bool:
        """Unpack an archive below the directory, keeping execution bits; False, and nothing done, when it is none.

        Knows zip, tar, tar.gz, tar.bz2 and tar.xz by their content. Raises Invalid for a member that would escape
        and TooLarge beyond the limits.
        """
        ...

    async def write(self, directory: str, path: str, text: str) -> None:
        """Write a small text file, its owner's alone, whole or not at all."""
        ...

    async def walk(self, directory: str, *, most: int | None = None) -> list[Entry]:
        """All regular files below the directory, by path; links and special files are left out.

        Raises TooLarge when there are more than ``most`` of them, or so many directories.
        """
        ...

    async def read(self, directory: str, path: str, *, last_lines: int | None = None, limit: int = 1 << 26) -> bytes:
        """The file's first ``limit`` bytes, or its last lines (within ``limit``). Raises NotFound."""
        ...

    async def collect(
        self, directory: str, wanted: Sequence[tuple[str, str]], blobs: BlobStore, *, most: int | None = None
    ) -> list[Stored]:
        """Move finished files, each a path and its key, into the blob store; may be repeated.

        Raises NotFound, and TooLarge when they have more than ``most`` bytes together.
        """
        ...

    async def children(self, directory: str) -> list[str]:
        """The names in a directory of our own making; none when it is missing."""
        ...

    async def remove(self, directory: str) -> None:
        """Delete the directory and everything in it; a missing one is no error."""
        ...


class Runtime(Protocol):
    """Turns a step into the argument list that runs it. Pure."""

    def step(self, step: Step, directory: str, environment: Mapping[str, str]) -> LaunchStep:
        """``directory`` is the run directory on the host; ``environment`` is what every step gets."""
        ...


class Scheduler(Protocol):
    """Starts, looks and stops on one host.

    When ``start`` returns, the launch is under way (or was already) and all later news, failures too, come by looking.
    When it raises, it may or may not have started: look for the token before acting again.
    """

    async def start(self, directory: str, token: str, batch: BatchScript | None = None) -> Mapping[str, object]:
        """Start what ``run.json`` in the directory says; returns the handle to keep. Idempotent by token.

        ``batch`` is what it says to a batch system, for who has just written it: it need not be read.
        """
        ...

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        """Look at many (directory, token, handle) at once; afterwards ends are pushed where the host allows it."""
        ...

    async def stop(self, directory: str, token: str, handle: Mapping[str, object], *, kill: bool) -> None:
        """Ask for the end: SIGTERM, grace, SIGKILL to the whole tree, or at once with ``kill``. May be repeated."""
        ...

    def on_end(self, tell: Callable[[str], None]) -> None:
        """Call ``tell(token)`` on the event loop's thread as soon as a watched launch ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended: its exit code (128 + n for signal n) and what it wrote, cut at the caller's limit."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a host tells of one path. Times in seconds since 1970, UTC."""

    name: str
    """The last part of its path."""
    kind: str
    """``file``, ``dir``, ``link`` or ``other``."""
    size: int
    mode: int
    """Permission bits, 0o000 to 0o7777."""
    uid: int
    gid: int
    accessed: float
    modified: float


@dataclass(frozen=True, slots=True)
class Small:
    """A small file as a whole: what it holds, and its permission bits."""

    content: bytes
    mode: int | None = None
    """None, when it is written: whatever ``Login.write`` does without one."""


class Login(Protocol):
    """One account on one host: carries commands and bytes.

    Paths are absolute on the host, as the account sees it. Raises NotFound, Denied (the host forbids it, or refuses the
    login), Conflict (something is in the way), Unavailable (the host is silent, the disk is full) and Broken.
    """

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Run a command to its end, without a terminal. Raises Unavailable when it takes longer than ``seconds``."""
        ...

    async def facts(self, path: str, *, follow: bool = True) -> Facts:
        """What there is at the path; with ``follow``, at the end of its links."""
        ...

    async def entries(self, path: str) -> list[Facts]:
        """What a directory holds, links not followed, in no order."""
        ...

    def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces; from ``offset`` on, ``length`` at most."""
        ...

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Write a file whole or not at all (a temporary name, then a rename); how many bytes it got.

        Parents are made. A file that is there is replaced and keeps its mode unless ``mode`` is given. What need not be
        ``durable`` may be lost when its host loses its power: for small files, bringing them to the disk takes longest.
        """
        ...

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        """Plain files of up to ``most`` bytes each, at once; None for what is larger, or could not be read so.

        Of such a one nothing more is known: ``read`` tells why it cannot be read, if it cannot.
        """
        ...

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        """Write each of these files as ``write`` does, but at once; which of the paths have what they are to have now.

        Of the others nothing more is known: ``write`` tells why they cannot be written, if they cannot.
        """
        ...

    async def make_directory(self, path: str) -> None:
        """Make the directory and its parents; one that is there is no error."""
        ...

    async def rename(self, source: str, target: str) -> None:
        """Move a file or directory; what is at ``target`` is replaced if it is a file."""
        ...

    async def copy(self, source: str, target: str) -> None:
        """Copy a file, or a directory with everything in it, on the host itself."""
        ...

    async def remove(self, path: str) -> None:
        """Delete a file, or a directory with everything in it. Raises NotFound."""
        ...

    async def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        ...


SINGULARITY = "singularity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one account's runs execute on one system."""

    login: Login
    root: str
    """The system's root as the login sees it; paths of the system lie below it."""
    base: str
    """The same as commands and schedulers see it."""
    fork: Scheduler
    batch: Scheduler | None
    """The system's batch scheduler; None: it has none."""
    wrap: Callable[[Sequence[str], str], tuple[str, ...]] = lambda argv, _: tuple(argv)
    """Turns a command and its working directory into what is really started (a confined one, say)."""
    together: Callable[[str], Awaitable[Done]] | None = None
    """Runs a program of bash that says little, with others that are waiting; None: each is a command of its own."""
    environment: Mapping[str, str] | None = None
    """What commands get; None: what the login gives them."""
    private_processes: bool = False
    """``wrap`` gives each command a process space of its own."""
    containers: Mapping[str, str] | None = None
    """The programs that run containers there, as SINGULARITY; None: whatever the host has, by its usual name."""
    closed: str = ""
    """Why nothing may begin there now; what runs goes on."""


class Sites(Protocol):
    """Reaches systems as accounts of ours."""

    async def of(self, system_id: int, account_id: int) -> Site:
        """The site; opening it may wait for the host.

        Raises NotFound, Denied (no login, or a refused one) and Unavailable.
        """
        ...


class Logins(Protocol):
    """Which login a person uses on a system."""

    async def of(self, system: System, account: Account) -> Login:
        """The login; the system's paths lie below ``system.root`` as it sees them. Opening it may wait for the host.

        It never leaves that root by a link where the login is the service's own. Raises Denied (there is none, or the
        host refuses it), Unavailable and Unsupported (a kind of system that cannot be reached from here).
        """
        ...


class Fetch(Protocol):
    """Gets what lies on the web for people, never on their behalf from inside our own network."""

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        """The bytes at an ``http`` or ``https`` address, in pieces, once the answer has begun.

        Raises NotFound, Denied, Invalid (an address that is refused), Unavailable and Broken.
        """
        ...


class Post(Protocol):
    """Sends what people want sent to addresses on the web, never from inside our own network."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body; the status of the answer. Raises Invalid (an address that is refused) and Unavailable."""
        ...


class Mail(Protocol):
    """Sends mail."""

    async def send(self, address: str, title: str, text: str, *, also_html: bool = False) -> None:
        """Hand a mail over to the server. Raises Denied (the mailbox is refused) and Unavailable."""
        ...


class Reach(Protocol):
    """Logs in to a system for a moment, whether it is stored yet or not."""

    async def check(self, system: System, credential: Credential, login: str) -> None:
        """Log in under that name once. Raises Denied when the system refuses, and Unavailable when it is silent."""
        ...

    async def evaluate(self, system: System, credential: Credential | None, login: str, variable: str) -> str:
        """What an environment variable holds there for that login; empty when it is not set. Raises as ``check``."""
        ...


class Measurements(Protocol):
    """Keeps measurements, by series and in the order of their times."""

    async def append(self, batch: Batch) -> Receipt:
        """Keep those measurements of a batch whose numbers are above all that its outbox has handed over before.

        Then they are on disk. Of two with the same name, meta and time the later one stays. Raises Unavailable.
        """
        ...

    async def put(self, measurements: Sequence[Measurement]) -> None:
        """Keep measurements that nobody numbered. Doing it again changes nothing. Raises Unavailable."""
        ...

    async def marks(self, node: str, outbox: str) -> Mapping[str, int]:
        """The highest number that was taken of each stream of an outbox."""
        ...

    async def series(self, wanted: Wanted) -> Sequence[Series]:
        """The series that are meant and that may have something in the span, by name and age."""
        ...

    def points(self, series: Sequence[Series], wanted: Wanted) -> AsyncIterator[Sequence[tuple[Series, list[Point]]]]:
        """What is wanted of these series: one after another, each by time, in bunches that fit in memory.

        A series may go on in the next bunch. Nothing is held open between two bunches.
        """
        ...

    async def forget(self, before: int, name: str | None = None) -> None:
        """Delete what was measured before that time (nanoseconds), some at a time; of that name alone, if one is given.

        Raises Unavailable.
        """
        ...

    async def left(self, before: int, most: int) -> Sequence[tuple[str, str]]:
        """Some outboxes, each with its node, that were heard last before that time, and their node's next one later."""
        ...

    async def forget_marks(self, before: int, outboxes: Sequence[tuple[str, str]]) -> None:
        """Delete the marks of these outboxes of nodes that were not raised since. Raises Unavailable."""
        ...
