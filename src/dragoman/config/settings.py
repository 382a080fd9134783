"""Every setting there is, with its default and its meaning; docs/configuration.md is rendered from this file.

Holds no reading or checking of files (see load) and no secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args, get_type_hints

T = TypeVar("T")

MIB = 1 << 20
GIB = 1 << 30


def _within(low: float, default: T, high: float | None = None) -> T:
    made: T = field(default=default, metadata={"low": low, "high": high})
    return made


def _listed(items: str) -> tuple[str, ...]:
    made: tuple[str, ...] = field(default=(), metadata={"items": items})
    return made


def _secret(default: T) -> T:
    made: T = field(default=default, metadata={"secret": True})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the service listens and where it keeps what it knows."""

    host: str = _within(1, "127.0.0.1")
    """Address to listen on. Put a TLS proxy in front before you open it to a network."""
    port: int = _within(0, 8080, 65535)
    """TCP port to listen on; 0 takes a free one."""
    data: str = _within(1, "data")
    """The data directory: database, blobs, keys, catalogue, run directories. On a local disk, never on NFS."""
    body_bytes: int = _within(1, MIB)
    """The largest request body, in bytes, that is not a file upload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where rows are kept."""

    url: str = _secret("")
    """Empty: SQLite in the data directory. `postgresql+psycopg://USER:PASSWORD@HOST/NAME` switches to PostgreSQL. The
    data directory still holds runs, files and keys: a database belongs to one, and one service works on both."""
    readers: int = _within(1, 2)
    """Threads that read from SQLite at once, beside the one that writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How runs are moved through their life."""

    workers: int = _within(1, 64)
    """Runs that are staged, started, looked at or collected at the same moment; at least 16, and two for each slot. One
    account's are three quarters of them at the most."""
    lease_seconds: float = _within(1, 10.0)
    """Seconds for which work stays in hand while the service is halted, or cut off from its database."""
    poll_seconds: float = _within(0.05, 5.0)
    """Seconds between looks for work that nothing announced."""
    attempts: int = _within(1, 40)
    """How often a step that is held up from outside is tried before its run fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Runs on the service's own host."""

    slots: int = _within(0, 0)
    """Runs that execute at once; 0 means two for each CPU."""
    confine: Literal["auto", "require", "off"] = "auto"
    """Confine each run with bubblewrap: `auto` where it works, `require` refuses to start without it, `off` never."""
    singularity: str = "auto"
    """What runs the apps of SINGULARITY that people bring, inside the confinement of their runs: the path of apptainer
    or singularity, `auto` for the one that is installed, where it works, or `none`."""
    grace_seconds: float = _within(0, 10.0)
    """Seconds between SIGTERM and SIGKILL when a run is stopped."""
    log_bytes: int = _within(1024, 100 * MIB)
    """A run's log is cut after so many bytes, and says so."""
    unpack_bytes: int = _within(1, 50 * GIB)
    """An archive that would unpack to more bytes is refused."""
    unpack_members: int = _within(1, 200_000)
    """An archive with more members is refused. A thousand of them take half a megabyte of memory to unpack."""
    output_bytes: int = _within(1, 100 * GIB)
    """Of a run that leaves files of more bytes, holes and all, only the log is kept, and the run fails."""
    output_files: int = _within(1, 200_000)
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

    max_bytes: int = _within(0, 0)
    """The largest uploaded file, in bytes; 0 means no limit but the disk."""
    account_bytes: int = _within(0, 0)
    """How many bytes an account's uploads may have together in the blob store; 0 means any number. Outputs of runs and
    files on systems do not count."""
    free_bytes: int = _within(0, GIB)
    """No upload is taken while fewer bytes are free on the disk of the data directory, or a twentieth of it where that
    is less. Runs may use that rest; 0 leaves none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """What this house is called by clients that know sites and tenants, and how long the tokens last that it signs."""

    site: str = _within(1, "solo")
    """The id of the one site."""
    tenant: str = _within(1, "solo")
    """The id of the one tenant. Signed tokens name it: after a change, everybody logs in again."""
    access_seconds: int = _within(1, 14_400, 31_536_000)
    """Seconds until a signed access token expires."""
    refresh_seconds: int = _within(1, 31_536_000, 315_360_000)
    """Seconds until a refresh token expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What the service asks on the web for people: this host and private networks only where they are allowed here."""

    allow: tuple[str, ...] = _listed("places")
    """Not public, and asked all the same, on any port: `"receiver.internal"`, `"10.1.0.0/16"`, `"127.0.0.1"`."""
    ports: tuple[str, ...] = _listed("ports")
    """TCP ports that may be asked on public addresses beside 80 and 443."""
    seconds: float = _within(0.1, 30.0)
    """Seconds until a server must have answered, and until each next part must have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The server that takes the mail which people subscribe to. Without one, no mail is sent."""

    server: str = ""
    """Host name or address of the SMTP server; empty: none."""
    port: int = _within(1, 587, 65535)
    """Its port; on 465, TLS comes first."""
    user: str = ""
    """Log in under this name; empty: not at all."""
    password: str = _secret("")
    """The password of that user."""
    sender: str = _within(1, "dragoman@localhost")
    """The address that mail comes from."""
    starttls: Literal["auto", "require", "off"] = "auto"
    """Encrypt: `auto` when the server offers it, `require` or send nothing, `off` never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """How hard the service tries to deliver a notice of a job."""

    tries: int = _within(1, 3)
    """Tries before a receiver counts as down."""
    pause_seconds: float = _within(0, 20.0)
    """Seconds between these."""
    later_tries: int = _within(0, 150)
    """Tries after that, before the notice is given up."""
    later_seconds: float = _within(0, 600.0)
    """Seconds between these."""
    keep_days: float = _within(0, 7.0)
    """Days for which the database tells what became of a notice."""
    at_once: int = _within(1, 16)
    """Jobs whose notices are on their way at the same moment; half of them may be one account's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What nodes in the field measure and upload."""

    days: float = _within(0, 0.0)
    """Days after which a measurement is forgotten; 0 keeps all of them."""
    trailing_comma: Literal["accept", "refuse"] = "accept"
    """What becomes of a query with a comma behind its last field, as a well-known example has it: it is no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Jobs on nodes in the field, and what clients that know of them are told."""

    profile: Literal["0.16.7", "0.18.0", "0.28.0"] = "0.18.0"
    """The version of the scheduler that clients are shown; words and layout of answers are those of that version."""
    name: str = ""
    """What the scheduler calls itself; empty: the usual name."""
    criteria: Literal["enforce", "ignore"] = "enforce"
    """What becomes of success criteria: `enforce` completes a job that meets them, `ignore` serves it for ever."""
    reading: Literal["public", "private"] = "public"
    """Who may read jobs of the field, goals, manifests, measurements and uploads: everybody, or only those with a token
    (of measurements and uploads, those of nodes whose files they may read)."""
    management_port: int = _within(0, 0, 65535)
    """Port on the loopback address for the scheduler's management routes (metrics among them), which ask nobody for a
    token; 0: none. The usual one is 19770."""
    images: tuple[str, ...] = _listed("patterns")
    """Images that nodes may run though no app of the catalogue has them: regular expressions that are looked for in the
    image's name."""
    upload_days: float = _within(0, 0.0)
    """Days after which a file that a node uploaded is deleted here, with the record that tells of it; one that is older
    when it comes is not kept. 0 keeps all of them."""
    log_days: float = _within(0, 30.0)
    """Days after which what a plugin wrote on a node is deleted here; 0 keeps all of it."""
    job_bytes: int = _within(1024, MIB)
    """The largest job file, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node in the field (`dragoman node run`): what it has, how it runs plugins, and what it keeps while cut off."""

    token: str = _secret("")
    """The node's token, when it is not given on the command line."""
    policy: Literal["gpuaware", "default", "roundrobin"] = "gpuaware"
    """Which plugins that wait may begin: `default` all that there is room for, `gpuaware` of those that want an
    accelerator one at a time, `roundrobin` one plugin at a time."""
    tick_seconds: float = _within(0.2, 10.0, 60)
    """Seconds between two looks at the rules; counted from the full minute."""
    cpus: float = _within(0, 0.0)
    """Processors that plugins may be promised; 0 means all of this host."""
    memory_bytes: int = _within(0, 0)
    """Memory that plugins may be promised; 0 means all of this host."""
    gpus: int = _within(0, 0, 64)
    """NVIDIA GPUs of this host that plugins may be given, from the first one on; with none, a plugin that asks for one
    is refused."""
    runtime: Literal["auto", "docker", "podman", "apptainer", "charliecloud", "none"] = "auto"
    """What runs plugins that are images: `auto` takes the first of these that works; `apptainer` may also be called
    singularity. Without one, only plugins with a plain command in the catalogue can run. Where there is such a command,
    `auto` and `none` prefer it."""
    privileged: Literal["refuse", "allow"] = "refuse"
    """Whether plugins may ask for a privileged container: one owns the host."""
    volumes: tuple[str, ...] = ()
    """Absolute paths of the host that plugins may ask for, with all below them."""
    channel: Literal["amqp", "log"] = "amqp"
    """How plugins without a container hand over what they publish: to the node's own AMQP endpoint, or into files."""
    amqp_port: int = _within(0, 0, 65535)
    """Port of the AMQP endpoint on the loopback address; 0 takes a free one and stays with it."""
    rabbitmq: str = _secret("")
    """A RabbitMQ that plugins publish to in place of the node's own AMQP endpoint, with the agent's login:
    `amqp://USER:PASSWORD@HOST:5672/`. Empty: none."""
    plugin_login: str = _secret("plugin:plugin")
    """User and password with which plugins log in."""
    outbox_bytes: int = _within(MIB, 512 * MIB)
    """Records that wait for the centre: of more, the oldest measurements are dropped, but never what
    happened to jobs."""
    upload_bytes: int = _within(MIB, 10 * GIB)
    """Files that wait for the centre: of more, the oldest are dropped."""
    image_bytes: int = _within(0, 10 * GIB)
    """Images that were fetched for Apptainer or Charliecloud: of more, those are deleted that no goal needs any longer,
    first the one that lay unused longest."""
    keep_days: float = _within(0.01, 30.0)
    """Days after which measurements and files that wait for the centre are dropped."""
    reading_hours: float = _within(0.1, 24.0)
    """Hours for which rules can look back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, by section."""

    server: Server = field(default_factory=Server)
    database: Database = field(default_factory=Database)
    engine: Engine = field(default_factory=Engine)
    local: Local = field(default_factory=Local)
    upload: Upload = field(default_factory=Upload)
    outbound: Outbound = field(default_factory=Outbound)
    realm: Realm = field(default_factory=Realm)
    mail: Mail = field(default_factory=Mail)
    notify: Notify = field(default_factory=Notify)
    node: Node = field(default_factory=Node)
    measurements: Measurements = field(default_factory=Measurements)
    field: Field = field(default_factory=Field)
    files: tuple[str, ...] = ()
    """No section: the absolute paths of the files that these settings were read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What is known of one setting: its place, its type and what it may be."""

    section: str
    key: str
    kind: type
    """str, int, float or tuple."""
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    secret: bool = False
    items: str = "paths"
    """What a list holds: a key of values.ITEMS."""

    @property
    def name(self) -> str:
        """As it is written in messages: ``server.port``."""
        return f"{self.section}.{self.key}"

    @property
    def twin(self) -> str:
        """The environment variable that sets it."""
        return f"DRAGOMAN_{self.section}_{self.key}".upper()


def _option(section: str, item: Any, hint: Any) -> Option:
    choices = get_args(hint) if not isinstance(hint, type) and isinstance(item.default, str) else ()
    kind = type(item.default)
    return Option(
        section=section, key=item.name, kind=kind, default=item.default, choices=choices, **dict(item.metadata)
    )


SECTIONS: Mapping[str, type] = {name: form for name, form in get_type_hints(Settings).items() if name != "files"}
"""Section name to its dataclass, in the order of the documentation."""

OPTIONS: Mapping[str, Option] = {
    option.name: option
    for section, form in SECTIONS.items()
    for hints in (get_type_hints(form),)
    for option in (_option(section, item, hints[item.name]) for item in fields(form))
}
"""Every setting by name."""
