"""Who may do what to a path on a system: the one rule, for the desk and the engine. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dragoman.core.errors import Denied
from dragoman.core.paths import shown
from dragoman.core.things import Account, System, Verb

SYSTEM, PATH = "system", "path"
"""Kinds of grants that count here."""

_READS_SYSTEM = {Verb.READ, Verb.CHANGE, Verb.SHARE}
_BY_PATH: Mapping[str, Collection[str]] = {Verb.READ: {Verb.READ, Verb.CHANGE}, Verb.CHANGE: {Verb.CHANGE}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant that somebody holds, by name or with everybody else."""

    kind: str
    verb: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account before one path of a system."""

    system: System
    account: Account
    path: str
    held: tuple[Held, ...]
    """What it holds on the system, and on the path or one above it."""
    own_login: bool
    """Everybody logs in to the system as themselves, not all as one and the same."""

    def may(self, verb: Verb) -> bool:
        """Whether the account may read or change the path.

        A share of the system lets everybody read, and change too where they log in as themselves: the host decides
        then. A share of a path lets read. A permission on a path counts together with one to read the system.
        """
        if self.system.owner_id == self.account.id:
            return True
        shared = {one.kind for one in self.held if one.verb == Verb.SHARE}
        if SYSTEM in shared and (verb is Verb.READ or self.own_login):
            return True
        if PATH in shared and verb is Verb.READ:
            return True
        granted = any(one.kind == PATH and one.verb in _BY_PATH[verb] for one in self.held)
        return granted and self.may_read_system

    @property
    def may_read_system(self) -> bool:
        """Whether the account may see the system itself."""
        reads = any(one.kind == SYSTEM and one.verb in _READS_SYSTEM for one in self.held)
        return reads or self.may_share

    @property
    def may_share(self) -> bool:
        """Whether the account may grant and share paths of the system."""
        return self.system.owner_id == self.account.id or self.account.is_admin

    def check(self, verb: Verb) -> None:
        """Raises Denied when the account may not."""
        if not self.may(verb):
            what = f"{verb} {shown(self.path)} on the system {self.system.name}"
            raise Denied(f"{self.account.name} may not {what}.")
