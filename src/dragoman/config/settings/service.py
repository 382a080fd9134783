"""The settings of the service itself: where it listens, what it keeps, how it runs things on its own host."""

from dataclasses import dataclass
from typing import Literal

from dragoman.config.settings.fields import GIB, MIB, secret, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the service listens and where it keeps what it knows."""

    host: str = within(1, "127.0.0.1")
    """Address to listen on. Put a TLS proxy in front before you open it to a network."""
    port: int = within(0, 8080, 65535)
    """TCP port to listen on; 0 takes a free one."""
    data: str = within(1, "data")
    """The data directory: database, blobs, keys, catalogue, run directories. On a local disk, never on NFS."""
    body_bytes: int = within(1, MIB)
    """The largest request body, in bytes, that is not a file upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where rows are kept."""

    url: str = secret("")
    """Empty: SQLite in the data directory. `postgresql+psycopg://USER:PASSWORD@HOST/NAME` switches to PostgreSQL."""
    readers: int = within(1, 2)
    """Threads that read from SQLite at once, beside the one that writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How runs are moved through their life."""

    workers: int = within(1, 64)
    """Runs that are staged, started, looked at or collected at the same moment; at least 16, and two for each slot."""
    lease_seconds: float = within(1, 10.0)
    """Seconds before another process takes over the work of one that died (PostgreSQL)."""
    poll_seconds: float = within(0.05, 5.0)
    """Seconds between looks for work that nothing announced."""
    attempts: int = within(1, 40)
    """How often a step that is held up from outside is tried before its run fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Runs on the service's own host."""

    slots: int = within(0, 0)
    """Runs that execute at once; 0 means two for each CPU."""
    confine: Literal["auto", "require", "off"] = "auto"
    """Confine each run with bubblewrap: `auto` where it works, `require` refuses to start without it, `off` never."""
    singularity: str = "auto"
    """What runs the apps of SINGULARITY that people bring, inside the confinement of their runs: the path of apptainer
    or singularity, `auto` for the one that is installed, where it works, or `none`."""
    grace_seconds: float = within(0, 10.0)
    """Seconds between SIGTERM and SIGKILL when a run is stopped."""
    log_bytes: int = within(1024, 100 * MIB)
    """A run's log is cut after so many bytes, and says so."""
    unpack_bytes: int = within(1, 50 * GIB)
    """An archive that would unpack to more bytes is refused."""
    unpack_members: int = within(1, 200_000)
    """An archive with more members is refused. A thousand of them take half a megabyte of memory to unpack."""
    output_bytes: int = within(1, 100 * GIB)
    """Of a run that leaves files of more bytes, holes and all, only the log is kept, and the run fails."""
    output_files: int = within(1, 200_000)
    """Of a run that leaves more files, or as many directories, only the log is kept, and the run fails."""
    hide: tuple[str, ...] = ()
    """More absolute paths that a confined run must not see. The service's own data and home, `/root`, `/home` and other
    homes of people, the files that the settings come from, `/var/log`, `/var/spool` and the like, and whatever of
    `/etc`, `/var`, `/opt` and `/srv` nobody but the service's account may enter or read, are always hidden."""
    show: tuple[str, ...] = ()
    """Absolute paths inside hidden ones that a confined run may read all the same: software in some home, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Files that people send."""

    max_bytes: int = within(0, 0)
    """The largest uploaded file, in bytes; 0 means no limit but the disk."""
    account_bytes: int = within(0, 0)
    """How many bytes an account's uploads may have together in the blob store; 0 means any number. Outputs of runs and
    files on systems do not count."""
    free_bytes: int = within(0, GIB)
    """No upload is taken while fewer bytes are free on the disk of the data directory, or a twentieth of it where that
    is less. Runs may use that rest; 0 leaves none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """What this house is called by clients that know sites and tenants, and how long the tokens last that it signs."""

    site: str = within(1, "solo")
    """The id of the one site."""
    tenant: str = within(1, "solo")
    """The id of the one tenant. Signed tokens name it: after a change, everybody logs in again."""
    access_seconds: int = within(1, 14_400, 31_536_000)
    """Seconds until a signed access token expires."""
    refresh_seconds: int = within(1, 31_536_000, 315_360_000)
    """Seconds until a refresh token expires."""
