"""An account on a host: its commands and its files, and how one gets in."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dragoman.core.things import Account, Credential, System


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

    async def abandon(self, path: str, since: float, until: float) -> None:
        """Remove what an earlier process left of a file that it began to write in that time (seconds since 1970).

        The path is the one that was noted before the write. Raises NotFound when nothing is left.
        """
        ...

    async def change_mode(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        ...


class Logins(Protocol):
    """Which login a person uses on a system."""

    async def of(self, system: System, account: Account) -> Login:
        """The login; the system's paths lie below ``system.root`` as it sees them. Opening it may wait for the host.

        It never leaves that root by a link where the login is the service's own. Raises Denied (there is none, or the
        host refuses it), Unavailable and Unsupported (a kind of system that cannot be reached from here).
        """
        ...


class Reach(Protocol):
    """Logs in to a system for a moment, whether it is stored yet or not."""

    async def check(self, system: System, credential: Credential, login: str) -> None:
        """Log in under that name once. Raises Denied when the system refuses, and Unavailable when it is silent."""
        ...

    async def evaluate(self, system: System, credential: Credential | None, login: str, variable: str) -> str:
        """What an environment variable holds there for that login; empty when it is not set. Raises as ``check``."""
        ...
