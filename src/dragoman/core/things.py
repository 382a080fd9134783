"""The nouns every door shares: account, identity, token, system, app, file and grant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dragoman.core.job import Job, JobHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person or program that owns things here."""

    id: int
    name: str
    email: str
    is_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProfile:
    """What somebody says of themselves, and the keys with which they come to nodes."""

    organization: str = ""
    department: str = ""
    bio: str = ""
    ssh_public_keys: str = ""
    """Lines of ``ssh-TYPE BASE64 COMMENT``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account, and what its owner says of themselves."""

    account: Account
    joined_at: int
    """Microseconds since 1970."""
    profile: AccountProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking, and with what kind of key."""

    account: Account
    job_id: int | None = None
    """Set when the key is a running job's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A place where runs execute: a shell to reach it, a scheduler to start with, and how many runs at once."""

    id: int
    name: str
    description: str
    owner_id: int
    shell: str
    scheduler: str
    slots: int
    facets: Mapping[str, Any]
    """What each door needs to show it, by door: a door shows only systems with its facet."""
    kind: str = "linux"
    """``linux``, or ``s3`` (then ``host`` is the endpoint)."""
    host: str = ""
    port: int = 0
    root: str = ""
    """The directory that all paths of the system are relative to."""
    enabled: bool = True
    budgets: Mapping[str, Any] | None = None
    """How many runs an owner or a queue may have at once; None: no limit but the slots."""
    uuid: str = ""
    created_at: int = 0
    updated_at: int = 0
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How an account logs in to a system. Never shown to anybody."""

    login: str
    """The account's name on the host; empty: as the system says."""
    method: str
    """``password``, ``key`` or ``access`` (a key pair of an object store)."""
    secrets: Mapping[str, str]
    """``password``; ``private`` and ``public``; ``access`` and ``secret``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A named, versioned template of a workload, with one facet for each door that shows it."""

    id: int
    name: str
    version: str
    environment: Mapping[str, str]
    facets: Mapping[str, Any]
    namespace: str = ""
    """Of an app that is found under a namespace and a name."""
    owner_id: int = 0
    enabled: bool = True
    uuid: str = ""
    created_at: int = 0
    updated_at: int = 0
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Bytes in the blob store with a name, digests and an owner."""

    id: int
    door: str
    alias: str
    owner_id: int
    name: str
    relative_path: str
    role: str
    """What it is for, in the field's words: input, template, parameters, script, output …"""
    size: int
    md5: str
    sha512: str
    blob: str
    is_text: bool
    job_id: int | None
    run_id: int | None
    created_at: int
    deleted_at: int | None


class Verb(StrEnum):
    """What a grant allows. READ lets the holder see a thing and its results."""

    READ = "read"
    CHANGE = "change"
    RUN = "run"
    SCHEDULE = "schedule"
    OWN = "own"
    SHARE = "share"
    """What a share gives: read and run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list is wanted."""

    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file as a door shows it: with its owner and the people it is shared with."""

    file: File
    owner: Account
    shared_with: tuple[str, ...] = ()
    """E-mail addresses, in the order of sharing."""
    job_alias: str = ""
    """The job whose output it is; empty for an upload."""
    run_number: int = 0
    """The run of that job that left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as a door shows it: with its owner, the people it is shared with, and the files its request names."""

    job: Job
    owner: Account
    shared_with: tuple[str, ...] = ()
    files: Mapping[str, FileView] = field(default_factory=dict)
    """By the door's alias; deleted ones too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job as lists show it."""

    job: JobHead
    owner: Account
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs a list shows. Empty fields do not filter."""

    search: str = ""
    """Part of the name, case-insensitive."""
    phases: frozenset[tuple[str, str, str]] | None = None
    """Allowed (job state, progress, wish) triples, each as its word or ""; None: any."""
    order: str = "-created"
    """``created`` or ``name``, with ``-`` for descending."""


class Whose(StrEnum):
    """Whose jobs a list shows: one's own, those that others have shared, or both."""

    MINE = "mine"
    SHARED = "shared"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """Which files a list shows. Empty fields do not filter."""

    search: str = ""
    """Part of the name (a library list) or of the relative path (a job's outputs), case-insensitive."""
    roles: frozenset[str] = frozenset()
    job_alias: str = ""
    """Only the outputs of this job, ordered by run and relative path."""
    run_number: int | None = None
