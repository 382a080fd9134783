"""Systems and apps as people register, share and see them, and who may do what with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dragoman.core.errors import Path
from dragoman.core.things import Account, App, Credential, System, Verb

PARENT, LETS_CHILDREN, LOGIN = "parentId", "allowChildren", "effectiveUserId"
"""The words in a system's facet that the desk reads: whose child it is, whether it may have some, how people log in."""
OWN_WORDS = (PARENT, LETS_CHILDREN, LOGIN)
"""What a child has of its own in its facet; all else is its parent's."""

ON_SYSTEM = "executionSystem"
"""The word in an app's facet that names the system it runs on, at doors where that is the app's own."""
ENABLED, LOCKED = "versionEnabled", "locked"
"""The words in the facet of an app's version that the desk reads."""

EVERYBODY = "everybody"
"""What the history tells instead of a name where something is shared with all, or no longer is."""

Faults = Mapping[Path, list[str]]


class Kind(StrEnum):
    """What rights are about; the ``kind`` of their grants."""

    SYSTEM = "system"
    APP = "app"


class Scope(StrEnum):
    """Which things a list shows."""

    OWNED = "owned"
    SHARED_PUBLIC = "shared_public"
    SHARED_DIRECT = "shared_direct"
    READ_PERM = "read_perm"
    """Those that READ or CHANGE was granted on."""
    MINE = "mine"
    """Owned, or shared directly."""
    ALL = "all"


class Need(StrEnum):
    """What somebody wants to do with a thing."""

    READ = "read"
    CHANGE = "change"
    RUN = "run"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What an account may do with a thing."""

    is_owner: bool
    is_admin: bool = False
    verbs: frozenset[Verb] = frozenset()
    """What was granted to it by name."""
    is_shared: bool = False
    """Directly, with this account."""
    is_public: bool = False

    def allow(self, need: Need) -> bool:
        """Whether it may."""
        if self.is_owner:
            return True
        if need is Need.MANAGE:
            return self.is_admin
        if need is Need.CHANGE:
            return self.is_admin or Verb.CHANGE in self.verbs
        shared = self.is_shared or self.is_public
        if need is Need.RUN:
            return shared or Verb.RUN in self.verbs
        return shared or self.is_admin or not self.verbs.isdisjoint({Verb.READ, Verb.CHANGE})

    def fit(self, scope: Scope) -> bool:
        """Whether a list of this scope shows the thing."""
        return {
            Scope.OWNED: self.is_owner,
            Scope.SHARED_PUBLIC: self.is_public,
            Scope.SHARED_DIRECT: self.is_shared,
            Scope.READ_PERM: not self.verbs.isdisjoint({Verb.READ, Verb.CHANGE}),
            Scope.MINE: self.is_owner or self.is_shared,
            Scope.ALL: self.allow(Need.READ),
        }[scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """With whom a thing is shared, since when."""

    name: str
    """The account; empty: everybody."""
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemView:
    """A system as somebody sees it."""

    system: System
    owner: Account
    rights: Rights
    shares: tuple[Share, ...]
    login: str
    """The name under which that somebody logs in there."""
    has_credential: bool
    """Whether anything is stored to log in with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppView:
    """One version of an app as somebody sees it."""

    app: App
    owner: Account
    rights: Rights
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDraft:
    """A system as a door has read it; the desk checks what it refers to."""

    name: str
    values: Mapping[str, Any]
    """Columns: description, kind, shell, scheduler, host, port, root, slots; enabled and uuid for a new one."""
    facet: Mapping[str, Any]
    login: str = ""
    """The name under which everybody logs in; empty: each under their own."""
    credential: Credential | None = None
    """That of the system's own login."""
    owner: str = ""
    """Empty: who asks."""
    transfer_node: str = ""
    """Another system, on which the same files are seen under the same root."""
    profile: str = ""
    """A scheduler profile."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What its history tells; no secrets."""
    faults: Faults = field(default_factory=dict)
    """What the door found wrong; told together with what the desk finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppDraft:
    """One version of an app as a door has read it; the desk checks what it refers to."""

    name: str
    version: str
    uuid: str
    facet: Mapping[str, Any]
    budgets: Mapping[str, int] | None = None
    """How many runs of it a system (``runs``), and an owner there (``per_owner``), may have at once; None: no limit."""
    enabled: bool = True
    owner: str = ""
    """Empty: who asks."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What its history tells."""
    faults: Faults = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItem:
    """Something that was done to a thing. Time in microseconds since 1970, UTC."""

    at: int
    account: str
    operation: str
    """create, change, enable, disable, delete, undelete, change_owner, grant, revoke, share, unshare, set_credential,
    remove_credential, lock, unlock, choose, choose_own, forget, forget_own, copy; of a path, a word of its door."""
    version: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a batch system wants around every job."""

    name: str
    description: str
    owner: str
    spec: Mapping[str, Any]
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLogin:
    """How an account logs in to a system, its secrets still sealed."""

    login: str
    method: str
    """Empty: a name alone, and nothing to log in with."""
    secret: bytes
