"""A login of another account on this very machine, for tests of what works through logins. Run as root."""

import pwd
from collections.abc import AsyncIterator, Mapping, Sequence

from dragoman.core.ports import Done
from dragoman.shells.local_login import ENVIRONMENT, LocalLogin

_WRITE = 'umask 077; mkdir -p "${1%/*}" && cat > "$1.part" && chmod "$2" "$1.part" && mv "$1.part" "$1"'


class AccountLogin(LocalLogin):
    """Runs commands, and writes files, as this account; reads files as root."""

    def __init__(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        self.home = pwd.getpwnam(name).pw_dir
        self.commands: list[tuple[str, ...]] = []
        """What was run, in its order."""
        self.written: list[str] = []
        """The paths of what was written."""
        own = {"HOME": self.home, "USER": name, "LOGNAME": name}
        super().__init__("/", lambda argv: (*_identity(name), *argv), {**ENVIRONMENT, **own, **(environment or {})})

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Run a command, and remember it."""
        self.commands.append(tuple(argv))
        return await super().run(argv, stdin=stdin, seconds=seconds, limit=limit)

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Write a file whole or not at all."""
        self.written.append(path)
        content = b"".join([piece async for piece in pieces])
        mode = 0o644 if mode is None else mode
        done = await super().run(["sh", "-c", _WRITE, "sh", path, f"{mode:o}"], stdin=content or b"\n")
        assert done.code == 0, done.err
        return len(content)


def _identity(name: str) -> tuple[str, ...]:
    account = pwd.getpwnam(name)
    return ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups")
